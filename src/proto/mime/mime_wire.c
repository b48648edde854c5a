#include "proto/mime/mime_wire.h"

static void put_escaped(struct bufw *w, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"' && s.p[i] != '\\')
			continue;
		bufw_put(w, s.p + from, i - from);
		bufw_char(w, '\\');
		from = i;
	}
	bufw_put(w, s.p + from, s.n - from);
}

static void put_literal(struct bufw *w, struct str s)
{
	size_t nul = 0;
	for (size_t i = 0; i < s.n; i++)
		nul += s.p[i] == '\0';
	bufw_char(w, '{');
	bufw_u64(w, s.n - nul);
	bufw_c(w, "}\r\n");
	while (nul) {
		size_t at = str_find(s, '\0');
		bufw_put(w, s.p, at);
		s = str_skip(s, at + 1);
		nul--;
	}
	bufw_str(w, s);
}

void mime_wire_string(struct bufw *w, struct str s)
{
	bool plain = s.n <= MIME_WIRE_QUOTED, escapes = false;
	for (size_t i = 0; plain && i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		plain = (c >= 0x20 && c < 0x7f) || c == '\t';
		escapes |= c == '"' || c == '\\';
	}
	if (!plain) {
		put_literal(w, s);
		return;
	}
	bufw_char(w, '"');
	if (escapes)
		put_escaped(w, s);
	else
		bufw_str(w, s);
	bufw_char(w, '"');
}

void mime_wire_nstring(struct bufw *w, struct str s)
{
	if (s.p)
		mime_wire_string(w, s);
	else
		bufw_c(w, "NIL");
}
