#include "proto/second_factor/base32.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int base32_encode(struct buf *out, struct str in)
{
	uint32_t bits = 0;
	unsigned count = 0;
	int r = buf_reserve(out, (in.n * 8 + 4) / 5);
	if (r != OK)
		return r;
	for (size_t i = 0; i < in.n; i++) {
		bits = (bits & 0x1f) << 8 | (unsigned char)in.p[i];
		for (count += 8; count >= 5; count -= 5)
			out->p[out->n++] = alphabet[bits >> (count - 5) & 31];
	}
	if (count)
		out->p[out->n++] = alphabet[bits << (5 - count) & 31];
	return OK;
}

static int value_of(char c)
{
	char u = ascii_upper(c);
	return u >= 'A' && u <= 'Z' ? u - 'A' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

int base32_decode(struct buf *out, struct str in)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t start = out->n, digits = 0;
	int r = buf_reserve(out, in.n);
	while (in.n && in.p[in.n - 1] == '=')
		in.n--;
	for (size_t i = 0; r == OK && i < in.n; i++) {
		int v = value_of(in.p[i]);
		if (in.p[i] == ' ' || in.p[i] == '-')
			continue;
		if (v < 0) {
			r = E_SYNTAX;
			break;
		}
		bits = (bits << 5 | (uint32_t)v) & 0x1fff;
		digits++;
		if ((count += 5) >= 8) {
			count -= 8;
			out->p[out->n++] = (char)(bits >> count);
		}
	}
	/* 1, 3 and 6 digits behind the last whole group of 8 end in the middle of a byte */
	if (r == OK && (digits % 8 == 1 || digits % 8 == 3 || digits % 8 == 6 || (bits & ((1u << count) - 1))))
		r = E_SYNTAX;
	if (r != OK)
		out->n = start;
	return r;
}
