/* A new password: whether it may be taken, and its hash. Both cost argon2, so both happen in the pool. */
#include "role/auth/auth_password.h"

#include "os/random.h"
#include "proto/password/password_hash.h"

struct checking { struct arena *a; const struct password_check *check; struct str password; struct password_reasons reasons; };

static void check_job(void *arg)
{
	struct checking *k = arg;
	password_policy_check(k->a, k->check, k->password, &k->reasons);
}

static int refuse(struct auth_call *c, const struct password_reasons *reasons)
{
	struct buf b;
	buf_init(&b, 1024);
	struct bufw w = { .b = &b };
	for (size_t i = 0; i < reasons->count; i++) {
		bufw_char(&w, ' ');
		bufw_str(&w, reasons->list[i].text);
	}
	auth_refuse(c, "the password is not accepted:" STR_FMT, STR_ARG(buf_str(&b)));
	buf_done(&b);
	return E_DENIED;
}

int auth_password_check(struct auth_call *c, const struct password_check *check, struct str password)
{
	struct checking k = { .a = c->a, .check = check, .password = password };
	int r = auth_in_pool(check_job, &k);
	if (r != OK)
		return r;
	return k.reasons.count ? refuse(c, &k.reasons) : OK;
}

/* Letters and digits that cannot be mistaken for each other: 115 bits. */
void auth_password_generate(char ret[AUTH_GENERATED])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	for (size_t i = 0; i < AUTH_GENERATED - 1;) {
		unsigned char c;
		random_bytes(&c, 1);
		if (c < 4 * (sizeof letters - 1))
			ret[i++] = letters[c % (sizeof letters - 1)];
	}
	ret[AUTH_GENERATED - 1] = '\0';
}
