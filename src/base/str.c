#include "base/str.h"

struct str str_c(const char *c)
{
	return c ? (struct str){ c, strlen(c) } : (struct str){ "", 0 };
}

struct str str_range(const char *from, const char *end)
{
	return (struct str){ from, (size_t)(end - from) };
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;
	return r ? r : (a.n > b.n) - (a.n < b.n);
}

struct str str_first(struct str s, size_t n)
{
	return (struct str){ s.p, s.n < n ? s.n : n };
}

struct str str_skip(struct str s, size_t n)
{
	if (n > s.n)
		n = s.n;
	return n ? (struct str){ s.p + n, s.n - n } : s;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_first(s, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_ieq(str_first(s, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

bool str_iends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_ieq(str_skip(s, s.n - suffix.n), suffix);
}

struct str str_trim(struct str s)
{
	while (s.n && ascii_is_space(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && ascii_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool str_take(struct str *s, struct str prefix)
{
	if (!str_starts(*s, prefix))
		return false;
	*s = str_skip(*s, prefix.n);
	return true;
}

bool str_itake(struct str *s, struct str prefix)
{
	if (!str_istarts(*s, prefix))
		return false;
	*s = str_skip(*s, prefix.n);
	return true;
}

bool str_take_char(struct str *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

struct str str_take_n(struct str *s, size_t n)
{
	struct str head = str_first(*s, n);
	*s = str_skip(*s, head.n);
	return head;
}

struct str str_until(struct str *s, char sep)
{
	size_t i = str_find(*s, sep);
	if (i == STR_NPOS)
		return str_take_n(s, s->n);
	struct str head = str_take_n(s, i);
	*s = str_skip(*s, 1);
	return head;
}

struct str str_word(struct str *s)
{
	while (str_take_char(s, ' '))
		;
	size_t i = str_find(*s, ' ');
	return str_take_n(s, i == STR_NPOS ? s->n : i);
}

size_t str_find(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : STR_NPOS;
}

size_t str_rfind(struct str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : STR_NPOS;
}

size_t str_search(struct str hay, struct str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = hay.n ? memmem(hay.p, hay.n, needle.p, needle.n) : NULL;
	return at ? (size_t)(at - hay.p) : STR_NPOS;
}

size_t str_isearch(struct str hay, struct str needle)
{
	if (needle.n == 0)
		return 0;
	for (size_t i = 0; i + needle.n <= hay.n; i++)
		if (ascii_lower(hay.p[i]) == ascii_lower(needle.p[0]) &&
		    str_ieq((struct str){ hay.p + i, needle.n }, needle))
			return i;
	return STR_NPOS;
}

bool str_has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

bool str_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

int str_take_u64(struct str *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;
	for (; i < s->n && ascii_is_digit(s->p[i]); i++) {
		uint64_t d = (uint64_t)(s->p[i] - '0');
		if (v > (UINT64_MAX - d) / 10 || v * 10 + d > max)
			return E_TOOBIG;
		v = v * 10 + d;
	}
	if (i == 0)
		return E_SYNTAX;
	*s = str_skip(*s, i);
	*ret = v;
	return OK;
}

int str_u64(struct str s, uint64_t max, uint64_t *ret)
{
	uint64_t v;
	int r = str_take_u64(&s, max, &v);
	if (r != OK)
		return r;
	if (s.n)
		return E_SYNTAX;
	*ret = v;
	return OK;
}

int str_to_c(struct str s, char *dst, size_t cap)
{
	if (s.n >= cap)
		return E_TOOBIG;
	if (str_find(s, '\0') != STR_NPOS)
		return E_SYNTAX;
	if (s.n)
		memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return OK;
}

uint64_t str_hash(struct str s)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h;
}
