/* All that is kept of one person's second factors, and what a policy asks of them. Pure.
 *
 * The secret of the one-time passwords is sealed by whoever keeps the record (auth), so that the bytes here are worth nothing to a thief
 * of the store. */
#ifndef FACTORS_H
#define FACTORS_H

#include "proto/second_factor/app_password.h"
#include "proto/second_factor/recovery.h"
#include "proto/second_factor/webauthn.h"

enum { FACTORS_APPS_MAX = SCRAM_KEYS_MOST, FACTORS_PASSKEYS_MAX = 16, FACTORS_SEALED_MAX = 512, FACTORS_RECORD_MAX = 48 << 10, FACTORS_DAY = 86400 };

enum factor_policy { FACTOR_INHERIT, FACTOR_OFF, FACTOR_OPTIONAL, FACTOR_REQUIRED, FACTOR_POLICY_COUNT };
const char *factor_policy_name(enum factor_policy p);       /* "inherit", "off", "optional", "required" */
must_use int factor_policy_parse(struct str name, enum factor_policy *ret);         /* E_SYNTAX */

struct factors {
	enum factor_policy policy;      /* of this person alone */
	int64_t asked_at;               /* when a second factor was first required of them; unix seconds, 0: not yet */
	struct str totp;                /* sealed; empty: none */
	bool totp_confirmed;            /* only then it counts */
	bool has_recovery;
	struct recovery recovery;
	uint8_t scram_salt[SCRAM_SALT];
	struct app_password apps[FACTORS_APPS_MAX];
	size_t app_count;
	struct webauthn_credential passkeys[FACTORS_PASSKEYS_MAX];
	size_t passkey_count;
};

bool factors_any(const struct factors *f);      /* a second factor that counts */

/* What an organisation or a domain asks. */
struct factor_rule { enum factor_policy people, administrators; uint32_t grace_days; };
/* People may, administrators must, two weeks after it was first asked of them. */
extern const struct factor_rule factor_rule_default;

enum factor_demand {
	FACTOR_FREE,                    /* the password is enough */
	FACTOR_HAS,                     /* there is one: it is asked for; programs need an app password or a token */
	FACTOR_GRACE,                   /* required, not there yet, and there is still time */
	FACTOR_OVERDUE                  /* required, not there, no more time */
};
/* A factor that is there is asked for whatever the policy says. *ret_until: when the grace ends, for FACTOR_GRACE and FACTOR_OVERDUE. With asked_at 0 the
 * grace begins now; the caller then keeps that moment. */
enum factor_demand factor_demand_of(const struct factors *f, const struct factor_rule *rule, bool administrator, int64_t now, int64_t *ret_until);
/* May a new factor be enrolled? */
bool factor_may_enroll(const struct factors *f, const struct factor_rule *rule, bool administrator);

/* The stored forms. Views into the bytes. E_CORRUPT; E_UNSUPPORTED: another version. */
must_use int factors_write(struct buf *out, const struct factors *f);
must_use int factors_read(struct str bytes, struct factors *ret);
must_use int factor_rule_write(struct buf *out, const struct factor_rule *r);
must_use int factor_rule_read(struct str bytes, struct factor_rule *ret);

#endif
