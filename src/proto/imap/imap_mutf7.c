#include "proto/imap/imap_mutf7.h"

#include "base/utf8.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

bool imap_mutf7_is_plain(struct str in)
{
	for (size_t i = 0; i < in.n; i++)
		if (!is_direct((unsigned char)in.p[i]) || in.p[i] == '&')
			return false;
	return true;
}

static int digit_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* UTF-16 units become UTF-8; a high surrogate waits here for its low one. */
struct units { char *out; size_t n; uint32_t high; };

static int put_unit(struct units *u, uint32_t unit)
{
	bool low = unit >= 0xdc00 && unit < 0xe000;
	if (low != (u->high != 0))
		return E_SYNTAX;
	if (unit >= 0xd800 && unit < 0xdc00) {
		u->high = unit;
		return OK;
	}
	uint32_t c = low ? 0x10000 + ((u->high - 0xd800) << 10) + (unit - 0xdc00) : unit;
	if (is_direct(c) || c == 0)
		return E_SYNTAX;
	u->high = 0;
	u->n += utf8_encode(c, u->out + u->n);
	return OK;
}

/* One shift, after its "&": base64 digits of UTF-16 up to "-", zero padding of less than a digit. */
static int decode_shift(struct str *s, struct units *u)
{
	uint32_t bits = 0, unit_count = 0;
	unsigned have = 0;
	while (s->n && s->p[0] != '-') {
		int d = digit_of(s->p[0]);
		if (d < 0)
			return E_SYNTAX;
		*s = str_skip(*s, 1);
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		if (put_unit(u, bits >> have & 0xffff) != OK)
			return E_SYNTAX;
		bits &= (1u << have) - 1;
		unit_count++;
	}
	if (!str_take_char(s, '-') || have >= 6 || bits || u->high || unit_count == 0)
		return E_SYNTAX;
	/* Two shifts in a row would be a second spelling of one; "&-" is not a shift. */
	return s->n >= 2 && s->p[0] == '&' && s->p[1] != '-' ? E_SYNTAX : OK;
}

int imap_mutf7_decode(struct arena *a, struct str in, struct str *ret)
{
	if (imap_mutf7_is_plain(in)) {
		*ret = in;
		return OK;
	}
	/* Three digits at least carry one unit, which becomes three bytes at most: never longer than twice. */
	struct units u = { .out = arena_alloc(a, 2 * in.n + 4) };
	while (in.n) {
		char c = in.p[0];
		in = str_skip(in, 1);
		if (!is_direct((unsigned char)c))
			return E_SYNTAX;
		if (c != '&' || str_take_char(&in, '-'))
			u.out[u.n++] = c;
		else if (decode_shift(&in, &u) != OK)
			return E_SYNTAX;
	}
	*ret = (struct str){ u.out, u.n };
	return OK;
}

struct shift { uint32_t bits; unsigned have; bool open; };

static void encode_unit(struct bufw *w, struct shift *sh, uint32_t unit)
{
	sh->bits = sh->bits << 16 | unit;
	sh->have += 16;
	while (sh->have >= 6) {
		sh->have -= 6;
		bufw_char(w, alphabet[sh->bits >> sh->have & 63]);
	}
	sh->bits &= (1u << sh->have) - 1;
}

static void close_shift(struct bufw *w, struct shift *sh)
{
	if (!sh->open)
		return;
	if (sh->have)
		bufw_char(w, alphabet[sh->bits << (6 - sh->have) & 63]);
	bufw_char(w, '-');
	*sh = (struct shift){ 0 };
}

static void encode_shifted(struct bufw *w, struct shift *sh, uint32_t c)
{
	if (!sh->open)
		bufw_char(w, '&');
	sh->open = true;
	if (c >= 0x10000) {
		encode_unit(w, sh, 0xd800 + ((c - 0x10000) >> 10));
		encode_unit(w, sh, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		encode_unit(w, sh, c);
	}
}

int imap_mutf7_encode(struct buf *out, struct str in)
{
	struct bufw w = { .b = out };
	struct shift sh = { 0 };
	if (!utf8_valid(in))
		return E_SYNTAX;
	while (in.n) {
		uint32_t c = utf8_take(&in);
		if (!is_direct(c)) {
			encode_shifted(&w, &sh, c);
			continue;
		}
		close_shift(&w, &sh);
		bufw_char(&w, (char)c);
		if (c == '&')
			bufw_char(&w, '-');
	}
	close_shift(&w, &sh);
	return w.err;
}
