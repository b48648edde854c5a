/* Stored records of second factors, by the first byte: what is read can be written, and reads the same again. */
#include "proto/second_factor/factors.h"
#include "proto/second_factor/totp.h"

#include <stdlib.h>

static int totp(struct str in, struct buf *out)
{
	struct totp t;
	int r = totp_read(in, &t);
	if (r == OK && totp_write(out, &t) != OK)
		abort();
	return r;
}

static int recovery(struct str in, struct buf *out)
{
	struct recovery c;
	int r = recovery_read(in, &c);
	if (r == OK && (recovery_left(&c) > RECOVERY_CODES || recovery_write(out, &c) != OK))
		abort();
	return r;
}

static int app_password(struct str in, struct buf *out)
{
	struct app_password p;
	int r = app_password_read(in, &p);
	if (r == OK && (!p.scope || app_password_write(out, &p) != OK))
		abort();
	return r;
}

static int credential(struct str in, struct buf *out)
{
	struct webauthn_credential c;
	int r = webauthn_credential_read(in, &c);
	if (r == OK && webauthn_credential_write(out, &c) != OK)
		abort();
	return r;
}

static int person(struct str in, struct buf *out)
{
	static struct factors f;
	int r = factors_read(in, &f);
	if (r == OK && (f.app_count > FACTORS_APPS_MAX || f.passkey_count > FACTORS_PASSKEYS_MAX || factors_write(out, &f) != OK))
		abort();
	return r;
}

static int rule(struct str in, struct buf *out)
{
	struct factor_rule found;
	int r = factor_rule_read(in, &found);
	if (r == OK && factor_rule_write(out, &found) != OK)
		abort();
	return r;
}

/* Text that people type. */
static int typed(struct str in, struct buf *out)
{
	struct recovery c = { .spent = 0 };
	struct app_password p = { .scope = 1 };
	struct ip_address network;
	uint32_t scope;
	uint8_t bits;
	size_t at;
	(void)out;
	if (recovery_spend(&c, in) == OK || app_password_find(&p, 1, in, &at) == OK)
		abort();
	if (app_scope_parse(in, &scope) == OK && (!scope || scope > APP_SCOPE_ALL))
		abort();
	if (app_network_parse(in, &network, &bits) == OK && !ip_matches(network, network, bits))
		abort();
	return E_SYNTAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const kinds[])(struct str in, struct buf *out) = { totp, recovery, app_password, credential, typed, person, rule };
	struct str in = { (const char *)data, size }, letter = str_take_n(&in, 1);
	struct buf once, twice;
	if (!letter.n)
		return 0;
	int (*kind)(struct str, struct buf *) = kinds[(unsigned char)letter.p[0] % COUNT_OF(kinds)];
	buf_init(&once, FACTORS_RECORD_MAX);
	buf_init(&twice, FACTORS_RECORD_MAX);
	if (kind(in, &once) == OK && (kind(buf_str(&once), &twice) != OK || !str_eq(buf_str(&once), buf_str(&twice))))
		abort();
	buf_done(&once);
	buf_done(&twice);
	return 0;
}
