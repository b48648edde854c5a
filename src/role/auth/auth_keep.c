#include "role/auth/auth_keep.h"

#include <sodium.h>
#include <stdio.h>

enum { NAME_WHOLE_MAX = 180, NAME_CUT = 100, STATE_BYTES = RECORDS_VALUE_MAX, PARAMS_VERSION = 1 };

struct str auth_key(const char *prefix, struct str name, char text[AUTH_KEY_MAX])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof digest + 1] = "";
	int cut = (int)name.n;
	if (name.n > NAME_WHOLE_MAX) {
		crypto_hash_sha256(digest, (const unsigned char *)name.p, name.n);
		sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
		cut = NAME_CUT;
	}
	int n = snprintf(text, AUTH_KEY_MAX, "%s%.*s%s%s", prefix, cut, name.p ? name.p : "", *hex ? "#" : "", hex);
	return (struct str){ text, (size_t)n };
}

/* ---- rules ---- */

int auth_rule_of(struct arena *a, struct str scope, struct password_rule *ret, uint64_t *ret_version)
{
	char key[AUTH_KEY_MAX];
	struct str value;
	int r = records_get(a, auth_key("policy/", scope, key), &value, ret_version);
	return r == OK ? password_rule_read(value, ret) : r;
}

int auth_rule_for(struct arena *a, struct str address, struct password_rule *ret, struct str *ret_scope)
{
	struct str domain = str_skip(address, str_rfind(address, '@') + 1);
	const struct { struct str key, name; } scopes[] = { { domain, domain }, { STR(""), STR("organisation") } };
	uint64_t version;
	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		int r = auth_rule_of(a, scopes[i].key, ret, &version);
		if (r == OK)
			*ret_scope = scopes[i].name;
		if (r != E_NOTFOUND)
			return r;
	}
	*ret = (struct password_rule){ .profile = password_profile_default };
	*ret_scope = STR("default");
	return OK;
}

int auth_rule_set(struct records_batch *b, struct str scope, const struct password_rule *rule, uint64_t expect)
{
	char key[AUTH_KEY_MAX];
	struct buf value;
	buf_init(&value, PASSWORD_RULE_BYTES);
	int r = password_rule_write(&value, rule);
	if (r == OK)
		records_set(b, auth_key("policy/", scope, key), expect, buf_str(&value));
	buf_done(&value);
	return r;
}

/* ---- states ---- */

int auth_state_get(struct arena *a, struct str address, struct password_state *ret, uint64_t *ret_version)
{
	char key[AUTH_KEY_MAX];
	struct str value;
	int r = records_get(a, auth_key("pw/", address, key), &value, ret_version);
	if (r == E_NOTFOUND)
		*ret_version = RECORDS_NONE;
	return r == OK ? password_state_read(value, ret) : r;
}

int auth_state_set(struct records_batch *b, struct str address, const struct password_state *s, uint64_t expect)
{
	char key[AUTH_KEY_MAX];
	struct buf value;
	buf_init(&value, STATE_BYTES);
	int r = password_state_write(&value, s);
	if (r == OK)
		records_set(b, auth_key("pw/", address, key), expect, buf_str(&value));
	secret_wipe(value.p, value.n);
	buf_done(&value);
	return r;
}

/* ---- argon2 ---- */

static struct password_params params;

struct password_params auth_params(void) { return params.passes ? params : password_params_default; }

int auth_params_set(struct records_batch *b, const struct password_params *p)
{
	struct buf value;
	buf_init(&value, 16);
	struct bufw w = { .b = &value };
	write_u8(&w, PARAMS_VERSION);
	write_u32(&w, p->memory_kib);
	write_u32(&w, p->passes);
	if (w.err == OK)
		records_set(b, STR("argon2"), RECORDS_ANY, buf_str(&value));
	buf_done(&value);
	return w.err;
}

void auth_params_load(void)
{
	struct arena a;
	struct str value;
	uint64_t version;
	arena_init(&a, RECORDS_VALUE_MAX * 2, NULL, NULL);
	if (records_get(&a, STR("argon2"), &value, &version) == OK) {
		struct reader in = reader_of(value);
		bool known = read_u8(&in) == PARAMS_VERSION;
		struct password_params p = { .memory_kib = read_u32(&in), .passes = read_u32(&in) };
		if (known && reader_end(&in) == OK && password_params_ok(&p))
			params = p;
	}
	arena_done(&a);
}
