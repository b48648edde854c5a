/* user.reset {"address": …, "hours": n}: a token and, in the answer, the link to send. Earlier tokens of the person end. */
#include "role/auth/auth_reset.h"

#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/random.h"

#include <sodium.h>
#include <stdio.h>

enum { VERSION = 1, TOKEN_BYTES = 32, RECORD_BYTES = 512, HOURS_DEFAULT = 24, HOURS_MOST = 24 * 14, HOUR = 3600, URL_MAX = 400 };

static struct str key_of(struct str token, char ret[AUTH_RESET_KEY])
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char hex[2 * sizeof digest + 1];
	crypto_hash_sha256(digest, (const unsigned char *)token.p, token.n);
	sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
	int n = snprintf(ret, AUTH_RESET_KEY, "reset/%s", hex);
	return (struct str){ ret, (size_t)n };
}

static int read_record(struct str value, struct str *ret_address, int64_t *ret_end)
{
	struct reader in = reader_of(value);
	uint8_t version = read_u8(&in);
	*ret_end = (int64_t)read_u64(&in);
	*ret_address = read_str(&in, AUDIT_TARGET_MAX);
	return reader_end(&in) == OK && version == VERSION ? OK : E_CORRUPT;
}

int auth_reset_find(struct arena *a, struct str token, struct str *ret_address, char ret_key[AUTH_RESET_KEY])
{
	struct str value;
	uint64_t version;
	int64_t end;
	int r = token.n == AUTH_RESET_TOKEN - 1 ? records_get(a, key_of(token, ret_key), &value, &version) : E_NOTFOUND;
	if (r == OK)
		r = read_record(value, ret_address, &end);
	if (r == OK && clock_real() >= end)
		r = E_NOTFOUND;
	return r == E_NOTFOUND ? E_DENIED : r;
}

/* ---- giving one ---- */

struct others { struct records_batch *batch; struct str address; int64_t now; unsigned removed; };

/* The person's earlier ones, and any whose time is over. */
static int end_one(void *ctx, const struct records_item *item)
{
	struct others *o = ctx;
	struct str address;
	int64_t end;
	if (o->removed < RECORDS_WRITES_MAX / 2 && (read_record(item->value, &address, &end) != OK || str_eq(address, o->address) || o->now >= end)) {
		records_remove(o->batch, item->key, RECORDS_ANY);
		o->removed++;
	}
	return OK;
}

static int put(struct records_batch *b, struct str token, struct str address, int64_t end)
{
	struct buf value;
	char key[AUTH_RESET_KEY];
	buf_init(&value, RECORD_BYTES);
	struct bufw w = { .b = &value };
	write_u8(&w, VERSION);
	write_u64(&w, (uint64_t)end);
	write_str(&w, address);
	if (w.err == OK)
		records_set(b, key_of(token, key), RECORDS_NONE, buf_str(&value));
	buf_done(&value);
	return w.err;
}

static int64_t hours(const struct auth_call *c)
{
	json_int_t h = json_integer_value(json_object_get(c->arguments, "hours"));
	return h < 1 ? HOURS_DEFAULT : h > HOURS_MOST ? HOURS_MOST : (int64_t)h;
}

/* The name in the link is the configured one, never one that a request brought (A83). */
static void answer(struct auth_call *c, const char *token, struct str address, int64_t end)
{
	char url[URL_MAX];
	snprintf(url, sizeof url, "https://%s/reset#%s", role_conf()->server.hostname, token);
	c->json = json_pack("{s:o, s:s, s:s, s:I}", "address", auth_string(address), "token", token, "url", url, "expires", (json_int_t)end);
	secret_wipe(url, sizeof url);
}

int auth_op_user_reset(struct auth_call *c)
{
	unsigned char random[TOKEN_BYTES];
	char token[AUTH_RESET_TOKEN];
	struct auth_change ch;
	struct str address;
	int64_t end = clock_real() + hours(c) * HOUR;
	int r = auth_need(c, "address", &address);
	if (r == OK)
		r = auth_known_account(c, &address);
	if (r != OK)
		return r;
	random_bytes(random, sizeof random);
	sodium_bin2base64(token, sizeof token, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	secret_wipe(random, sizeof random);
	auth_change_begin(&ch, c->by, c->from, "account.reset", address);
	struct others o = { .batch = &ch.batch, .address = address, .now = clock_real() };
	r = records_each(STR("reset/"), end_one, &o);
	if (r == OK)
		r = put(&ch.batch, str_c(token), address, end);
	if (r != OK)
		auth_change_drop(&ch);
	else
		r = auth_change_finish(c, &ch);
	if (r == OK)
		answer(c, token, address, end);
	secret_wipe(token, sizeof token);
	return r;
}
