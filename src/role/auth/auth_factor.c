#include "role/auth/auth_factor.h"

#include "os/random.h"

#include <stdio.h>

/* Keys of auth's records: "f/" account; "fr/" domain, and "fr/" alone for the organisation. */
enum { KEY = 300, RULE_BYTES = 64 };

static struct str record_key(char text[KEY], uint32_t account)
{
	int n = snprintf(text, KEY, "f/%08x", account);
	return (struct str){ text, (size_t)n };
}

static struct str rule_key(char text[KEY], struct str domain)
{
	int n = snprintf(text, KEY, "fr/" STR_FMT, STR_ARG(str_first(domain, RECORDS_KEY_MAX - 3)));
	return (struct str){ text, (size_t)n };
}

int auth_factor_load(struct arena *a, uint32_t account, struct auth_factor **ret)
{
	char text[KEY];
	struct str value;
	struct auth_factor *x = arena_new(a, struct auth_factor);
	int r = records_get(a, record_key(text, account), &value, &x->version);
	if (r == OK)
		r = factors_read(value, &x->f);
	else if (r == E_NOTFOUND)
		r = OK;
	if (!x->version)
		random_bytes(x->f.scram_salt, sizeof x->f.scram_salt);
	x->account = account;
	if (r == OK)
		*ret = x;
	return r;
}

int auth_factor_save(struct auth_factor *x)
{
	char text[KEY];
	struct buf b;
	buf_init(&b, FACTORS_RECORD_MAX);
	int r = factors_write(&b, &x->f);
	if (r == OK)
		r = records_put(record_key(text, x->account), x->version, buf_str(&b));
	buf_done(&b);
	return r;
}

static int rule_of(struct arena *a, struct str domain, struct factor_rule *ret)
{
	char text[KEY];
	struct str value;
	uint64_t version;
	int r = records_get(a, rule_key(text, domain), &value, &version);
	return r == OK ? factor_rule_read(value, ret) : r;
}

int auth_factor_rule(struct arena *a, struct str address, struct factor_rule *ret)
{
	size_t at = str_rfind(address, '@');
	int r = at == STR_NPOS ? E_NOTFOUND : rule_of(a, str_skip(address, at + 1), ret);
	if (r == E_NOTFOUND)
		r = rule_of(a, STR(""), ret);
	if (r == E_NOTFOUND) {
		*ret = factor_rule_default;
		r = OK;
	}
	return r;
}

int auth_factor_rule_set(struct str domain, const struct factor_rule *rule)
{
	char text[KEY];
	struct buf b;
	buf_init(&b, RULE_BYTES);
	int r = factor_rule_write(&b, rule);
	if (r == OK)
		r = records_put(rule_key(text, domain), RECORDS_ANY, buf_str(&b));
	buf_done(&b);
	return r;
}
