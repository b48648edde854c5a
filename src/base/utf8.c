#include "base/utf8.h"

static uint32_t decode(struct str s, size_t *ret_len)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t len = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
	*ret_len = 1;
	if (len == 1)
		return c;
	if (len == 0 || s.n < len)
		return UTF8_BAD;
	uint32_t v = c & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char t = (unsigned char)s.p[i];
		if ((t & 0xc0) != 0x80)
			return UTF8_BAD;
		v = v << 6 | (t & 0x3f);
	}
	if ((len == 3 && v < 0x800) || (len == 4 && v < 0x10000) || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return UTF8_BAD;
	*ret_len = len;
	return v;
}

uint32_t utf8_take(struct str *s)
{
	size_t len;
	uint32_t v = decode(*s, &len);
	*s = str_skip(*s, len);
	return v;
}

/* How many ASCII bytes stand at the front: most text is nothing else, so eight are looked at in one step. */
static size_t ascii_run(struct str s)
{
	size_t i = 0;
	for (uint64_t eight; i + sizeof eight <= s.n; i += sizeof eight) {
		memcpy(&eight, s.p + i, sizeof eight);
		if (eight & 0x8080808080808080u)
			break;
	}
	while (i < s.n && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

bool utf8_valid(struct str s)
{
	while ((s = str_skip(s, ascii_run(s))).n)
		if (utf8_take(&s) == UTF8_BAD)
			return false;
	return true;
}

size_t utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)((0xf00u >> len & 0xf0u) | c);
	return len;
}

struct str utf8_first(struct str s, size_t n)
{
	if (s.n <= n)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_first(s, n);
}
