#include "role/auth/auth_audit.h"

#include "io/fiber.h"
#include "os/clock.h"
#include "os/log.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

enum { STORE_MS = 60000, TURN_MS = 30000, KEY_MAX = 32, HEAD_BYTES = 8 + AUDIT_HASH, ARGUMENTS_BYTES = 64 << 10, MEMORY = 64 << 10 };

/* The newest entry. One commit at a time adds the next; this process is the only one that writes the log, so that what it remembers
 * holds until a commit fails. */
static struct {
	bool known, taken;
	uint64_t number;
	unsigned char hash[AUDIT_HASH];
	struct waiters queue;
	bool ready;
} chain;

/* ---- turns ---- */

static int take_turn(void)
{
	int64_t until = clock_mono_ms() + TURN_MS;
	int r = OK;
	if (!chain.ready)
		waiters_init(&chain.queue);
	chain.ready = true;
	while (chain.taken && r == OK)
		r = waiters_wait(&chain.queue, until);
	if (chain.taken)
		return E_BUSY;
	chain.taken = true;
	return OK;
}

static void give_turn(void)
{
	chain.taken = false;
	waiters_wake_one(&chain.queue);
}

/* ---- the newest entry ---- */

static int load(void)
{
	struct arena a;
	struct str value = STR("");
	uint64_t version;
	if (chain.known)
		return OK;
	arena_init(&a, MEMORY, NULL, NULL);
	int r = records_get(&a, STR("audit"), &value, &version);
	if (r == E_NOTFOUND) {
		chain.number = 0;
		memset(chain.hash, 0, sizeof chain.hash);
		r = OK;
	} else if (r == OK && value.n != HEAD_BYTES) {
		r = E_CORRUPT;
	} else if (r == OK) {
		chain.number = get_le64(value.p);
		memcpy(chain.hash, value.p + 8, AUDIT_HASH);
	}
	chain.known = r == OK;
	arena_done(&a);
	return r;
}

static struct str entry_key(uint64_t number, char text[KEY_MAX])
{
	int n = snprintf(text, KEY_MAX, "audit/%016" PRIx64, number);
	return (struct str){ text, (size_t)n };
}

static int append(struct auth_change *ch, unsigned char ret_hash[AUDIT_HASH])
{
	struct audit_entry e = { .number = chain.number + 1, .time_ms = clock_real_ms(), .by = ch->by, .from = ch->from, .act = str_c(ch->act),
		.target = ch->target, .detail = ch->detail };
	struct buf b;
	char key[KEY_MAX], head[HEAD_BYTES];
	buf_init(&b, AUDIT_ENTRY_MAX);
	int r = audit_entry_write(&b, &e, chain.hash, ret_hash);
	if (r == OK) {
		put_le64(head, e.number);
		memcpy(head + 8, ret_hash, AUDIT_HASH);
		records_set(&ch->batch, entry_key(e.number, key), RECORDS_NONE, buf_str(&b));
		records_set(&ch->batch, STR("audit"), RECORDS_ANY, (struct str){ head, sizeof head });
	}
	buf_done(&b);
	return r;
}

/* ---- commit ---- */

static int call_directory(struct auth_change *ch)
{
	struct buf b;
	struct ipc_admin_rep a = { 0 };
	buf_init(&b, ARGUMENTS_BYTES);
	struct bufw w = { .b = &b };
	for (size_t i = 0; i < ch->count; i++)
		write_str(&w, ch->arguments[i]);
	struct ipc_admin_req q = { .op = str_c(ch->op), .arguments = buf_str(&b), .writes = buf_str(&ch->batch.writes) };
	int r = w.err != OK ? w.err : ch->batch.w.err;
	if (r == OK)
		r = ipc_call_admin(NULL, &q, &a, &ch->hold, STORE_MS);
	if (r == OK) {
		ch->json = a.json;
		ch->reason = a.reason;
		r = a.reason.n ? E_DENIED : OK;
	}
	buf_done(&b);
	auth_change_drop(ch);
	return r;
}

/* Outside the store as well: a log that was written anew shows against these lines. */
static void tell(const struct auth_change *ch)
{
	char hex[2 * AUDIT_HASH + 1];
	sodium_bin2hex(hex, sizeof hex, chain.hash, AUDIT_HASH);
	log_event(LOG_INFO, "audit", LOG_U("number", chain.number), LOG_S("by", ch->by), LOG_S("from", ch->from), LOG_C("act", ch->act),
		LOG_S("target", ch->target), LOG_S("detail", ch->detail), LOG_C("hash", hex), LOG_END);
}

static void settle(const struct auth_change *ch, int r, const unsigned char hash[AUDIT_HASH])
{
	if (r == OK) {
		chain.number++;
		memcpy(chain.hash, hash, AUDIT_HASH);
		tell(ch);
	} else {
		chain.known = false;            /* it may have been done all the same */
	}
}

void auth_change_begin(struct auth_change *ch, struct str by, struct str from, const char *act, struct str target)
{
	*ch = (struct auth_change){ .by = by, .from = from, .act = act, .target = target, .hold = IPC_HOLD };
	records_begin(&ch->batch);
}

void auth_change_drop(struct auth_change *ch)
{
	secret_wipe(ch->batch.writes.p, ch->batch.writes.n);
	buf_done(&ch->batch.writes);
}

int auth_change_commit(struct auth_change *ch)
{
	unsigned char hash[AUDIT_HASH];
	int r = take_turn();
	if (r != OK) {
		auth_change_drop(ch);
		return r;
	}
	r = load();
	if (r == OK)
		r = append(ch, hash);
	if (r != OK)
		auth_change_drop(ch);
	else
		r = ch->op ? call_directory(ch) : records_commit(&ch->batch);
	settle(ch, r, hash);
	give_turn();
	return r;
}

/* ---- reading ---- */

int auth_audit_head(uint64_t *ret_number, unsigned char ret_hash[AUDIT_HASH])
{
	int r = take_turn();
	if (r != OK)
		return r;
	chain.known = false;                    /* what is stored, not what is remembered */
	r = load();
	if (r == OK) {
		*ret_number = chain.number;
		memcpy(ret_hash, chain.hash, AUDIT_HASH);
	}
	give_turn();
	return r;
}

static int read_entry(uint64_t number, auth_audit_each_fn *each, void *ctx)
{
	struct arena a;
	struct str bytes;
	uint64_t version;
	struct audit_entry e;
	char key[KEY_MAX];
	unsigned char hash[AUDIT_HASH];
	arena_init(&a, MEMORY, NULL, NULL);
	int r = records_get(&a, entry_key(number, key), &bytes, &version);
	if (r == OK)
		r = audit_entry_read(bytes, &e, hash);
	if (r == OK)
		r = each(ctx, bytes, &e, hash);
	arena_done(&a);
	return r;
}

int auth_audit_each(uint64_t from, uint64_t limit, auth_audit_each_fn *each, void *ctx)
{
	uint64_t newest;
	unsigned char hash[AUDIT_HASH];
	int r = auth_audit_head(&newest, hash);
	for (uint64_t n = from; r == OK && n <= newest && n - from < limit; n++)
		r = read_entry(n, each, ctx);
	return r;
}
