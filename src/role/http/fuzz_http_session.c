/* A whole session from the client's bytes. The first byte: TLS or not, and how the input is cut; 0xff separates segments between which the client
 * waits. Invariants: what was said is a row of complete responses, one for each exchange, each with its security fields; after one that closes
 * nothing follows; in clear nobody signs in; a code is given out only with the cookie. */
#include "role/http/http_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SEGMENTS_MAX = 32 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct said { unsigned status; bool close, has_length; uint64_t length; unsigned security; };

static void look_at(struct str line, struct said *s)
{
	struct str name = str_until(&line, ':'), value = str_trim(line);
	check(name.n && !str_has_control(name) && !str_has_control(value));
	if (str_ieq(name, STR("Content-Length"))) {
		check(!s->has_length && str_u64(value, 1 << 30, &s->length) == OK);
		s->has_length = true;
	}
	s->close |= str_ieq(name, STR("Connection")) && str_ieq(value, STR("close"));
	s->security += str_ieq(name, STR("Content-Security-Policy")) || str_ieq(name, STR("X-Content-Type-Options")) || str_ieq(name, STR("Cache-Control"));
}

static struct str take_line(struct str *rest)
{
	size_t end = str_search(*rest, STR("\r\n"));
	check(end != STR_NPOS);
	struct str line = str_take_n(rest, end);
	*rest = str_skip(*rest, 2);
	return line;
}

/* The content of an answer to HEAD is not sent; whether it was HEAD only the session knows, so both are taken. */
static void take_content(struct str *rest, const struct said *s)
{
	if (s->has_length && !(str_starts(*rest, STR("HTTP/1.1 ")) || !rest->n)) {
		check(rest->n >= s->length);
		*rest = str_skip(*rest, (size_t)s->length);
	}
}

static unsigned check_said(struct str rest)
{
	unsigned count = 0;
	bool closed = false;
	while (rest.n) {
		struct said s = { 0 };
		uint64_t status = 0;
		check(!closed);
		struct str line = take_line(&rest);
		check(str_take(&line, STR("HTTP/1.1 ")) && str_u64(str_first(line, 3), 599, &status) == OK);
		while ((line = take_line(&rest)).n)
			look_at(line, &s);
		if (status == 100)
			continue;
		check(status >= 200 && s.security == 3);
		take_content(&rest, &s);
		closed = s.close;
		count++;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str segments[SEGMENTS_MAX + 1] = { { NULL, 0 } };
	static struct fake f;
	if (n < 2 || n > 40000)
		return 0;
	struct str rest = { (const char *)data + 1, n - 1 };
	for (size_t i = 0; i < SEGMENTS_MAX && rest.n; i++)
		segments[i] = str_until(&rest, '\xff');
	fake_init(&f, data[0] & 1);
	f.step = data[0] >> 4;
	f.auth_error = (data[0] & 6) == 6 ? E_BUSY : (data[0] & 6) == 4 ? E_IO : OK;
	int r = fake_run(&f, segments);
	check(r == OK || r == E_CLOSED || f.overflown);
	if (!f.overflown)
		check(check_said(buf_str(&f.said)) == f.exchanges);
	check(f.session.tls || (!f.sign_ins && !f.approvals));
	fake_done(&f);
	return 0;
}
