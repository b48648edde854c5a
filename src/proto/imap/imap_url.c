#include "proto/imap/imap_url.h"

#include "base/utf8.h"

static int hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-encoded bytes; nothing that would not fit a name may come of it. */
static int decode(struct arena *a, struct str s, struct str *ret)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	while (s.n) {
		char c = s.p[0];
		if (c != '%') {
			p[n++] = c;
			s = str_skip(s, 1);
			continue;
		}
		int high = s.n > 2 ? hex(s.p[1]) : -1, low = s.n > 2 ? hex(s.p[2]) : -1;
		if (high < 0 || low < 0)
			return E_SYNTAX;
		p[n++] = (char)(high * 16 + low);
		s = str_skip(s, 3);
	}
	*ret = (struct str){ p, n };
	return str_has_control(*ret) || !utf8_valid(*ret) ? E_SYNTAX : OK;
}

static int number(struct str s, uint32_t *ret)
{
	uint64_t v;
	int r = str_u64(s, UINT32_MAX, &v);
	if (r != OK || v == 0)
		return E_SYNTAX;
	*ret = (uint32_t)v;
	return OK;
}

/* enc-mailbox [";UIDVALIDITY=" nz-number] */
static int mailbox(struct arena *a, struct str s, struct imap_url *u)
{
	size_t at = str_isearch(s, STR(";UIDVALIDITY="));
	if (at != STR_NPOS && number(str_skip(s, at + 13), &u->uidvalidity) != OK)
		return E_SYNTAX;
	int r = decode(a, str_first(s, at == STR_NPOS ? s.n : at), &u->mailbox);
	if (r == OK && str_ieq(u->mailbox, STR("INBOX")))
		u->mailbox = STR("INBOX");
	return r == OK && u->mailbox.n ? OK : E_SYNTAX;
}

/* partial-range = number ["." nz-number] */
static int partial(struct str s, struct imap_url *u)
{
	struct str origin = str_until(&s, '.');
	u->partial = true;
	if (str_u64(origin, INT64_MAX, &u->origin) != OK)
		return E_SYNTAX;
	return s.n == 0 || (str_u64(s, INT64_MAX, &u->length) == OK && u->length) ? OK : E_SYNTAX;
}

/* "/;UID=" nz-number ["/;SECTION=" enc-section] ["/;PARTIAL=" partial-range], in that order */
static int piece(struct arena *a, struct str s, struct imap_url *u)
{
	if (str_itake(&s, STR("UID=")))
		return u->uid ? E_SYNTAX : number(s, &u->uid);
	if (u->uid == 0 || u->partial)
		return E_SYNTAX;
	if (str_itake(&s, STR("PARTIAL=")))
		return partial(s, u);
	if (u->section.n || !str_itake(&s, STR("SECTION=")))
		return E_SYNTAX;
	return decode(a, s, &u->section);
}

int imap_url_parse(struct arena *a, struct str url, struct imap_url *ret)
{
	struct imap_url u = { 0 };
	if (!str_take_char(&url, '/'))
		return E_SYNTAX;
	size_t end = str_search(url, STR("/;"));
	if (end == STR_NPOS || mailbox(a, str_first(url, end), &u) != OK)
		return E_SYNTAX;
	url = str_skip(url, end);
	while (str_take(&url, STR("/;"))) {
		size_t next = str_search(url, STR("/;"));
		if (piece(a, str_take_n(&url, next == STR_NPOS ? url.n : next), &u) != OK)
			return E_SYNTAX;
	}
	if (u.uid == 0 || url.n)
		return E_SYNTAX;
	*ret = u;
	return OK;
}
