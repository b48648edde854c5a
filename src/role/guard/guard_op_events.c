/* events {limit}: the newest last. */
#include "role/guard/guard_admin.h"
#include "role/guard/guard_keep.h"

enum { STANDARD = 50 };

static void put_hash(json_t *j, const char *name, uint64_t hash)
{
	char text[17];
	static const char digits[] = "0123456789abcdef";
	for (unsigned i = 0; i < 16; i++)
		text[i] = digits[hash >> (60 - 4 * i) & 15];
	text[16] = '\0';
	if (hash)
		json_object_set_new(j, name, json_string(text));
}

static json_t *event_json(const struct recent_event *r)
{
	const struct guard_event *e = &r->event;
	struct guard_net whole = guard_net_of(e->source, 128);
	char text[IP_TEXT_MAX + 4];
	json_t *j = json_pack("{s:I, s:s, s:s, s:o}", "time_ms", (json_int_t)r->at_ms, "event", guard_kind_name(e->kind), "role", role_name(r->role), "from",
		guard_string(guard_net_text(&whole, text)));
	if (e->account && e->account <= UINT32_MAX)
		json_object_set_new(j, "account", json_integer((json_int_t)e->account));
	else
		put_hash(j, "unknown_account", e->account);
	put_hash(j, "value", e->value);
	put_hash(j, "helo", e->helo);
	if (e->number)
		json_object_set_new(j, "number", json_integer(e->number));
	if (e->fresh)
		json_object_set_new(j, "fresh", json_integer(e->fresh));
	return j;
}

int guard_op_events(struct guard_call *c)
{
	int64_t limit = guard_arg_number(c, "limit");
	json_t *events = json_array(), *decisions = json_array();
	const struct recent_event *e;
	const struct recent_decision *d;
	if (limit <= 0)
		limit = STANDARD;
	for (size_t i = 0; (int64_t)i < limit && (e = recent_event(i)); i++)
		json_array_insert_new(events, 0, event_json(e));
	for (size_t i = 0; (int64_t)i < limit && (d = recent_decision(i)); i++)
		json_array_insert_new(decisions, 0, json_pack("{s:I, s:s}", "time", (json_int_t)d->at, "what", d->text));
	c->json = json_pack("{s:I, s:I, s:I, s:o, s:o}", "unsaved", (json_int_t)keep_unsaved(), "total", (json_int_t)recent_total(), "memory", (json_int_t)guard_memory(guard_engine), "events", events,
		"decisions", decisions);
	return OK;
}
