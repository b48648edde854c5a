#include "role/store/store_admin.h"

enum { SHOWN = 5000, A_TIME = 500 };

static json_t *show(const struct store_queue_entry *e)
{
	const char *state = e->leased ? "leased" : e->state == STORE_QUEUE_HELD ? "held" : "queued";
	return json_pack("{s:I, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:o, s:I}", "id", (json_int_t)e->id, "sender",
			 admin_string(e->sender), "recipient", admin_string(e->recipient), "state", state, "attempts",
			 (json_int_t)e->attempts, "created", (json_int_t)e->created, "next", (json_int_t)e->next,
			 "expires", (json_int_t)e->expires, "error", admin_string(e->text), "size",
			 (json_int_t)e->size);
}

/* What was set aside has only its number. */
static int add_damaged(struct admin_call *c)
{
	uint64_t *ids;
	size_t n;
	int r = store_queue_aside(c->st, SHOWN, c->a, &ids, &n);
	for (size_t i = 0; r == OK && i < n; i++)
		json_array_append_new(c->json, json_pack("{s:I, s:s}", "id", (json_int_t)ids[i], "state", "damaged"));
	return r;
}

int admin_queue_list(struct admin_call *c)
{
	uint64_t after = 0;
	c->json = json_array();
	do {
		struct store_queue_entry *v;
		size_t n;
		int r = store_queue_list(c->st, STR(""), after, A_TIME, c->now, c->a, &v, &n, &after);
		if (r != OK)
			return r;
		for (size_t i = 0; i < n; i++)
			json_array_append_new(c->json, show(&v[i]));
	} while (after && json_array_size(c->json) < SHOWN);
	return add_damaged(c);
}

static int number(struct admin_call *c, uint64_t *ret)
{
	return str_u64(c->arg[0], UINT64_MAX, ret) == OK
		   ? OK
		   : admin_refuse(c, "not a number of a queue entry: " STR_FMT, STR_ARG(c->arg[0]));
}

static int no_entry(struct admin_call *c, int r)
{
	if (r == E_NOTFOUND)
		return admin_refuse(c, "no such queue entry, or not in a state for this: " STR_FMT, STR_ARG(c->arg[0]));
	return r == E_BUSY ? admin_refuse(c, "it is being delivered just now: " STR_FMT, STR_ARG(c->arg[0])) : r;
}

int admin_queue_show(struct admin_call *c)
{
	struct store_queue_entry e;
	uint64_t id;
	int r = number(c, &id);
	if (r == OK)
		r = no_entry(c, store_queue_show(c->st, id, c->now, c->a, &e));
	if (r == OK)
		c->json = show(&e);
	return r;
}

typedef int act_fn(struct store *st, uint64_t id, int64_t now);

static int hold(struct store *st, uint64_t id, int64_t now)
{
	return store_queue_hold(st, id, STR("held by the administrator"), now);
}

/* Those that are not in a state for it, or are being delivered, are passed over. */
static int act_on_all(struct admin_call *c, act_fn *act, json_int_t *count)
{
	uint64_t after = 0;
	do {
		struct store_queue_entry *v;
		size_t n;
		int r = store_queue_list(c->st, STR(""), after, A_TIME, c->now, c->a, &v, &n, &after);
		for (size_t i = 0; r == OK && i < n; i++) {
			r = act(c->st, v[i].id, c->now);
			*count += r == OK;
			r = r == E_NOTFOUND || r == E_BUSY ? OK : r;
		}
		if (r != OK)
			return r;
	} while (after);
	return OK;
}

static int act(struct admin_call *c, act_fn *fn)
{
	json_int_t count = 1;
	uint64_t id;
	int r;
	if (str_eq(c->arg[0], STR("all"))) {
		count = 0;
		r = act_on_all(c, fn, &count);
	} else {
		r = number(c, &id);
		if (r == OK)
			r = no_entry(c, fn(c->st, id, c->now));
	}
	if (r == OK)
		c->json = json_pack("{s:I}", "count", count);
	return r;
}

int admin_queue_hold(struct admin_call *c) { return act(c, hold); }
int admin_queue_release(struct admin_call *c) { return act(c, store_queue_release); }
int admin_queue_retry(struct admin_call *c) { return act(c, store_queue_retry); }
int admin_queue_cancel(struct admin_call *c) { return act(c, store_queue_cancel); }
