#include "proto/addr/addr_domain.h"

#include <arpa/inet.h>

/* Spaces, line separators, invisible characters, and the full stops that IDNA maps to a dot: none may hide in a label.
 */
static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x80, 0xa0 },     { 0x00ad, 0x00ad }, { 0x1680, 0x1680 }, { 0x2000, 0x200b }, { 0x200e, 0x200f },
	{ 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 }, { 0x3002, 0x3002 }, { 0xfeff, 0xfeff },
	{ 0xff0e, 0xff0e }, { 0xff61, 0xff61 }, { 0xfff0, 0xffff },
};

static bool code_point_hidden(uint32_t c)
{
	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		if (c >= hidden[i].from && c <= hidden[i].to)
			return true;
	return false;
}

static bool label_valid(struct str label, bool utf8)
{
	if (label.n == 0 || label.n > ADDR_LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	while (label.n) {
		if ((unsigned char)label.p[0] < 0x80) {
			if (!ascii_is_alnum(label.p[0]) && label.p[0] != '-')
				return false;
			label = str_skip(label, 1);
			continue;
		}
		uint32_t c = utf8_take(&label);
		if (!utf8 || c == UTF8_BAD || code_point_hidden(c))
			return false;
	}
	return true;
}

bool addr_domain_valid(struct str domain, bool utf8)
{
	if (domain.n == 0 || domain.n > ADDR_DOMAIN_MAX || domain.p[domain.n - 1] == '.')
		return false;
	while (domain.n)
		if (!label_valid(str_until(&domain, '.'), utf8))
			return false;
	return true;
}

bool addr_literal_valid(struct str literal)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	if (!str_take_char(&literal, '[') || !str_ends(literal, STR("]")))
		return false;
	literal.n--;
	int family = str_itake(&literal, STR("IPv6:")) ? AF_INET6 : AF_INET;
	return str_to_c(literal, text, sizeof text) == OK && inet_pton(family, text, &address) == 1;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

int addr_ehlo_parse(struct str argument, bool lenient, enum addr_ehlo *ret)
{
	if (addr_domain_valid(argument, false))
		*ret = ADDR_EHLO_DOMAIN;
	else if (addr_literal_valid(argument))
		*ret = ADDR_EHLO_LITERAL;
	else if (lenient && argument.n && argument.n <= ADDR_DOMAIN_MAX && printable(argument))
		*ret = ADDR_EHLO_ODD;
	else
		return E_SYNTAX;
	return OK;
}
