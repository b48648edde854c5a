/* For tests and fuzz targets: a strict client's reading of the wire forms (RFC 3501 section 9), and the invariants of a
 * part table. */
#ifndef MIME_CHECK_H
#define MIME_CHECK_H

#include "proto/mime/mime_parse.h"

struct check { struct str rest; unsigned text_parts, leaves; };

enum { CHECK_DEPTH = 120 };

static inline bool check_char(struct check *c, char want) { return str_take_char(&c->rest, want); }
static inline bool check_nil(struct check *c) { return str_take(&c->rest, STR("NIL")); }

/* quoted or literal, value unescaped nowhere: only its shape counts. */
static inline bool check_string(struct check *c, struct str *ret)
{
	uint64_t n;
	if (str_take_char(&c->rest, '{')) {
		if (str_take_u64(&c->rest, UINT32_MAX, &n) != OK || !str_take(&c->rest, STR("}\r\n")) || n > c->rest.n)
			return false;
		*ret = str_take_n(&c->rest, n);
		return memchr(ret->p, '\0', n) == NULL;
	}
	if (!str_take_char(&c->rest, '"'))
		return false;
	for (size_t i = 0; i < c->rest.n; i++) {
		unsigned char b = (unsigned char)c->rest.p[i];
		if (b == '"') {
			*ret = str_take_n(&c->rest, i);
			c->rest = str_skip(c->rest, 1);
			return true;
		}
		if (b == '\\' && (++i == c->rest.n || (c->rest.p[i] != '"' && c->rest.p[i] != '\\')))
			return false;
		if (b == 0 || b == '\r' || b == '\n' || b > 0x7f)
			return false;
	}
	return false;
}

static inline bool check_nstring(struct check *c)
{
	struct str s;
	return check_nil(c) || check_string(c, &s);
}

static inline bool check_number(struct check *c)
{
	uint64_t n;
	return str_take_u64(&c->rest, UINT32_MAX, &n) == OK;
}

static inline bool check_sp_nstring(struct check *c) { return check_char(c, ' ') && check_nstring(c); }
static inline bool check_sp_number(struct check *c) { return check_char(c, ' ') && check_number(c); }

/* body-fld-param */
static inline bool check_params(struct check *c)
{
	struct str s;
	if (check_nil(c))
		return true;
	if (!check_char(c, '('))
		return false;
	do {
		if (!check_string(c, &s) || !check_char(c, ' ') || !check_string(c, &s))
			return false;
	} while (check_char(c, ' '));
	return check_char(c, ')');
}

/* Disposition, language, location, each with the space before it. */
static inline bool check_extension(struct check *c)
{
	struct str s;
	if (!check_char(c, ' '))
		return false;
	if (!check_nil(c) && !(check_char(c, '(') && check_string(c, &s) && check_char(c, ' ') && check_params(c) &&
	                       check_char(c, ')')))
		return false;
	if (!check_char(c, ' '))
		return false;
	if (check_char(c, '(')) {
		do {
			if (!check_string(c, &s))
				return false;
		} while (check_char(c, ' '));
		if (!check_char(c, ')'))
			return false;
	} else if (!check_nstring(c)) {
		return false;
	}
	return check_sp_nstring(c);
}

/* env-from and its like: "(" 1*address ")" / nil. Groups open and close. */
static inline bool check_addresses(struct check *c)
{
	bool in_group = false;
	if (check_nil(c))
		return true;
	if (!check_char(c, '('))
		return false;
	do {
		bool mailbox, host;
		if (!check_char(c, '(') || !check_nstring(c) || !check_sp_nstring(c) || !check_char(c, ' '))
			return false;
		mailbox = !str_starts(c->rest, STR("NIL"));
		if (!check_nstring(c) || !check_char(c, ' '))
			return false;
		host = !str_starts(c->rest, STR("NIL"));
		if (!check_nstring(c) || !check_char(c, ')'))
			return false;
		if (!host && mailbox == in_group)       /* a group begins outside of groups and ends inside */
			return false;
		if (!host)
			in_group = mailbox;
		if (host && !mailbox)
			return false;
	} while (c->rest.n && c->rest.p[0] == '(');
	return !in_group && check_char(c, ')');
}

static inline bool check_envelope(struct check *c)
{
	if (!check_char(c, '(') || !check_nstring(c) || !check_sp_nstring(c))
		return false;
	for (unsigned i = 0; i < 6; i++)
		if (!check_char(c, ' ') || !check_addresses(c))
			return false;
	return check_sp_nstring(c) && check_sp_nstring(c) && check_char(c, ')');
}

static inline bool check_body(struct check *c, bool extended, unsigned depth);

static inline bool check_multipart(struct check *c, bool extended, unsigned depth)
{
	struct str subtype;
	while (c->rest.n && c->rest.p[0] == '(')
		if (!check_body(c, extended, depth + 1))
			return false;
	if (!check_char(c, ' ') || !check_string(c, &subtype) || subtype.n == 0)
		return false;
	return !extended || (check_char(c, ' ') && check_params(c) && check_extension(c));
}

static inline bool check_one_part(struct check *c, bool extended, unsigned depth)
{
	struct str type, subtype, encoding;
	if (!check_string(c, &type) || !check_char(c, ' ') || !check_string(c, &subtype))
		return false;
	if (type.n == 0 || subtype.n == 0)
		return false;
	if (!check_char(c, ' ') || !check_params(c) || !check_sp_nstring(c) || !check_sp_nstring(c))
		return false;
	if (!check_char(c, ' ') || !check_string(c, &encoding) || !check_sp_number(c))
		return false;
	c->leaves++;
	if (str_ieq(type, STR("multipart")))
		return false;
	if (str_ieq(type, STR("text"))) {
		c->text_parts++;
		if (!check_sp_number(c))
			return false;
	}
	bool message = str_ieq(type, STR("message")) &&
	               (str_ieq(subtype, STR("rfc822")) || str_ieq(subtype, STR("global")));
	if (message && (!check_char(c, ' ') || !check_envelope(c) || !check_char(c, ' ') ||
	                !check_body(c, extended, depth + 1) || !check_sp_number(c)))
		return false;
	return !extended || (check_sp_nstring(c) && check_extension(c));
}

static inline bool check_body(struct check *c, bool extended, unsigned depth)
{
	if (depth > CHECK_DEPTH || !check_char(c, '('))
		return false;
	bool multipart = c->rest.n && c->rest.p[0] == '(';
	bool good = multipart ? check_multipart(c, extended, depth) : check_one_part(c, extended, depth);
	return good && check_char(c, ')');
}

static inline bool check_whole_envelope(struct str wire)
{
	struct check c = { .rest = wire };
	return check_envelope(&c) && c.rest.n == 0;
}

static inline bool check_whole_body(struct str wire, bool extended)
{
	struct check c = { .rest = wire };
	return check_body(&c, extended, 0) && c.rest.n == 0;
}

/* The contract of mime_parse.h. */
static inline bool check_parts(const struct mime_part *parts, uint32_t count, uint64_t size)
{
	if (count == 0 || parts[0].depth != 0 || parts[0].parent != MIME_NONE || parts[0].header != 0 ||
	    parts[0].next != MIME_NONE || parts[0].header_len + parts[0].body_len != size)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct mime_part *p = &parts[i];
		if (p->body != p->header + p->header_len || p->body + p->body_len > size || p->lines > p->body_len)
			return false;
		if ((p->kind == MIME_LEAF) != (p->first_child == MIME_NONE) || p->type.n == 0 || p->subtype.n == 0)
			return false;
		if (p->kind != MIME_LEAF && (p->first_child != i + 1 || parts[i + 1].parent != i))
			return false;
		if (p->kind == MIME_MESSAGE && parts[i + 1].next != MIME_NONE)
			return false;
		uint64_t end = p->body + p->body_len;
		if (p->next != MIME_NONE && (p->next <= i || p->next >= count || parts[p->next].header < end))
			return false;
		if (i == 0)
			continue;
		const struct mime_part *of = &parts[p->parent];
		if (p->parent >= i || p->depth != of->depth + 1 || p->header < of->body || end > of->body + of->body_len)
			return false;
	}
	return true;
}

#endif
