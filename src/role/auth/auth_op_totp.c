/* totp.enroll, totp.confirm, totp.remove, recovery.new: {"address": …}; the code is the secret of the call. */
#include "os/clock.h"
#include "os/random.h"
#include "proto/second_factor/base32.h"
#include "role/auth/auth_admin.h"
#include "role/auth/auth_oauth.h"
#include "role/auth/auth_op_factor.h"

static int refuse_policy(struct auth_call *c, const struct auth_factor *x, const struct auth_person_id *who)
{
	struct factor_rule rule;
	int r = auth_factor_rule(c->a, who->address, &rule);
	if (r == OK && !factor_may_enroll(&x->f, &rule, who->administrator))
		return auth_refuse(c, "the policy for " STR_FMT " is \"off\": `ceralacca policy second-factor` shows it", STR_ARG(who->address));
	return r;
}

static int enroll(struct auth_call *c, struct auth_factor *x, const struct auth_person_id *who)
{
	uint8_t random[TOTP_SECRET_NEW];
	struct buf secret, uri;
	buf_init(&secret, TOTP_URI_MAX);
	buf_init(&uri, TOTP_URI_MAX);
	random_bytes(random, sizeof random);
	struct totp t = totp_new(random);
	secret_wipe(random, sizeof random);
	int r = auth_factor_totp_seal(c->a, x, &t);
	x->f.totp_confirmed = false;
	if (r == OK)
		r = base32_encode(&secret, (struct str){ (const char *)t.secret, t.length });
	if (r == OK)
		r = totp_uri_write(&uri, &t, STR("Ceralacca"), who->address);
	if (r == OK)
		r = auth_factor_save(x);
	if (r == OK) {
		c->json = json_object();
		json_object_set_new(c->json, "secret", auth_string(buf_str(&secret)));
		json_object_set_new(c->json, "uri", auth_string(buf_str(&uri)));
	}
	totp_done(&t);
	secret_wipe(secret.p, secret.n);
	secret_wipe(uri.p, uri.n);
	buf_done(&secret);
	buf_done(&uri);
	return r;
}

int auth_op_totp_enroll(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	int r = auth_op_person(c, &who, &x);
	if (r == OK)
		r = refuse_policy(c, x, &who);
	if (r == OK && x->f.totp_confirmed)
		return auth_refuse(c, STR_FMT " has one-time passwords already: `ceralacca user totp remove` first", STR_ARG(who.address));
	return r == OK ? enroll(c, x, &who) : r;
}

/* Ten codes, shown once. */
static json_t *new_codes(struct auth_factor *x)
{
	uint8_t random[RECOVERY_RANDOM];
	char codes[RECOVERY_CODES][RECOVERY_TEXT];
	json_t *list = json_array();
	random_bytes(random, sizeof random);
	recovery_new(random, &x->f.recovery, codes);
	x->f.has_recovery = true;
	for (size_t i = 0; i < RECOVERY_CODES; i++)
		json_array_append_new(list, json_string(codes[i]));
	secret_wipe(random, sizeof random);
	secret_wipe(codes, sizeof codes);
	return list;
}

static int confirm(struct auth_call *c, struct auth_factor *x)
{
	struct totp t;
	int r = auth_factor_totp_open(x, &t);
	if (r == E_NOTFOUND)
		return auth_refuse(c, "nothing to confirm: `ceralacca user totp enroll` first");
	if (r == OK)
		r = totp_verify(&t, c->secret, clock_real());
	if (r == E_DENIED || r == E_STALE || r == E_SYNTAX)
		r = auth_refuse(c, "that code is not right: it has %u digits, is good for half a minute, and once; is the clock of the phone right?", t.digits);
	else if (r == OK)
		r = auth_factor_totp_seal(c->a, x, &t);
	totp_done(&t);
	return r;
}

int auth_op_totp_confirm(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	int r = auth_op_person(c, &who, &x);
	if (r == OK && x->f.totp_confirmed)
		return auth_refuse(c, STR_FMT " has confirmed this already", STR_ARG(who.address));
	if (r == OK)
		r = confirm(c, x);
	if (r != OK)
		return r;
	c->json = json_object();
	if (!x->f.has_recovery)
		json_object_set_new(c->json, "recovery", new_codes(x));
	x->f.totp_confirmed = true;
	r = auth_factor_save(x);
	if (r == OK)
		auth_sessions_end(who.account);         /* they were let in by what no longer opens (A69) */
	return r;
}

int auth_op_totp_remove(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	int r = auth_op_person(c, &who, &x);
	if (r == OK && !x->f.totp.n)
		return auth_refuse(c, STR_FMT " has no one-time passwords", STR_ARG(who.address));
	if (r != OK)
		return r;
	x->f.totp = STR("");
	x->f.totp_confirmed = false;
	return auth_factor_save(x);
}

int auth_op_recovery_new(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	int r = auth_op_person(c, &who, &x);
	if (r == OK && !factors_any(&x->f))
		return auth_refuse(c, STR_FMT " has no second factor that the codes could stand in for", STR_ARG(who.address));
	if (r != OK)
		return r;
	json_t *codes = new_codes(x);
	r = auth_factor_save(x);
	if (r == OK)
		c->json = json_pack("{s:O}", "recovery", codes);
	json_decref(codes);
	return r;
}
