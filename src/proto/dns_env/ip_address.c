#include "proto/dns_env/ip_address.h"

#include <arpa/inet.h>

static int parse(struct str text, int family, struct ip_address *ret)
{
	char c[IP_TEXT_MAX];
	struct ip_address a = { .v6 = family == AF_INET6 };
	if (str_to_c(text, c, sizeof c) != OK || inet_pton(family, c, a.bytes) != 1)
		return E_SYNTAX;
	*ret = a;
	return OK;
}

int ip_parse4(struct str text, struct ip_address *ret) { return parse(text, AF_INET, ret); }

int ip_parse6(struct str text, struct ip_address *ret) { return parse(text, AF_INET6, ret); }

int ip_parse(struct str text, struct ip_address *ret)
{
	struct ip_address a;
	if (ip_parse4(text, &a) != OK && ip_parse6(text, &a) != OK)
		return E_SYNTAX;
	*ret = ip_unmapped(a);
	return OK;
}

struct ip_address ip_unmapped(struct ip_address a)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	if (!a.v6 || memcmp(a.bytes, prefix, sizeof prefix) != 0)
		return a;
	struct ip_address v4 = { .v6 = false };
	memcpy(v4.bytes, a.bytes + sizeof prefix, 4);
	return v4;
}

struct str ip_format(struct ip_address a, char text[IP_TEXT_MAX])
{
	return str_c(inet_ntop(a.v6 ? AF_INET6 : AF_INET, a.bytes, text, IP_TEXT_MAX));
}

bool ip_matches(struct ip_address a, struct ip_address network, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (a.v6 != network.v6 || bits > (a.v6 ? 128u : 32u) || memcmp(a.bytes, network.bytes, whole) != 0)
		return false;
	return rest == 0 || (a.bytes[whole] ^ network.bytes[whole]) >> (8 - rest) == 0;
}

struct str ip_dotted(struct ip_address a, char text[IP_REVERSE_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	if (!a.v6)
		return ip_format(a, text);
	size_t n = 0;
	for (size_t i = 0; i < sizeof a.bytes; i++) {
		text[n++] = digits[a.bytes[i] >> 4];
		text[n++] = '.';
		text[n++] = digits[a.bytes[i] & 15];
		text[n++] = '.';
	}
	return (struct str){ text, n - 1 };
}
