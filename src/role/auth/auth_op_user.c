/* user.add, user.passwd: {"address": …, "admin": true, "generate": true}; the password is the secret of the call unless it is generated,
 * in which case it stands in the answer, once. */
#include "os/clock.h"
#include "proto/password/password_hash.h"
#include "role/auth/auth_password.h"

enum { GENERATE_TRIES = 8 };

struct fresh { struct str address; char generated[AUTH_GENERATED], hash[PASSWORD_HASH_MAX]; };

static int check(struct auth_call *c, const struct fresh *f, struct str password)
{
	struct password_check k = {
		.profile = &password_profile_default, .person = { .address = f->address }, .breached = breached_starter(), .now = clock_real()
	};
	return auth_password_check(c, &k, password);
}

/* By chance it may hold a word of the address. */
static int generate(struct auth_call *c, struct fresh *f)
{
	int r = E_DENIED;
	for (int i = 0; i < GENERATE_TRIES && r == E_DENIED; i++) {
		auth_password_generate(f->generated);
		r = check(c, f, str_c(f->generated));
	}
	return r;
}

static int choose(struct auth_call *c, struct fresh *f)
{
	bool own = !auth_arg_is(c, "generate");
	int r = auth_need(c, "address", &f->address);
	if (r == OK)
		r = own ? check(c, f, c->secret) : generate(c, f);
	return r == OK ? auth_rehash(own ? c->secret : str_c(f->generated), f->hash) : r;
}

static void finish(struct auth_call *c, struct fresh *f, int r)
{
	if (r == OK && *f->generated) {
		c->json = c->json ? c->json : json_object();
		json_object_set_new(c->json, "password", json_string(f->generated));
	}
	secret_wipe(f, sizeof *f);
}

int auth_op_user_add(struct auth_call *c)
{
	struct fresh f = { 0 };
	int r = choose(c, &f);
	if (r == OK)
		r = auth_directory(c, "account.add", (struct str[]){ f.address, str_c(f.hash), auth_arg_is(c, "admin") ? STR("admin") : STR("") }, 3);
	finish(c, &f, r);
	return r;
}

int auth_op_user_passwd(struct auth_call *c)
{
	struct fresh f = { 0 };
	int r = choose(c, &f);
	if (r == OK)
		r = auth_directory(c, "account.passwd", (struct str[]){ f.address, str_c(f.hash) }, 2);
	finish(c, &f, r);
	return r;
}
