#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(struct buf *out, struct str in)
{
	int r = buf_reserve(out, (in.n + 2) / 3 * 4);
	if (r != OK)
		return r;
	const unsigned char *p = (const unsigned char *)in.p;
	for (size_t i = 0; i < in.n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;
		if (i + 1 < in.n)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < in.n)
			v |= p[i + 2];
		char *o = out->p + out->n;
		o[0] = alphabet[v >> 18 & 63];
		o[1] = alphabet[v >> 12 & 63];
		o[2] = i + 1 < in.n ? alphabet[v >> 6 & 63] : '=';
		o[3] = i + 2 < in.n ? alphabet[v & 63] : '=';
		out->n += 4;
	}
	return OK;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(struct buf *out, struct str in)
{
	size_t start = out->n;
	if (in.n % 4)
		return E_SYNTAX;
	int r = buf_reserve(out, in.n / 4 * 3);
	if (r != OK)
		return r;
	for (size_t i = 0; i < in.n; i += 4) {
		bool last = i + 4 == in.n;
		size_t pad = !last || in.p[i + 3] != '=' ? 0 : in.p[i + 2] == '=' ? 2 : 1;
		uint32_t v = 0;
		for (size_t k = 0; k < 4; k++) {
			int d = k < 4 - pad ? value_of(in.p[i + k]) : 0;
			if (d < 0) {
				out->n = start;
				return E_SYNTAX;
			}
			v = v << 6 | (uint32_t)d;
		}
		if ((pad == 1 && (v & 0xff)) || (pad == 2 && (v & 0xffff))) {
			out->n = start;
			return E_SYNTAX;
		}
		for (size_t k = 0; k < 3 - pad; k++)
			out->p[out->n++] = (char)(v >> (16 - 8 * k));
	}
	return OK;
}

int base64url_encode(struct buf *out, struct str in)
{
	size_t start = out->n;
	int r = base64_encode(out, in);
	if (r != OK)
		return r;
	while (out->n > start && out->p[out->n - 1] == '=')
		out->n--;
	for (size_t i = start; i < out->n; i++)
		out->p[i] = out->p[i] == '+' ? '-' : out->p[i] == '/' ? '_' : out->p[i];
	return OK;
}

/* The character of the standard alphabet; NUL for what is not in that of base64url. */
static char standard_of(char c)
{
	return c == '-' ? '+' : c == '_' ? '/' : ascii_is_alnum(c) ? c : '\0';
}

/* Piece by piece, so that no copy of the whole is needed. */
int base64url_decode(struct buf *out, struct str in)
{
	size_t start = out->n;
	int r = OK;
	while (in.n && r == OK) {
		char quartet[4] = { '=', '=', '=', '=' };
		struct str piece = str_take_n(&in, 4);
		for (size_t i = 0; i < piece.n; i++)
			quartet[i] = standard_of(piece.p[i]);
		r = piece.n == 1 || memchr(quartet, 0, 4) ? E_SYNTAX : base64_decode(out, (struct str){ quartet, 4 });
	}
	if (r != OK)
		out->n = start;
	return r;
}
