#include "proto/proxy/proxy_header.h"

enum { V2_FIXED = 16, TLV_HEAD = 3, TLV_CRC32C = 3, V4_LENGTH = 12, V6_LENGTH = 36, UNIX_LENGTH = 216 };

static const struct str v1_start = STR_INIT("PROXY ");
static const struct str v2_start = STR_INIT("\r\n\r\n\0\r\nQUIT\n");

static unsigned u8(const char *p) { return (unsigned char)*p; }
static unsigned u16(const char *p) { return u8(p) << 8 | u8(p + 1); }

static int port(struct str text, uint16_t *ret)
{
	uint64_t v;
	if ((text.n > 1 && text.p[0] == '0') || str_u64(text, UINT16_MAX, &v) != OK)
		return E_PROTO;
	*ret = (uint16_t)v;
	return OK;
}

static bool same(struct str text, struct ip_address a)
{
	char again[IP_TEXT_MAX];
	return a.v6 || str_eq(text, ip_format(a, again));
}

/* The line without its start and end: "TCP4 192.0.2.1 198.51.100.1 56324 443". */
static int v1_fields(struct str line, struct proxy_header *ret)
{
	struct proxy_header h = { .local = false };
	struct str family = str_until(&line, ' ');
	if (str_eq(family, STR("UNKNOWN"))) {
		*ret = (struct proxy_header){ .local = true };
		return OK;
	}
	bool v6 = str_eq(family, STR("TCP6"));
	if (!v6 && !str_eq(family, STR("TCP4")))
		return E_PROTO;
	int (*const parse)(struct str, struct ip_address *) = v6 ? ip_parse6 : ip_parse4;
	struct str source = str_until(&line, ' '), destination = str_until(&line, ' '), source_port = str_until(&line, ' ');
	if (parse(source, &h.source) != OK || parse(destination, &h.destination) != OK)
		return E_PROTO;
	if (!same(source, h.source) || !same(destination, h.destination))
		return E_PROTO;
	if (port(source_port, &h.source_port) != OK || port(line, &h.destination_port) != OK)
		return E_PROTO;
	h.source = ip_unmapped(h.source);
	h.destination = ip_unmapped(h.destination);
	*ret = h;
	return OK;
}

static int v1(struct str in, struct proxy_header *ret, size_t *ret_used)
{
	size_t lf = str_find(str_first(in, PROXY_V1_MAX), '\n');
	if (lf == STR_NPOS) {
		struct str seen = str_skip(in, v1_start.n);
		size_t bad = str_find(seen, '\0'), cr = str_find(seen, '\r');
		bool may_end = cr == STR_NPOS || cr + 1 == seen.n;
		return in.n < PROXY_V1_MAX && bad == STR_NPOS && may_end ? E_AGAIN : E_PROTO;
	}
	struct str line = str_skip(str_first(in, lf), v1_start.n);
	if (!line.n || line.p[line.n - 1] != '\r')
		return E_PROTO;
	line.n--;
	if (str_has_control(line))
		return E_PROTO;
	int r = v1_fields(line, ret);
	if (r == OK)
		*ret_used = lf + 1;
	return r;
}

/* CRC-32C (Castagnoli) over a header with its four checksum bytes taken as zero. */
static uint32_t crc32c(struct str whole, size_t zero_at)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < whole.n; i++) {
		crc ^= i >= zero_at && i < zero_at + 4 ? 0 : u8(whole.p + i);
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static int v2_tlvs(struct str whole, size_t at)
{
	while (at < whole.n) {
		if (whole.n - at < TLV_HEAD)
			return E_PROTO;
		unsigned type = u8(whole.p + at), length = u16(whole.p + at + 1);
		at += TLV_HEAD;
		if (length > whole.n - at)
			return E_PROTO;
		if (type == TLV_CRC32C) {
			if (length != 4 || crc32c(whole, at) != (u16(whole.p + at) << 16 | u16(whole.p + at + 2)))
				return E_PROTO;
		}
		at += length;
	}
	return OK;
}

static struct ip_address address(const char *p, bool v6)
{
	struct ip_address a = { .v6 = v6 };
	memcpy(a.bytes, p, v6 ? 16 : 4);
	return ip_unmapped(a);
}

static void v2_addresses(const char *p, bool v6, struct proxy_header *ret)
{
	size_t n = v6 ? 16 : 4;
	ret->source = address(p, v6);
	ret->destination = address(p + n, v6);
	ret->source_port = (uint16_t)u16(p + 2 * n);
	ret->destination_port = (uint16_t)u16(p + 2 * n + 2);
}

/* Section 2.2: the high four bits are the family, the low ones the transport; what no row names is refused. */
static const struct { uint8_t byte; uint8_t length; bool taken, v6; } families[] = {
	{ 0x11, V4_LENGTH, true, false }, { 0x21, V6_LENGTH, true, true }, { 0x12, V4_LENGTH, false, false },
	{ 0x22, V6_LENGTH, false, true }, { 0x31, UNIX_LENGTH, false, false }, { 0x32, UNIX_LENGTH, false, false },
};

static int v2_proxied(struct str whole, struct proxy_header *ret)
{
	struct proxy_header h = { .local = false };
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		if (families[i].byte != u8(whole.p + 13))
			continue;
		if (whole.n < (size_t)V2_FIXED + families[i].length)
			return E_PROTO;
		int r = v2_tlvs(whole, (size_t)V2_FIXED + families[i].length);
		if (r != OK)
			return r;
		if (!families[i].taken)
			return E_UNSUPPORTED;
		v2_addresses(whole.p + V2_FIXED, families[i].v6, &h);
		*ret = h;
		return OK;
	}
	return E_PROTO;
}

/* What follows the fixed part is not read when the addresses are not to be used ("must be ignored"). */
static int v2(struct str in, struct proxy_header *ret, size_t *ret_used)
{
	if (in.n > 12 && u8(in.p + 12) != 0x20 && u8(in.p + 12) != 0x21)
		return E_PROTO;
	if (in.n < V2_FIXED)
		return E_AGAIN;
	size_t length = V2_FIXED + u16(in.p + 14);
	if (length > PROXY_V2_MAX)
		return E_TOOBIG;
	if (in.n < length)
		return E_AGAIN;
	int r = OK;
	if (u8(in.p + 12) == 0x20 || u8(in.p + 13) == 0)
		*ret = (struct proxy_header){ .local = true };
	else
		r = v2_proxied(str_first(in, length), ret);
	if (r == OK)
		*ret_used = length;
	return r;
}

int proxy_header_parse(struct str in, struct proxy_header *ret, size_t *ret_used)
{
	static const struct { const struct str *start; int (*parse)(struct str, struct proxy_header *, size_t *); } versions[] = {
		{ &v1_start, v1 }, { &v2_start, v2 },
	};
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		struct str start = *versions[i].start;
		if (str_starts(in, start))
			return versions[i].parse(in, ret, ret_used);
		if (in.n < start.n && str_starts(start, in))
			return E_AGAIN;
	}
	return E_PROTO;
}
