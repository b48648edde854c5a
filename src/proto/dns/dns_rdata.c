#include "proto/dns/dns_rdata.h"

static int address_parse(struct str rdata, uint8_t *ret, size_t n)
{
	if (rdata.n != n)
		return E_SYNTAX;
	memcpy(ret, rdata.p, n);
	return OK;
}

int dns_a_parse(struct str rdata, uint8_t ret[4]) { return address_parse(rdata, ret, 4); }
int dns_aaaa_parse(struct str rdata, uint8_t ret[16]) { return address_parse(rdata, ret, 16); }

/* A name that is the whole of what is left. */
static int last_name(struct arena *a, struct str wire, struct str *ret)
{
	struct buf text;
	buf_init(&text, DNS_NAME_TEXT_MAX);
	int r = dns_name_take(&wire, &text);
	if (r == OK && wire.n)
		r = E_SYNTAX;
	if (r == OK)
		*ret = arena_dup(a, buf_str(&text));
	buf_done(&text);
	return r;
}

int dns_mx_parse(struct arena *a, struct str rdata, struct dns_mx *ret)
{
	struct dns_mx mx;
	if (rdata.n < 2)
		return E_SYNTAX;
	mx.preference = (uint16_t)((unsigned char)rdata.p[0] << 8 | (unsigned char)rdata.p[1]);
	int r = last_name(a, str_skip(rdata, 2), &mx.host);
	if (r == OK)
		*ret = mx;
	return r;
}

int dns_srv_parse(struct arena *a, struct str rdata, struct dns_srv *ret)
{
	const unsigned char *p = (const unsigned char *)rdata.p;
	struct str host;
	if (rdata.n < 6)
		return E_SYNTAX;
	int r = last_name(a, str_skip(rdata, 6), &host);
	if (r == OK)
		*ret = (struct dns_srv){ (uint16_t)(p[0] << 8 | p[1]), (uint16_t)(p[2] << 8 | p[3]), (uint16_t)(p[4] << 8 | p[5]), host };
	return r;
}

int dns_domain_parse(struct arena *a, struct str rdata, struct str *ret) { return last_name(a, rdata, ret); }

int dns_txt_parse(struct arena *a, struct str rdata, struct str *ret)
{
	if (rdata.n == 0 || rdata.n > DNS_TXT_MAX)
		return E_SYNTAX;
	char *text = arena_alloc(a, rdata.n);
	size_t n = 0;
	while (rdata.n) {
		size_t length = (unsigned char)rdata.p[0];
		rdata = str_skip(rdata, 1);
		if (length > rdata.n)
			return E_SYNTAX;
		memcpy(text + n, rdata.p, length);
		n += length;
		rdata = str_skip(rdata, length);
	}
	*ret = (struct str){ text, n };
	return OK;
}

int dns_tlsa_parse(struct str rdata, struct dns_tlsa *ret)
{
	if (rdata.n < 4)
		return E_SYNTAX;
	*ret = (struct dns_tlsa){ (uint8_t)rdata.p[0], (uint8_t)rdata.p[1], (uint8_t)rdata.p[2], str_skip(rdata, 3) };
	return OK;
}

static int skip_name(struct str *wire)
{
	struct buf text;
	buf_init(&text, DNS_NAME_TEXT_MAX);
	int r = dns_name_take(wire, &text);
	buf_done(&text);
	return r;
}

int dns_soa_parse(struct str rdata, uint32_t *ret_minimum)
{
	enum { NUMBERS = 20, MINIMUM = 16 };
	if (skip_name(&rdata) != OK || skip_name(&rdata) != OK || rdata.n != NUMBERS)
		return E_SYNTAX;
	struct reader r = reader_of(str_skip(rdata, MINIMUM));
	*ret_minimum = read_be32(&r);
	return reader_end(&r) == OK ? OK : E_SYNTAX;
}
