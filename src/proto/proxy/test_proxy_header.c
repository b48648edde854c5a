/* A89: who the client is, as a front end says it. Both versions, byte by byte; wrong lengths, leftovers, what is not taken. */
#include "proto/proxy/proxy_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define TCP4 "\xc0\0\2\1\xc6\x33\x64\1\xdc\4\1\xbb"
#define TCP6 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2" "\xdc\4\1\xbb"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1" "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\1" "\xdc\4\1\xbb"
#define FAR "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

static const struct { struct str in; int want; const char *source; } rows[] = {
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"), OK, "192.0.2.1" },
	{ STR_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"), OK, "2001:db8::1" },
	{ STR_INIT("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 56324 443\r\n"), OK, "192.0.2.1" },
	{ STR_INIT("PROXY UNKNOWN\r\n"), OK, NULL },
	{ STR_INIT("PROXY UNKNOWN " FAR " " FAR " 65535 65535\r\n"), OK, NULL },        /* the longest line, 107 bytes (2.1) */
	{ STR_INIT("PROXY UNKNOWN " FAR " " FAR " 65535 655355\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1  198.51.100.1 56324 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 056324 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 192.0.2.01 198.51.100.1 1 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY TCP6 192.0.2.1 198.51.100.1 1 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY UDP4 192.0.2.1 198.51.100.1 1 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY tcp4 192.0.2.1 198.51.100.1 1 443\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY UNKNOWN \x1b[31m\r\n"), E_PROTO, NULL },                         /* A91 */
	{ STR_INIT("PROXY UNKNOWN a\rb\r\n"), E_PROTO, NULL },
	{ STR_INIT("PROXY \r\n"), E_PROTO, NULL },
	{ STR_INIT("proxy TCP4 "), E_PROTO, NULL },
	{ STR_INIT("EHLO a\r\nPROXY UNKNOWN\r\n"), E_PROTO, NULL },                        /* not first */
	{ STR_INIT(V2 "\x21\x11\0\x0c" TCP4), OK, "192.0.2.1" },
	{ STR_INIT(V2 "\x21\x21\0\x24" TCP6), OK, "2001:db8::1" },
	{ STR_INIT(V2 "\x21\x21\0\x24" MAPPED), OK, "192.0.2.1" },
	{ STR_INIT(V2 "\x20\0\0\0"), OK, NULL },
	{ STR_INIT(V2 "\x20\x11\0\x0c" TCP4), OK, NULL },                              /* LOCAL: addresses are ignored */
	{ STR_INIT(V2 "\x20\xff\0\3abc"), OK, NULL },
	{ STR_INIT(V2 "\x21\0\0\5abcde"), OK, NULL },                                  /* unspecified */
	{ STR_INIT(V2 "\x21\x11\0\x12" TCP4 "\4\0\3abc"), OK, "192.0.2.1" },           /* a TLV, skipped */
	{ STR_INIT(V2 "\x21\x11\0\x12" TCP4 "\4\0\4abc"), E_PROTO, NULL },
	{ STR_INIT(V2 "\x21\x11\0\x0e" TCP4 "\4\0"), E_PROTO, NULL },
	{ STR_INIT(V2 "\x21\x11\0\x0b" TCP4), E_PROTO, NULL },                         /* too short for its family */
	{ STR_INIT(V2 "\x21\x21\0\x0c" TCP4), E_PROTO, NULL },
	{ STR_INIT(V2 "\x21\x12\0\x0c" TCP4), E_UNSUPPORTED, NULL },                   /* UDP */
	{ STR_INIT(V2 "\x21\x31\0\x0c" TCP4), E_PROTO, NULL },
	{ STR_INIT(V2 "\x21\x13\0\x0c" TCP4), E_PROTO, NULL },
	{ STR_INIT(V2 "\x21\x41\0\x0c" TCP4), E_PROTO, NULL },
	{ STR_INIT(V2 "\x22\x11\0\x0c" TCP4), E_PROTO, NULL },                         /* no such command */
	{ STR_INIT(V2 "\x11\x11\0\x0c" TCP4), E_PROTO, NULL },                         /* no such version */
	{ STR_INIT(V2 "\x21\x11\xff\xff" TCP4), E_TOOBIG, NULL },
	{ STR_INIT(V2 "\x20\0\xff\xff"), E_TOOBIG, NULL },
	{ STR_INIT("\r\n\r\n\0\r\nQUIZ\n\x20\0\0\0"), E_PROTO, NULL },
	/* CRC-32C of the whole with zeros in its place: 0x737ee919, worked out bit by bit outside this program */
	{ STR_INIT(V2 "\x21\x11\0\x13" TCP4 "\3\0\4" "\x73\x7e\xe9\x19"), OK, "192.0.2.1" },
	{ STR_INIT(V2 "\x21\x11\0\x13" TCP4 "\3\0\4\1\2\3\4"), E_PROTO, NULL },
};

static void test_A89_rows(void **state)
{
	(void)state;
	char text[IP_TEXT_MAX];
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct proxy_header h = { .source_port = 7 };
		size_t used = 7;
		int r = proxy_header_parse(rows[i].in, &h, &used);
		if (r != rows[i].want)
			fail_msg("row %zu: %s, not %s", i, err_name(r), err_name(rows[i].want));
		if (r != OK) {
			assert_true(used == 7 && h.source_port == 7);           /* nothing is written */
			continue;
		}
		assert_int_equal(used, rows[i].in.n);
		assert_int_equal(h.local, rows[i].source == NULL);
		if (rows[i].source) {
			assert_true(str_eq(ip_format(h.source, text), str_c(rows[i].source)));
			assert_int_equal(h.source_port, 56324);
			assert_int_equal(h.destination_port, 443);
		}
	}
}

/* Each byte may come alone; what follows is left where it is, a second header too: the caller takes one, once. */
static void test_A89_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct proxy_header h;
		struct buf twice;
		size_t used = 0;
		if (rows[i].want != OK)
			continue;
		for (size_t n = 0; n < rows[i].in.n; n++)
			assert_int_equal(proxy_header_parse(str_first(rows[i].in, n), &h, &used), E_AGAIN);
		buf_init(&twice, 1024);
		assert_int_equal(buf_put_str(&twice, rows[i].in), OK);
		assert_int_equal(buf_put_str(&twice, rows[i].in), OK);
		assert_int_equal(proxy_header_parse(buf_str(&twice), &h, &used), OK);
		assert_int_equal(used, rows[i].in.n);
		buf_done(&twice);
	}
}

static void test_A89_longest(void **state)
{
	(void)state;
	static char in[PROXY_V2_MAX + 1] = V2 "\x20\0";
	struct proxy_header h;
	size_t used;
	in[14] = (char)((PROXY_V2_MAX - 16) >> 8);
	in[15] = (char)((PROXY_V2_MAX - 16) & 0xff);
	assert_int_equal(proxy_header_parse((struct str){ in, PROXY_V2_MAX - 1 }, &h, &used), E_AGAIN);
	assert_int_equal(proxy_header_parse((struct str){ in, PROXY_V2_MAX }, &h, &used), OK);
	assert_int_equal(used, PROXY_V2_MAX);
	in[15]++;
	assert_int_equal(proxy_header_parse((struct str){ in, 16 }, &h, &used), E_TOOBIG);      /* told before it is read */
	memset(in, 'A', sizeof in);
	memcpy(in, "PROXY UNKNOWN ", 14);
	assert_int_equal(proxy_header_parse((struct str){ in, PROXY_V1_MAX - 1 }, &h, &used), E_AGAIN);
	assert_int_equal(proxy_header_parse((struct str){ in, PROXY_V1_MAX }, &h, &used), E_PROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A89_rows), cmocka_unit_test(test_A89_pieces), cmocka_unit_test(test_A89_longest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
