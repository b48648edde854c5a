/* Invariants: however the input is cut, the same replies come out; their number of lines and their text are bounded,
 * their text is UTF-8 and harmless. */
#include "base/base.h"
#include "proto/smtp/smtp_caps.h"
#include "proto/smtp/smtp_reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_reply(const struct smtp_reply *r)
{
	struct smtp_caps caps;
	check(r->code >= 200 && r->code <= 599 && r->lines >= 1 && r->lines <= SMTP_REPLY_LINES_MAX);
	check(r->text.n <= SMTP_REPLY_TEXT_MAX && utf8_valid(r->text));
	for (size_t i = 0; i < r->text.n; i++)
		check(r->text.p[i] == '\n' || ((unsigned char)r->text.p[i] >= ' ' && r->text.p[i] != 0x7f));
	check(r->status.class == 0 || r->status.class == r->code / 100);
	check(r->status.subject <= 999 && r->status.detail <= 999);
	smtp_caps_parse(r->text, &caps);
	check(!(caps.mechanisms && !(caps.offers & SMTP_CAP_AUTH)));
}

static int feed(struct str in, size_t step, struct bufw *out)
{
	struct smtp_reply_reader r;
	struct smtp_reply reply;
	struct buf text, hold;
	int e = E_AGAIN;
	buf_init(&text, SMTP_REPLY_TEXT_MAX);
	buf_init(&hold, 1 << 20);
	smtp_reply_init(&r, &text);
	while (in.n && e == E_AGAIN) {
		check(buf_put_str(&hold, str_take_n(&in, step)) == OK);
		buf_shrink(&hold);
		struct str input = buf_str(&hold);
		while ((e = smtp_reply_next(&r, &input, &reply)) == OK) {
			check_reply(&reply);
			bufw_printf(out, "%u %u.%u.%u %u ", reply.code, reply.status.class, reply.status.subject,
				    reply.status.detail, reply.lines);
			bufw_str(out, reply.text);
		}
		buf_consume(&hold, hold.n - input.n);
	}
	buf_done(&hold);
	buf_done(&text);
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t steps[] = { 1, 2, 9 };
	struct str in = { (const char *)data, n };
	struct buf whole, cut;
	buf_init(&whole, 8 << 20);
	buf_init(&cut, 8 << 20);
	struct bufw w = { .b = &whole };
	int e = feed(in, n ? n : 1, &w);
	check(w.err == OK && (e == E_AGAIN || e == E_PROTO));
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		buf_clear(&cut);
		struct bufw c = { .b = &cut };
		check(feed(in, steps[i], &c) == e && str_eq(buf_str(&whole), buf_str(&cut)));
	}
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
