/* UIDBATCHES (draft-ietf-mailmaint-imap-uidbatches): ranges of UIDs that hold so many messages each, from the newest down;
 * together they cover every UID. */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_write.h"

enum { SIZE_MIN = 500, PUSH_EVERY = 64 << 10 };

struct batches { uint32_t size; struct imap_partial range; };

static int parse(struct imap_args *a, struct batches *b)
{
	*b = (struct batches){ .range = { 1, UINT32_MAX, false } };
	int r = imap_sp(a);
	if (r == OK)
		r = imap_nz_number(a, &b->size);
	if (r == OK && a->rest.n) {
		r = imap_sp(a);
		if (r == OK)
			r = imap_partial(a, &b->range);
		if (r == OK && b->range.from_end)
			r = imap_args_bad(a, "batches are counted from the newest");
	}
	return r == OK ? imap_args_end(a) : r;
}

static void write_batch(struct bufw *w, bool first, uint32_t high, uint32_t low)
{
	bufw_char(w, first ? ' ' : ',');
	bufw_u64(w, high);
	if (low == high)
		return;
	bufw_char(w, ':');
	bufw_u64(w, low);
}

/* "* UIDBATCHES (TAG "a") 215295:99696,99695:1" */
static int tell(struct imap_session *s, const struct batches *b)
{
	const struct imap_view *v = &s->view;
	struct bufw w = imap_out(s);
	bool first = true;
	bufw_c(&w, "* UIDBATCHES (TAG ");
	imap_write_string(&w, s->reader.command.tag, false);
	bufw_char(&w, ')');
	size_t left = v->told;
	uint32_t high = left ? v->v[left - 1].uid : 0;
	for (uint64_t place = 1; left && place <= b->range.last && w.err == OK; place++) {
		left = left > b->size ? left - b->size : 0;
		uint32_t low = left ? v->v[left].uid : 1;
		if (place >= b->range.first) {
			write_batch(&w, first, high, low);
			first = false;
		}
		high = low - 1;
		if (w.b->n > PUSH_EVERY)
			w.err = imap_push(s, &w);
	}
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

int imap_cmd_uidbatches(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct batches b;
	int r = parse(&a, &b);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (b.size < SIZE_MIN)
		return imap_bad(s, "[CLIENTBUG] a batch has 500 messages or more");
	r = tell(s, &b);
	return r == OK ? imap_ok(s, "done") : r;
}
