#include "proto/second_factor/factors.h"

#include "base/codec.h"

enum { VERSION = 1, PART_MAX = 4096, GRACE_DAYS_MAX = 3650 };

const struct factor_rule factor_rule_default = { .people = FACTOR_OPTIONAL, .administrators = FACTOR_REQUIRED, .grace_days = 14 };

static const char *const policy_names[FACTOR_POLICY_COUNT] = {
	[FACTOR_INHERIT] = "inherit", [FACTOR_OFF] = "off", [FACTOR_OPTIONAL] = "optional", [FACTOR_REQUIRED] = "required"
};

const char *factor_policy_name(enum factor_policy p) { return p < FACTOR_POLICY_COUNT ? policy_names[p] : "?"; }

int factor_policy_parse(struct str name, enum factor_policy *ret)
{
	for (unsigned i = 0; i < FACTOR_POLICY_COUNT; i++) {
		if (str_eq(name, str_c(policy_names[i]))) {
			*ret = (enum factor_policy)i;
			return OK;
		}
	}
	return E_SYNTAX;
}

bool factors_any(const struct factors *f) { return (f->totp.n && f->totp_confirmed) || f->passkey_count; }

static enum factor_policy policy_of(const struct factors *f, const struct factor_rule *rule, bool administrator)
{
	if (f->policy != FACTOR_INHERIT)
		return f->policy;
	return administrator ? rule->administrators : rule->people;
}

bool factor_may_enroll(const struct factors *f, const struct factor_rule *rule, bool administrator)
{
	return policy_of(f, rule, administrator) != FACTOR_OFF;
}

enum factor_demand factor_demand_of(const struct factors *f, const struct factor_rule *rule, bool administrator, int64_t now, int64_t *ret_until)
{
	int64_t until = (f->asked_at ? f->asked_at : now) + (int64_t)rule->grace_days * FACTORS_DAY;
	if (factors_any(f))
		return FACTOR_HAS;
	if (policy_of(f, rule, administrator) != FACTOR_REQUIRED)
		return FACTOR_FREE;
	*ret_until = until;
	return now < until ? FACTOR_GRACE : FACTOR_OVERDUE;
}

/* ---- the stored forms ---- */

/* A part that has a form of its own, framed. */
static void write_part(struct bufw *w, struct buf *part, int err)
{
	if (w->err == OK)
		w->err = err;
	write_str(w, buf_str(part));
	buf_clear(part);
}

static void write_all(struct bufw *w, const struct factors *f, struct buf *part)
{
	write_u8(w, VERSION);
	write_u8(w, (uint8_t)f->policy);
	write_u64(w, (uint64_t)f->asked_at);
	write_str(w, f->totp);
	write_u8(w, f->totp_confirmed);
	write_u8(w, f->has_recovery);
	if (f->has_recovery)
		write_part(w, part, recovery_write(part, &f->recovery));
	bufw_put(w, f->scram_salt, sizeof f->scram_salt);
	write_varint(w, f->app_count);
	for (size_t i = 0; i < f->app_count; i++)
		write_part(w, part, app_password_write(part, &f->apps[i]));
	write_varint(w, f->passkey_count);
	for (size_t i = 0; i < f->passkey_count; i++)
		write_part(w, part, webauthn_credential_write(part, &f->passkeys[i]));
}

int factors_write(struct buf *out, const struct factors *f)
{
	struct buf part;
	struct bufw w = { .b = out };
	size_t start = out->n;
	buf_init(&part, PART_MAX);
	write_all(&w, f, &part);
	secret_wipe(part.p, part.cap);
	buf_done(&part);
	if (w.err != OK)
		out->n = start;
	return w.err;
}

static int read_apps(struct reader *r, struct factors *f)
{
	uint64_t n = read_varint(r);
	if (n > FACTORS_APPS_MAX)
		return E_CORRUPT;
	for (; f->app_count < n; f->app_count++) {
		int err = app_password_read(read_str(r, PART_MAX), &f->apps[f->app_count]);
		if (err != OK)
			return err;
	}
	return OK;
}

static int read_passkeys(struct reader *r, struct factors *f)
{
	uint64_t n = read_varint(r);
	if (n > FACTORS_PASSKEYS_MAX)
		return E_CORRUPT;
	for (; f->passkey_count < n; f->passkey_count++) {
		int err = webauthn_credential_read(read_str(r, PART_MAX), &f->passkeys[f->passkey_count]);
		if (err != OK)
			return err;
	}
	return OK;
}

static int read_head(struct reader *r, struct factors *f)
{
	uint8_t version = read_u8(r), policy = read_u8(r);
	if (r->err == OK && version != VERSION)
		return E_UNSUPPORTED;
	f->asked_at = (int64_t)read_u64(r);
	f->totp = read_str(r, FACTORS_SEALED_MAX);
	uint8_t confirmed = read_u8(r), has_recovery = read_u8(r);
	if (r->err != OK || policy >= FACTOR_POLICY_COUNT || confirmed > 1 || has_recovery > 1 || f->asked_at < 0)
		return E_CORRUPT;
	f->policy = (enum factor_policy)policy;
	f->totp_confirmed = confirmed;
	f->has_recovery = has_recovery;
	return has_recovery ? recovery_read(read_str(r, PART_MAX), &f->recovery) : OK;
}

int factors_read(struct str bytes, struct factors *ret)
{
	struct reader r = reader_of(bytes);
	*ret = (struct factors){ 0 };
	int err = read_head(&r, ret);
	if (err != OK)
		return err;
	struct str salt = read_bytes(&r, SCRAM_SALT);
	if (r.err != OK)
		return E_CORRUPT;
	memcpy(ret->scram_salt, salt.p, SCRAM_SALT);
	err = read_apps(&r, ret);
	if (err == OK)
		err = read_passkeys(&r, ret);
	if (err == OK && reader_end(&r) != OK)
		err = E_CORRUPT;
	return err;
}

int factor_rule_write(struct buf *out, const struct factor_rule *r)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	write_u8(&w, (uint8_t)r->people);
	write_u8(&w, (uint8_t)r->administrators);
	write_u32(&w, r->grace_days);
	return w.err;
}

static bool rule_policy(uint8_t v) { return v > FACTOR_INHERIT && v < FACTOR_POLICY_COUNT; }

int factor_rule_read(struct str bytes, struct factor_rule *ret)
{
	struct reader r = reader_of(bytes);
	uint8_t version = read_u8(&r), people = read_u8(&r), administrators = read_u8(&r);
	uint32_t days = read_u32(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	if (reader_end(&r) != OK || !rule_policy(people) || !rule_policy(administrators) || days > GRACE_DAYS_MAX)
		return E_CORRUPT;
	*ret = (struct factor_rule){ (enum factor_policy)people, (enum factor_policy)administrators, days };
	return OK;
}
