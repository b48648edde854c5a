/* log.audit {"from": number, "limit": number}: entries, oldest first. log.verify {"number", "hash"}: walks the whole chain, and compares
 * with an entry that was noted elsewhere when one is given. */
#include "role/auth/auth_op.h"

#include <sodium.h>

enum { LIMIT_MOST = 2000, HEX = 2 * AUDIT_HASH + 1 };

static int show(void *ctx, struct str bytes, const struct audit_entry *e, const unsigned char hash[AUDIT_HASH])
{
	char hex[HEX];
	(void)bytes;
	sodium_bin2hex(hex, sizeof hex, hash, AUDIT_HASH);
	json_array_append_new(ctx, json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:s}", "number", (json_int_t)e->number, "time_ms",
		(json_int_t)e->time_ms, "by", auth_string(e->by), "from", auth_string(e->from), "act", auth_string(e->act), "target",
		auth_string(e->target), "detail", auth_string(e->detail), "hash", hex));
	return OK;
}

static uint64_t number_arg(const struct auth_call *c, const char *name)
{
	json_int_t v = json_integer_value(json_object_get(c->arguments, name));
	return v > 0 ? (uint64_t)v : 0;
}

/* Without `from`: the newest `limit`. */
int auth_op_log_audit(struct auth_call *c)
{
	uint64_t from = number_arg(c, "from"), limit = number_arg(c, "limit"), newest;
	unsigned char hash[AUDIT_HASH];
	json_t *list = json_array();
	int r = auth_audit_head(&newest, hash);
	limit = limit && limit < LIMIT_MOST ? limit : LIMIT_MOST;
	if (!from)
		from = newest > limit ? newest - limit + 1 : 1;
	if (r == OK)
		r = auth_audit_each(from, limit, show, list);
	if (r == OK)
		c->json = json_pack("{s:O, s:I}", "entries", list, "newest", (json_int_t)newest);
	json_decref(list);
	return r == E_NOTFOUND ? auth_refuse(c, "an entry is missing: the log was changed; see log verify") : r;
}

struct walk { unsigned char hash[AUDIT_HASH], noted[AUDIT_HASH]; uint64_t expected, noted_number, broken; bool differs; };

static int follow(void *ctx, struct str bytes, const struct audit_entry *e, const unsigned char hash[AUDIT_HASH])
{
	struct walk *w = ctx;
	(void)hash;
	w->broken = w->expected;
	if (audit_entry_follow(bytes, w->expected, w->hash) != OK)
		return E_CORRUPT;
	if (e->number == w->noted_number && memcmp(w->hash, w->noted, AUDIT_HASH) != 0)
		w->differs = true;
	w->broken = 0;
	w->expected++;
	return OK;
}

static const char *verdict(const struct walk *w, int r, uint64_t newest, const unsigned char head[AUDIT_HASH])
{
	if (r == E_NOTFOUND)
		return "an entry is missing";
	if (r == E_CORRUPT)
		return "an entry was changed, or one before it was left out or put in";
	if (memcmp(w->hash, head, AUDIT_HASH) != 0)
		return "the newest entry is not the one that was written last";
	if (w->noted_number > newest)
		return "the log is shorter than when the entry was noted";
	return w->differs ? "the noted entry has another hash now: the log was written anew" : NULL;
}

int auth_op_log_verify(struct auth_call *c)
{
	struct walk w = { .expected = 1, .noted_number = number_arg(c, "number") };
	unsigned char head[AUDIT_HASH];
	uint64_t newest;
	char hex[HEX];
	struct str noted = auth_arg(c, "hash");
	size_t n;
	if (w.noted_number && (sodium_hex2bin(w.noted, sizeof w.noted, noted.p ? noted.p : "", noted.n, NULL, &n, NULL) != 0 || n != AUDIT_HASH))
		return auth_refuse(c, "the hash of an entry has 64 hexadecimal digits");
	int r = auth_audit_head(&newest, head);
	if (r != OK)
		return r;
	r = auth_audit_each(1, UINT64_MAX, follow, &w);
	if (r != OK && r != E_NOTFOUND && r != E_CORRUPT)
		return r;
	const char *wrong = verdict(&w, r, newest, head);
	sodium_bin2hex(hex, sizeof hex, w.hash, AUDIT_HASH);
	c->json = json_pack("{s:b, s:I, s:s, s:s, s:I}", "ok", wrong == NULL, "entries", (json_int_t)(w.expected - 1), "hash", hex, "wrong",
		wrong ? wrong : "", "at", (json_int_t)(wrong ? w.expected : 0));
	return OK;
}
