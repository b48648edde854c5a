/* Character classes of RFC 9051 section 9. */
#ifndef PROTO_IMAP_CHARS_H
#define PROTO_IMAP_CHARS_H

#include "base/str.h"

/* ATOM-CHAR: any CHAR except atom-specials ( ) { SP CTL list-wildcards quoted-specials resp-specials. */
static inline bool imap_is_atom_char(char c)
{
	switch (c) {
	case '(': case ')': case '{': case '%': case '*': case '"': case '\\': case ']':
		return false;
	default:
		return c > ' ' && c < 0x7f;
	}
}

static inline bool imap_is_astring_char(char c) { return c == ']' || imap_is_atom_char(c); }
static inline bool imap_is_list_char(char c) { return c == '%' || c == '*' || imap_is_astring_char(c); }
static inline bool imap_is_tag_char(char c) { return c != '+' && imap_is_astring_char(c); }

#endif
