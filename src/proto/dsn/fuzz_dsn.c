/* Everything that comes from outside, from one input: fields separated by 0xff 0xfe. Whatever they hold: the report has
 * proper lines, reads back, and says what was to be said. The input is also read as a report itself. */
#include "proto/dsn/dsn.h"
#include "proto/dsn/dsn_parse.h"

#include <stdlib.h>

static struct str field(struct str *input)
{
	static const struct str separator = STR_INIT("\xff\xfe");
	size_t at = str_search(*input, separator);
	struct str s = str_take_n(input, at == STR_NPOS ? input->n : at);
	str_take(input, separator);
	return s;
}

static bool is_address(struct str s) { return str_trim(s).n > 0 && s.n <= 320; }

static void check_lines(struct str s)
{
	size_t line = 0;
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] == '\n') != (i > 0 && s.p[i - 1] == '\r') || s.p[i] == '\0')
			abort();
		line = s.p[i] == '\n' ? 0 : line + 1;
		if (line > 999)
			abort();
	}
}

static void check(struct arena *a, const struct dsn *d, struct str report)
{
	static const char *const words[DSN_ACTIONS] = { "failed", "delayed", "delivered", "relayed", "expanded" };
	struct dsn_parsed p;
	check_lines(report);
	if (dsn_parse(a, report, &p) != OK || p.count != d->count || !str_eq(p.reporting_mta, d->reporting_mta))
		abort();
	for (size_t i = 0; i < p.count; i++)
		if (!str_eq(p.recipient[i].action, str_c(words[d->recipient[i].action])) ||
		    !str_eq(p.recipient[i].status, str_c(d->recipient[i].status)))
			abort();
	if (!d->utf8 && !str_is_ascii(str_first(report, (size_t)(p.original.p - report.p))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct buf out;
	struct str in = { (const char *)data, n };
	struct dsn_parsed ignored;
	static const char *const status[DSN_ACTIONS] = { "5.0.0", "4.4.7", "2.0.0", "2.1.5", "2.6.0" };
	if (n < 2)
		return 0;
	arena_init(&a, 8 << 20, NULL, NULL);
	buf_init(&out, DSN_MAX);
	if (dsn_parse(&a, in, &ignored) == OK && ignored.count > DSN_PARSED_MAX)
		abort();
	unsigned options = data[0];
	in = str_skip(in, 1);
	struct dsn_recipient r[2] = { 0 };
	struct dsn d = { .reporting_mta = STR("mail.own.test"),
			 .recipient = r,
			 .count = 1 + (options >> 1 & 1),
			 .utf8 = options & 1,
			 .full = options >> 2 & 1,
			 .now = 1700000000,
			 .arrival = options & 8 ? 1 : 0,
			 .to = field(&in),
			 .envid = field(&in),
			 .message = field(&in) };
	for (size_t i = 0; i < d.count; i++)
		r[i] = (struct dsn_recipient){ .action = (enum dsn_action)((options >> 4) % DSN_ACTIONS),
					       .address = field(&in),
					       .original = field(&in),
					       .remote = field(&in),
					       .diagnostic = field(&in),
					       .replied = i,
					       .status = status[(options >> 4) % DSN_ACTIONS],
					       .retry_until = 5 };
	int e = dsn_build(&d, &dsn_english, &out);
	if (e == OK)
		check(&a, &d, buf_str(&out));
	else if (out.n || (e == E_SYNTAX && is_address(d.to) && is_address(r[0].address) &&
			   (d.count == 1 || is_address(r[1].address))))
		abort();
	arena_done(&a);
	buf_done(&out);
	return 0;
}
