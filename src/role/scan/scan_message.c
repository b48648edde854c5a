#include "role/scan/scan_message.h"

#include "proto/addr/addr_list.h"
#include "proto/addr/addr_normal.h"
#include "proto/header/header.h"
#include "proto/mime/mime_summary.h"

#include <setjmp.h>

/* One pass over the top fields: what submission and loop detection must know. */
struct fields { uint32_t flags, received, from_fields; struct bufw from; size_t from_count; };

static void take_from(struct arena *a, struct str value, struct fields *f)
{
	struct addr_list list;
	addr_list_parse(a, value, SCAN_FROM_MAX, &list);
	for (size_t i = 0; i < list.count && f->from_count < SCAN_FROM_MAX; i++) {
		struct str address = STR("");
		if (list.items[i].kind != ADDR_MAILBOX)
			continue;
		/* an address without a normal form stays as an empty string: it belongs to nobody, and is counted */
		if (addr_normalize(a, list.items[i].local, list.items[i].domain, &address) != OK)
			address = STR("");
		write_str(&f->from, address);
		f->from_count++;
	}
}

static void take_field(struct arena *a, const struct header_field *h, struct fields *f)
{
	if (str_ieq(h->name, STR("Received"))) {
		f->received++;
	} else if (str_ieq(h->name, STR("From"))) {
		if (f->from_fields < 255)
			f->from_fields++;
		take_from(a, h->value, f);
	} else if (str_ieq(h->name, STR("Message-ID"))) {
		f->flags |= SCAN_HAS_MESSAGE_ID;
	} else if (str_ieq(h->name, STR("Date"))) {
		f->flags |= SCAN_HAS_DATE;
	} else if (str_ieq(h->name, STR("Bcc"))) {
		f->flags |= SCAN_HAS_BCC;
	}
}

static void full(void *ctx)
{
	longjmp(*(jmp_buf *)ctx, 1);
}

static int scan_into(struct arena *a, struct str message, struct buf *from, struct buf *out, struct scan_result *ret)
{
	struct str block = str_first(message, header_end(message));
	struct header_field h;
	struct fields f = { .from = { .b = from } };
	while (header_next(&block, &h))
		take_field(a, &h, &f);
	int r = f.from.err;
	if (r == OK)
		r = mime_summary_build(a, message, &mime_limits_default, out);
	if (r != OK)
		return r;
	*ret = (struct scan_result){ .flags = f.flags | f.from_fields << SCAN_FROM_COUNT_SHIFT, .received = f.received,
		.from = arena_dup(a, buf_str(from)), .summary = buf_str(out) };
	return OK;
}

int scan_message(struct arena *a, struct str message, struct buf *out, struct scan_result *ret)
{
	jmp_buf stop;
	struct buf from;
	buf_init(&from, SCAN_FROM_BYTES);
	a->full = full;
	a->ctx = &stop;
	int r = setjmp(stop) ? E_TOOBIG : scan_into(a, message, &from, out, ret);
	buf_done(&from);
	return r;
}
