#include "io/fiber.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/auth/auth_oauth.h"

#include <sodium.h>

enum { RECORD_MAX = 8 << 10, SWEEP_MS = 10 * 60 * 1000 };

static struct str hex(struct arena *a, const uint8_t *p, size_t n)
{
	char *out = arena_alloc(a, 2 * n + 1);
	sodium_bin2hex(out, 2 * n + 1, p, n);
	return (struct str){ out, 2 * n };
}

static struct str key_of(struct arena *a, const char *kind, const uint8_t *id)
{
	return arena_printf(a, "oauth/%s/" STR_FMT, kind, STR_ARG(hex(a, id, OAUTH_ID)));
}

struct str auth_client_key(struct arena *a, struct str id) { return arena_printf(a, "oauth/client/" STR_FMT, STR_ARG(id)); }
struct str auth_code_key(struct arena *a, const uint8_t id[OAUTH_ID]) { return key_of(a, "code", id); }
struct str auth_device_key(struct arena *a, const uint8_t id[OAUTH_ID]) { return key_of(a, "device", id); }

/* Hashed, as everything that opens something. */
struct str auth_user_code_key(struct arena *a, const char code[OAUTH_USER_CODE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, (const uint8_t *)code, OAUTH_USER_CODE);
	return arena_printf(a, "oauth/user-code/" STR_FMT, STR_ARG(hex(a, hash, sizeof hash)));
}

struct str auth_grant_prefix(struct arena *a, uint32_t account) { return arena_printf(a, "oauth/grant/%08x/", account); }
struct str auth_session_prefix(struct arena *a, uint32_t account) { return arena_printf(a, "oauth/session/%08x/", account); }

struct str auth_grant_key(struct arena *a, uint32_t account, const uint8_t id[OAUTH_ID])
{
	return arena_printf(a, "oauth/grant/%08x/" STR_FMT, account, STR_ARG(hex(a, id, OAUTH_ID)));
}

struct str auth_session_key(struct arena *a, uint32_t account, const uint8_t id[OAUTH_ID])
{
	return arena_printf(a, "oauth/session/%08x/" STR_FMT, account, STR_ARG(hex(a, id, OAUTH_ID)));
}

static void put(struct records_batch *b, struct str key, uint64_t expect, struct buf *value, int encoded)
{
	if (encoded == OK)
		records_set(b, key, expect, buf_str(value));
	else if (b->w.err == OK)
		b->w.err = encoded;
	buf_done(value);
}

#define PUT(name)                                                                                                                            \
	void auth_put_##name(struct records_batch *b, struct str key, uint64_t expect, const struct oauth_##name *record)                    \
	{                                                                                                                                    \
		struct buf value;                                                                                                            \
		buf_init(&value, RECORD_MAX);                                                                                                \
		put(b, key, expect, &value, oauth_##name##_encode(&value, record));                                                          \
	}
PUT(code)
PUT(device)
PUT(grant)
PUT(session)
#undef PUT

#define GET(name)                                                                                                                            \
	int auth_get_##name(struct arena *a, struct str key, struct oauth_##name *ret, uint64_t *ret_version)                                \
	{                                                                                                                                    \
		struct str value;                                                                                                            \
		int r = records_get(a, key, &value, ret_version);                                                                            \
		return r == OK ? oauth_##name##_decode(value, ret) : r;                                                                      \
	}
GET(code)
GET(device)
GET(grant)
GET(session)
#undef GET

int auth_get_client(struct arena *a, struct str id, struct oauth_client *ret)
{
	struct str value;
	uint64_t version;
	if (!oauth_client_id_valid(id))
		return E_NOTFOUND;
	int r = records_get(a, auth_client_key(a, id), &value, &version);
	return r == OK ? oauth_client_decode(value, ret) : r;
}

void auth_token_new(enum oauth_kind kind, uint32_t account, struct oauth_token *ret)
{
	ret->kind = kind;
	ret->account = account;
	random_bytes(ret->id, sizeof ret->id);
	random_bytes(ret->secret, sizeof ret->secret);
}

/* ---- what is over goes */

static bool code_over(struct str v, int64_t now) { struct oauth_code c; return oauth_code_decode(v, &c) != OK || oauth_code_over(&c, now); }
static bool device_over(struct str v, int64_t now) { struct oauth_device d; return oauth_device_decode(v, &d) != OK || oauth_device_over(&d, now); }
static bool grant_over(struct str v, int64_t now) { struct oauth_grant g; return oauth_grant_decode(v, &g) == OK && oauth_grant_over(&g, now); }
static bool session_over(struct str v, int64_t now) { struct oauth_session s; return oauth_session_decode(v, &s) != OK || oauth_session_over(&s, now); }

/* The value of a user code: the id of its device, and when it is over. */
static bool user_code_over(struct str v, int64_t now)
{
	return v.n != OAUTH_ID + 8 || now >= (int64_t)get_le64(v.p + OAUTH_ID);
}

static const struct sweep { struct str prefix; bool (*over)(struct str value, int64_t now); } sweeps[] = {
	{ STR_INIT("oauth/code/"), code_over }, { STR_INIT("oauth/device/"), device_over }, { STR_INIT("oauth/grant/"), grant_over },
	{ STR_INIT("oauth/session/"), session_over }, { STR_INIT("oauth/user-code/"), user_code_over },
};

struct sweeping { const struct sweep *s; int64_t now; };

static int sweep_one(void *ctx, const struct records_item *item)
{
	const struct sweeping *k = ctx;
	struct records_batch b;
	if (!k->s->over(item->value, k->now))
		return OK;
	records_begin(&b);
	records_remove(&b, item->key, item->version);
	int r = records_commit(&b);
	return r == E_STALE ? OK : r;           /* somebody has just used it */
}

static void sweep_fiber(void *arg)
{
	(void)arg;
	while (fiber_sleep(SWEEP_MS) == OK) {
		int r = OK;
		for (size_t i = 0; i < COUNT_OF(sweeps) && r == OK; i++)
			r = records_each(sweeps[i].prefix, sweep_one, &(struct sweeping){ &sweeps[i], clock_real() });
		if (r != OK)
			log_event(LOG_WARNING, "auth.sweep", LOG_E(r), LOG_END);
	}
}

void auth_oauth_sweep_start(void)
{
	fiber_start(sweep_fiber, NULL);
}
