#include "os/clock.h"
#include "role/auth/auth_factor.h"
#include "role/auth/auth_seal.h"

enum { TRIES = 5 };

int auth_factor_totp_seal(struct arena *a, struct auth_factor *x, const struct totp *t)
{
	struct buf plain, sealed;
	buf_init(&plain, FACTORS_SEALED_MAX);
	buf_init(&sealed, FACTORS_SEALED_MAX);
	int r = buf_reserve(&plain, FACTORS_SEALED_MAX / 2);    /* once: growing would leave copies behind */
	if (r == OK)
		r = totp_write(&plain, t);
	if (r == OK)
		r = auth_seal(x->account, buf_str(&plain), &sealed);
	if (r == OK)
		x->f.totp = arena_dup(a, buf_str(&sealed));
	secret_wipe(plain.p, plain.cap);
	buf_done(&plain);
	buf_done(&sealed);
	return r;
}

int auth_factor_totp_open(const struct auth_factor *x, struct totp *ret)
{
	struct buf plain;
	if (!x->f.totp.n)
		return E_NOTFOUND;
	buf_init(&plain, FACTORS_SEALED_MAX);
	int r = auth_unseal(x->account, x->f.totp, &plain);
	if (r == OK)
		r = totp_read(buf_str(&plain), ret);
	secret_wipe(plain.p, plain.cap);
	buf_done(&plain);
	return r;
}

static int spend_totp(struct arena *a, struct auth_factor *x, struct str code)
{
	struct totp t;
	if (!x->f.totp_confirmed)
		return E_DENIED;
	int r = auth_factor_totp_open(x, &t);
	if (r != OK)
		return r == E_NOTFOUND ? E_DENIED : r;
	r = totp_verify(&t, code, clock_real());
	if (r == OK)
		r = auth_factor_totp_seal(a, x, &t);
	totp_done(&t);
	return r == E_STALE || r == E_SYNTAX ? E_DENIED : r;
}

static int spend_recovery(struct auth_factor *x, struct str code)
{
	int r = x->f.has_recovery ? recovery_spend(&x->f.recovery, code) : E_DENIED;
	return r == E_STALE || r == E_SYNTAX ? E_DENIED : r;
}

/* Reading, judging and writing are one transaction: who loses the race reads again, and finds the code spent. */
int auth_factor_spend(struct arena *a, uint32_t account, struct str code)
{
	int r = E_STALE;
	for (int i = 0; i < TRIES && r == E_STALE; i++) {
		struct auth_factor *x;
		r = auth_factor_load(a, account, &x);
		if (r != OK)
			return r;
		r = spend_totp(a, x, code);
		if (r != OK && spend_recovery(x, code) == OK)
			r = OK;         /* also when the seal's key is lost: that is a day for which there are recovery codes */
		if (r == OK)
			r = auth_factor_save(x);
	}
	return r == E_STALE ? E_BUSY : r;
}
