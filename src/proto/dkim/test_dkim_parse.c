/* Tag lists, signatures and key records: what is taken and what is not. */
#include "base/base64.h"
#include "proto/dkim/dkim_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void tag_lists(void **state)
{
	(void)state;
	static const struct { struct str list; int want; size_t count; } rows[] = {
		{ STR_INIT("v=1"), OK, 1 },
		{ STR_INIT("v=1;"), OK, 1 },
		{ STR_INIT(" a = b ;\r\n\tc1_x=\r\n d e\r\n ; "), OK, 2 },
		{ STR_INIT("a=x=y"), OK, 1 },
		{ STR_INIT("a=;b="), OK, 2 },
		{ STR_INIT("n=caf\xc3\xa9"), OK, 1 },           /* RFC 8616 section 5 */
		{ STR_INIT("A=1; a=2"), OK, 2 },                /* names keep their case */
		{ STR_INIT(""), E_SYNTAX, 0 },
		{ STR_INIT(" "), E_SYNTAX, 0 },
		{ STR_INIT("a"), E_SYNTAX, 0 },
		{ STR_INIT("a=1;;b=2"), E_SYNTAX, 0 },
		{ STR_INIT("a=1; a=2"), E_SYNTAX, 0 },
		{ STR_INIT("=1"), E_SYNTAX, 0 },
		{ STR_INIT("1a=1"), E_SYNTAX, 0 },
		{ STR_INIT("a-b=1"), E_SYNTAX, 0 },
		{ STR_INIT("a b=1"), E_SYNTAX, 0 },
		{ STR_INIT("a=\x01"), E_SYNTAX, 0 },
		{ STR_INIT("a=b\0c"), E_SYNTAX, 0 },
		{ STR_INIT("a=\x7f"), E_SYNTAX, 0 },
		{ STR_INIT("a=\xff"), E_SYNTAX, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_tags tags = { .count = 0 };
		assert_int_equal(dkim_tags_parse(rows[i].list, &tags), rows[i].want);
		assert_int_equal(tags.count, rows[i].count);
	}
}

static void tag_list_limit(void **state)
{
	(void)state;
	struct dkim_tags tags;
	struct str list = STR("");
	for (int i = 0; i < DKIM_TAGS_MAX; i++)
		list = arena_printf(&arena, "%.*sa%d=1;", (int)list.n, list.p, i);
	assert_int_equal(dkim_tags_parse(list, &tags), OK);
	list = arena_printf(&arena, "%.*sz=1", (int)list.n, list.p);
	assert_int_equal(dkim_tags_parse(list, &tags), E_TOOBIG);
}

static void signature_example(void **state)
{
	(void)state;
	struct dkim_signature s;
	struct str value = STR(" v=1; a=rsa-sha256; d=example.net; s=brisbane;\r\n\tc=relaxed/simple; q=dns/txt; i=@eng.example.net;\r\n\tt=1117574938; "
			       "x=1118006938; l=200;\r\n\th=from:to : subject:\r\n\tdate;\r\n\tz=From:foo@eng.example.net|To:joe@example.com;\r\n\t"
			       "bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=;\r\n\tb=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSb\r\n\t av+yuU4zGeeruD00lszZ");
	struct dkim_verdict v = dkim_signature_parse(&arena, DKIM_FORM_SIGNATURE, value, &s);
	assert_int_equal(v.code, DKIM_PASS);
	assert_int_equal(s.algorithm, DKIM_RSA_SHA256);
	assert_int_equal(s.header_canon, DKIM_RELAXED);
	assert_int_equal(s.body_canon, DKIM_SIMPLE);
	assert_true(str_eq(s.domain, STR("example.net")) && str_eq(s.selector, STR("brisbane")));
	assert_true(str_eq(s.identity, STR("@eng.example.net")) && str_eq(s.identity_domain, STR("eng.example.net")));
	assert_int_equal(s.time, 1117574938);
	assert_int_equal(s.expires, 1118006938);
	assert_int_equal(s.length, 200);
	assert_int_equal(s.name_count, 4);
	assert_true(str_eq(s.names[3], STR("date")));
	assert_true(str_eq(s.body_hash, STR("12345678901234567890123456789012")));
	assert_int_equal(s.signature.n, 39);
	assert_true(str_eq(s.short_signature, STR("dzdVyOfA")));
	assert_true(str_starts(s.hole, STR("dzdV")) && str_ends(s.hole, STR("lszZ")));
}

/* Tags changed in an otherwise sound signature. */
static struct dkim_verdict parse_with(const char *d, const char *s, const char *more, struct dkim_signature *ret)
{
	struct str value = arena_printf(&arena, "v=1; a=rsa-sha256; d=%s; s=%s; h=From; bh=YWJj; b=YWJj; %s", d, s, more);
	return dkim_signature_parse(&arena, DKIM_FORM_SIGNATURE, value, ret);
}

static const char *name_of_300(void)
{
	static char name[301];
	for (size_t i = 0; i < 300; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	return name;
}

/* A30: nothing but names of DNS gets as far as DNS. */
static void a30_junk_in_domains(void **state)
{
	(void)state;
	static const char *const junk[] = { "", "(", "a(.example.org", "ex%61mple.org", "ex ample.org", "example..org", ".example.org", "example.org.",
					    "-a.example.org", "a\\.example.org", "a/example.org", "example.org?x=", "*.example.org", "\"a\".example.org",
					    "legitimate.com(.attacker.com", "a@example.org", "[192.0.2.1]" };
	struct dkim_signature s;
	assert_int_equal(parse_with("example.org", "sel", "", &s).code, DKIM_PASS);
	for (size_t i = 0; i < COUNT_OF(junk); i++) {
		assert_int_equal(parse_with(junk[i], "sel", "", &s).code, DKIM_NEUTRAL);
		assert_int_equal(s.domain.n, 0);
		assert_int_equal(parse_with("example.org", junk[i], "", &s).code, DKIM_NEUTRAL);
		assert_int_equal(s.selector.n, 0);
	}
	assert_int_equal(parse_with(name_of_300(), "sel", "", &s).code, DKIM_NEUTRAL);
	assert_int_equal(parse_with("example.org", name_of_300(), "", &s).code, DKIM_NEUTRAL);
	assert_int_equal(parse_with("localhost", "sel", "", &s).code, DKIM_NEUTRAL);   /* domain-name has two labels */
	struct str with_nul = STR("v=1; a=rsa-sha256; d=example.org\0.evil.example; s=s; h=From; bh=YWJj; b=YWJj");
	assert_int_equal(dkim_signature_parse(&arena, DKIM_FORM_SIGNATURE, with_nul, &s).code, DKIM_NEUTRAL);
}

/* RFC 8616: U-labels are asked for as A-labels. */
static void internationalized(void **state)
{
	(void)state;
	struct dkim_signature s;
	assert_int_equal(parse_with("b\xc3\xbc" "cher.example", "s\xc3\xa9l", "i=j\xc3\xb6rg@mail.b\xc3\xbc" "cher.example", &s).code, DKIM_PASS);
	assert_true(str_eq(s.domain, STR("xn--bcher-kva.example")));
	assert_true(str_eq(s.selector, STR("xn--sl-bja")));
	assert_true(str_eq(s.identity_domain, STR("mail.xn--bcher-kva.example")));
}

static void signature_rules(void **state)
{
	(void)state;
	static const struct { const char *value, *reason; } rows[] = {
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From:To; bh=YWJj; b=YWJj", "" },
		{ "v=1; a=RSA-SHA256; d=e.org; s=s; h=from; bh=YWJj; b=YWJj; c=relaxed; zz=unknown; _", "the signature field is no list of tags" },
		{ "v=1; a=RSA-SHA256; d=e.org; s=s; h=from; bh=YWJj; b=YWJj; c=relaxed; zz=unknown", "" },
		{ "a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj", "v= is missing" },
		{ "v=2; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj", "v= is no version that is known" },
		{ "v=1; a=rsa-md5; d=e.org; s=s; h=From; bh=YWJj; b=YWJj", "a= is no algorithm that is known" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj", "b= is missing" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=", "b= is no base64, or too long" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YW!j; b=YWJj", "bh= is no base64" },
		{ "v=1; a=rsa-sha256; d=e.org; h=From; bh=YWJj; b=YWJj", "s= is missing" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=To:Subject; bh=YWJj; b=YWJj", "the From field is not signed" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; c=nofws", "c= is no canonicalization that is known" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; c=relaxed/", "c= is no canonicalization that is known" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; q=dns", "q= names no way to get the key that is known" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; q=http:dns/txt", "" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; l=-1", "l= is no length" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; l=99999999999999999999", "l= is no length" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; t=yesterday", "t= is no time" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; t=100; x=100", "x= is not after the time of signing" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; i=a=40b@e.org", "" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; i=ann@sub.e.org", "" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; i=ann@notme.org", "i= does not belong to the domain of d=" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; i=ann@xe.org", "i= does not belong to the domain of d=" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; i=ann=0D@e.org", "i= is no address" },
		{ "v=1; a=rsa-sha256; d=e.org; s=s; h=From; bh=YWJj; b=YWJj; i=ann", "i= is no address" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_signature s;
		struct dkim_verdict v = dkim_signature_parse(&arena, DKIM_FORM_SIGNATURE, str_c(rows[i].value), &s);
		if (!str_eq(v.reason, str_c(rows[i].reason)))
			fprintf(stderr, "%s: " STR_FMT "\n", rows[i].value, STR_ARG(v.reason));
		assert_true(str_eq(v.reason, str_c(rows[i].reason)));
		assert_int_equal(v.code == DKIM_PASS, rows[i].reason[0] == '\0');
	}
}

/* A35: after x= a signature is worth nothing; five minutes are granted. */
static void a35_expiry(void **state)
{
	(void)state;
	struct dkim_signature s;
	assert_int_equal(parse_with("e.org", "s", "t=1000; x=5000", &s).code, DKIM_PASS);
	assert_int_equal(dkim_signature_check_time(&arena, &s, 1000).code, DKIM_PASS);
	assert_int_equal(dkim_signature_check_time(&arena, &s, 5300).code, DKIM_PASS);
	assert_int_equal(dkim_signature_check_time(&arena, &s, 5301).code, DKIM_FAIL);
	assert_int_equal(dkim_signature_check_time(&arena, &s, 700).code, DKIM_PASS);
	assert_int_equal(dkim_signature_check_time(&arena, &s, 699).code, DKIM_NEUTRAL);
}

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_1024 \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC" \
	"DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
#define RSA_1024_BARE /* RSAPublicKey, without the SubjectPublicKeyInfo around it */ \
	"MIGJAoGBAOQeU5CgFPNZGIazlXo2k/eJ1jpaTTxrmqF1HrDLlt04pvaMtCJj8nXoliLRC/H9vJjMI1vdb3XLcW60AIN/PBD8EL97/y4GwJH7LPUvGP48vqUe+owqszesbiGy1PlC" \
	"O8c70/OjFnJVgvMF87YR4Lcincb7aSvI5MgpP6X8rjDdAgMBAAE="

static void key_records(void **state)
{
	(void)state;
	static const struct { const char *record, *reason; unsigned bits; } rows[] = {
		{ "v=DKIM1; k=ed25519; p=" ED, "", 256 },
		{ "v=DKIM1; k=rsa; p=" RSA_1024, "", 1024 },
		{ "p=" RSA_1024_BARE, "", 1024 },
		{ "p=" RSA_1024 "; t=y:s; g=old; n=note", "", 1024 },
		{ "v=DKIM1; h=sha1:sha256; s=email:web; p=" RSA_1024, "", 1024 },
		{ "v=DKIM1; s=*; p=" RSA_1024, "", 1024 },
		{ "v=DKIM2; p=" RSA_1024, "the key record has a version that is not known", 0 },
		{ "p=" RSA_1024 "; v=DKIM1", "the key record has a version that is not known", 0 },
		{ "v=DKIM1; p=", "the key has been revoked", 0 },
		{ "v=DKIM1; k=ed25519; p=", "the key has been revoked", 0 },
		{ "v=DKIM1", "the record in DNS is no key", 0 },
		{ "v=spf1 -all", "the record in DNS is no key", 0 },
		{ "", "the record in DNS is no key", 0 },
		{ "v=DKIM1; h=sha1; p=" RSA_1024, "the key is not meant for SHA-256", 0 },
		{ "v=DKIM1; s=tlsrpt; p=" RSA_1024, "the key is not meant for mail", 0 },
		{ "v=DKIM1; k=dsa; p=" RSA_1024, "the key is of a type that is not known", 0 },
		{ "v=DKIM1; k=ed25519; p=" RSA_1024, "the public key is no Ed25519 key: it does not have 32 octets", 0 },
		{ "v=DKIM1; p=" ED, "the public key is no RSA key", 0 },
		{ "v=DKIM1; p=*", "the public key is no base64", 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_key key = { .bits = 0 };
		struct dkim_verdict v = dkim_key_parse(&arena, str_c(rows[i].record), &key);
		if (!str_eq(v.reason, str_c(rows[i].reason)))
			fprintf(stderr, "%s: " STR_FMT "\n", rows[i].record, STR_ARG(v.reason));
		assert_true(str_eq(v.reason, str_c(rows[i].reason)));
		assert_int_equal(v.code, rows[i].reason[0] ? DKIM_PERMERROR : DKIM_PASS);
		assert_int_equal(key.bits, rows[i].bits);
	}
	struct dkim_key key;
	assert_int_equal(dkim_key_parse(&arena, str_c(rows[3].record), &key).code, DKIM_PASS);
	assert_true(key.testing && key.strict);
}

/* A37: keys of absurd size are work for us: they are refused before any arithmetic. */
static void a37_absurd_keys(void **state)
{
	(void)state;
	struct dkim_key key;
	struct buf text, der;
	buf_init(&der, 1 << 16);
	buf_init(&text, 1 << 17);
	size_t modulus = 2048 + 1, fields = modulus + 4 + 5;
	assert_int_equal(buf_printf(&der, "\x30\x82%c%c\x02\x82%c%c", (int)(fields >> 8), (int)(fields & 255), (int)(modulus >> 8), (int)(modulus & 255)), OK);
	assert_int_equal(buf_put_char(&der, '\0'), OK);
	for (size_t i = 1; i < modulus; i++)
		assert_int_equal(buf_put_char(&der, '\xab'), OK);
	assert_int_equal(buf_put(&der, "\x02\x03\x01\x00\x01", 5), OK);
	assert_int_equal(base64_encode(&text, buf_str(&der)), OK);
	struct str record = arena_printf(&arena, "v=DKIM1; p=%.*s", (int)text.n, text.p);
	assert_true(record.n < DKIM_RECORD_MAX);
	struct dkim_verdict v = dkim_key_parse(&arena, record, &key);
	assert_true(str_eq(v.reason, STR("the public key is too large (16384 bits)")));
	record = arena_printf(&arena, "v=DKIM1; n=%*s; p=" RSA_1024, DKIM_RECORD_MAX, "x");
	v = dkim_key_parse(&arena, record, &key);
	assert_true(str_eq(v.reason, STR("the record in DNS is no key")));
	buf_done(&text);
	buf_done(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tag_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(tag_list_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(signature_example, setup, teardown),
		cmocka_unit_test_setup_teardown(a30_junk_in_domains, setup, teardown),
		cmocka_unit_test_setup_teardown(internationalized, setup, teardown),
		cmocka_unit_test_setup_teardown(signature_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(a35_expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(key_records, setup, teardown),
		cmocka_unit_test_setup_teardown(a37_absurd_keys, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
