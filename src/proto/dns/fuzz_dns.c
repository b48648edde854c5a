/* The first byte says which record; the rest is its RDATA. Whatever the bytes: text is printable, within its bound, and
 * unescapes to exactly the wire form. */
#include "proto/dns/dns_rdata.h"

#include <stdlib.h>

/* The wire form of a name's text. */
static size_t unescape(struct str text, char *wire)
{
	size_t label = 0, n = 1;
	if (str_eq(text, STR(".")))
		text.n = 0;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '.') {
			wire[label] = (char)(n - label - 1);
			label = n++;
			continue;
		}
		if (c == '\\' && ascii_is_digit(text.p[i + 1])) {
			c = (char)((text.p[i + 1] - '0') * 100 + (text.p[i + 2] - '0') * 10 + (text.p[i + 3] - '0'));
			i += 3;
		} else if (c == '\\') {
			c = text.p[++i];
		}
		wire[n++] = c;
	}
	wire[label] = (char)(n - label - 1);
	if (text.n)
		wire[n++] = 0;
	return n;
}

static void check_name(struct str text, struct str wire)
{
	char back[DNS_NAME_TEXT_MAX + 2];
	if (text.n == 0 || text.n > DNS_NAME_TEXT_MAX || !str_is_ascii(text) || str_has_control(text) ||
	    str_find(text, ' ') != STR_NPOS)
		abort();
	if (!str_eq((struct str){ back, unescape(text, back) }, wire))
		abort();
	if (dns_name_is_host(text) && str_find(text, '\\') != STR_NPOS)
		abort();
}

static void check_txt(struct str text, struct str rdata)
{
	for (size_t at = 0; rdata.n;
	     at += (unsigned char)rdata.p[0], rdata = str_skip(rdata, 1 + (size_t)(unsigned char)rdata.p[0]))
		if (at > text.n || memcmp(text.p + at, rdata.p + 1, (unsigned char)rdata.p[0]) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct str rdata = { (const char *)data + 1, n - 1 }, text;
	struct dns_mx mx;
	struct dns_srv srv;
	struct dns_tlsa tlsa;
	uint8_t address[16];
	uint32_t minimum;
	if (n == 0)
		return 0;
	arena_init(&a, 1 << 20, NULL, NULL);
	switch (data[0] % 7) {
	case 0:
		if (dns_mx_parse(&a, rdata, &mx) == OK)
			check_name(mx.host, str_skip(rdata, 2));
		break;
	case 6:
		if (dns_srv_parse(&a, rdata, &srv) == OK)
			check_name(srv.host, str_skip(rdata, 6));
		break;
	case 1:
		if (dns_domain_parse(&a, rdata, &text) == OK)
			check_name(text, rdata);
		break;
	case 2:
		if (dns_txt_parse(&a, rdata, &text) == OK)
			check_txt(text, rdata);
		break;
	case 3:
		if (dns_tlsa_parse(rdata, &tlsa) == OK && tlsa.data.n + 3 != rdata.n)
			abort();
		break;
	case 4:
		if (dns_soa_parse(rdata, &minimum) == OK && rdata.n < 22)
			abort();
		break;
	default:
		if ((dns_a_parse(rdata, address) == OK && rdata.n != 4) ||
		    (dns_aaaa_parse(rdata, address) == OK && rdata.n != 16))
			abort();
	}
	arena_done(&a);
	return 0;
}
