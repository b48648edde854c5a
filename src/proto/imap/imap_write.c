#include "proto/imap/imap_write.h"

#include "base/utf8.h"
#include "proto/imap/imap_chars.h"
#include "proto/imap/imap_mutf7.h"

enum { QUOTED_MAX = 1000 };      /* longer ones go as a literal: some clients read lines into small buffers */

static bool is_quotable(struct str s, bool utf8)
{
	if (s.n > QUOTED_MAX || (!utf8 && !str_is_ascii(s)))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return !utf8 || utf8_valid(s);
}

static void write_quoted(struct bufw *w, struct str s)
{
	size_t from = 0;
	bufw_char(w, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		bufw_put(w, s.p + from, i - from);
		bufw_char(w, '\\');
		from = i;
	}
	bufw_put(w, s.p + from, s.n - from);
	bufw_char(w, '"');
}

static void write_without(struct bufw *w, struct str s, bool (*is_bad)(char))
{
	while (s.n) {
		size_t n = 0;
		while (n < s.n && !is_bad(s.p[n]))
			n++;
		bufw_put(w, s.p, n);
		s = str_skip(s, n);
		if (s.n)
			bufw_char(w, '?');
		s = str_skip(s, 1);
	}
}

static bool is_nul(char c) { return c == '\0'; }
static bool is_no_text(char c) { return (unsigned char)c < 0x20 || (unsigned char)c > 0x7e; }

void imap_write_string(struct bufw *w, struct str s, bool utf8)
{
	if (is_quotable(s, utf8)) {
		write_quoted(w, s);
		return;
	}
	bufw_char(w, '{');
	bufw_u64(w, s.n);
	bufw_c(w, "}\r\n");
	write_without(w, s, is_nul);
}

void imap_write_astring(struct bufw *w, struct str s, bool utf8)
{
	bool atom = s.n > 0 && s.n <= QUOTED_MAX && !str_ieq(s, STR("NIL"));
	for (size_t i = 0; i < s.n && atom; i++)
		atom = imap_is_astring_char(s.p[i]);
	if (atom)
		bufw_str(w, s);
	else
		imap_write_string(w, s, utf8);
}

void imap_write_mailbox(struct bufw *w, struct str name, bool utf8)
{
	if (utf8 || imap_mutf7_is_plain(name)) {
		imap_write_astring(w, name, utf8);
		return;
	}
	struct buf encoded;
	buf_init(&encoded, 8 * name.n + 16);
	if (w->err == OK)
		w->err = imap_mutf7_encode(&encoded, name);
	imap_write_astring(w, buf_str(&encoded), false);
	buf_done(&encoded);
}

void imap_write_text(struct bufw *w, struct str text)
{
	write_without(w, text, is_no_text);
}

struct buf imap_buf_in(struct arena *a, size_t size)
{
	return (struct buf){ .p = arena_alloc(a, size), .cap = size, .max = size };
}
