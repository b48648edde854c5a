/* What is to be published, and what counts as published. */
#include "proto/policy/dns_published.h"

#include "proto/dns/dns_rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define KEY "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define OTHER "v=DKIM1; k=ed25519; p=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="

#define LOGO "v=BIMI1; l=https://e.example/l.svg; a="

static struct arena arena;

static void the_list(void **state)
{
	static const struct { const char *name, *type, *data; } rows[] = {
		{ "example.org", "MX", "10 mail.example.org." }, { "example.org", "TXT", "v=spf1 mx -all" },
		{ "mail.example.org", "TXT", "v=spf1 a -all" }, { "s1._domainkey.example.org", "TXT", KEY },
		{ "_dmarc.example.org", "TXT", "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.org" },
		{ "_smtp._tls.example.org", "TXT", "v=TLSRPTv1; rua=mailto:tls-reports@example.org" },
		{ "_25._tcp.mail.example.org", "TLSA", "3 1 1 abcd" }, { "_submissions._tcp.example.org", "SRV", "0 1 10465 mail.example.org." },
		{ "_pop3s._tcp.example.org", "SRV", "0 0 0 ." }, { "autoconfig.example.org", "CNAME", "mail.example.org." },
		{ "default._bimi.example.org", "TXT", LOGO },
	};
	struct dns_wanted_key key = { STR("s1"), STR(KEY), true };
	struct str tlsa = STR("abcd");
	struct dns_wanted_input in = { STR("mail.example.org"), STR("example.org"), &key, 1, &tlsa, 1, 10000, false, STR(LOGO) };
	struct dns_wanted *v;
	size_t n;
	(void)state;
	dns_wanted_list(&arena, &in, &v, &n);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t k = 0;
		while (k < n && !(str_eq(v[k].name, str_c(rows[i].name)) && strcmp(v[k].type, rows[i].type) == 0 && str_eq(v[k].data, str_c(rows[i].data))))
			k++;
		if (k == n)
			fail_msg("%s %s is not in the list", rows[i].name, rows[i].data);
	}
}

static void what_counts(void **state)
{
	static const struct { enum dns_wanted_kind kind; const char *want, *have[3]; enum dns_published state; } rows[] = {
		{ WANTED_MX, "10 mail.example.org.", { "5 MAIL.example.org.", "20 other." }, PUBLISHED_OK },
		{ WANTED_MX, "10 mail.example.org.", { "10 other." }, PUBLISHED_DIFFERENT },
		{ WANTED_MX, "10 mail.example.org.", { NULL }, PUBLISHED_MISSING },
		{ WANTED_SPF, "v=spf1 mx -all", { "v=spf1 a ~all", "something else" }, PUBLISHED_OK },
		{ WANTED_SPF, "v=spf1 mx -all", { "something else" }, PUBLISHED_MISSING },
		{ WANTED_SPF, "v=spf1 mx -all", { "v=spf1 a", "v=spf1 mx" }, PUBLISHED_AMBIGUOUS },     /* RFC 7208 4.5 */
		{ WANTED_SPF, "v=spf1 mx -all", { "v=spf10 a" }, PUBLISHED_MISSING },
		{ WANTED_DKIM, KEY, { "k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" }, PUBLISHED_OK },
		{ WANTED_DKIM, KEY, { OTHER }, PUBLISHED_DIFFERENT },
		{ WANTED_DKIM, KEY, { "v=DKIM1; p=" }, PUBLISHED_DIFFERENT },
		{ WANTED_DMARC, "", { "v=DMARC1; p=reject" }, PUBLISHED_OK },
		{ WANTED_DMARC, "", { "v=DMARC1; p=reject", "v=DMARC1; p=none" }, PUBLISHED_AMBIGUOUS },  /* RFC 9989 4.10 */
		{ WANTED_DMARC, "", { "v=DMARC2; p=reject" }, PUBLISHED_DIFFERENT },
		{ WANTED_STS, "", { "v=STSv1; id=1" }, PUBLISHED_OK }, { WANTED_STS, "", { "v=STSv1; id=1", "v=STSv1; id=2" }, PUBLISHED_AMBIGUOUS },
		{ WANTED_TLSRPT, "", { "v=TLSRPTv1; rua=mailto:a@b.example" }, PUBLISHED_OK },
		{ WANTED_TLSA, "3 1 1 ab", { "3 1 1 cd", "3 1 1 AB" }, PUBLISHED_OK }, { WANTED_TLSA, "3 1 1 ab", { "3 1 1 cd" }, PUBLISHED_DIFFERENT },
		{ WANTED_SRV, "0 1 465 mail.", { "5 7 465 MAIL." }, PUBLISHED_OK }, { WANTED_SRV, "0 1 465 mail.", { "0 1 587 mail." }, PUBLISHED_DIFFERENT },
		{ WANTED_CNAME, "mail.", { "mail." }, PUBLISHED_OK },
		{ WANTED_BIMI, LOGO, { "v=BIMI1;l=https://e.example/l.svg" }, PUBLISHED_OK }, { WANTED_BIMI, LOGO, { NULL }, PUBLISHED_MISSING },
		{ WANTED_BIMI, LOGO, { "v=BIMI1; l=https://e.example/L.svg; a=" }, PUBLISHED_DIFFERENT },
		{ WANTED_BIMI, LOGO, { LOGO, LOGO }, PUBLISHED_AMBIGUOUS },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dns_wanted w = { .kind = rows[i].kind, .data = str_c(rows[i].want) };
		struct str have[3];
		size_t n = 0;
		const char *text;
		for (; n < 3 && rows[i].have[n]; n++)
			have[n] = str_c(rows[i].have[n]);
		if (dns_published_judge(&w, have, n, &text) != rows[i].state)
			fail_msg("row %zu: %s, not %s (%s)", i, rows[i].want, dns_published_name(rows[i].state), text);
	}
}

static void values(void **state)
{
	static const struct { unsigned type; struct str rdata; const char *text; } rows[] = {
		{ DNS_MX, STR_INIT("\0\12\4mail\0"), "10 mail." }, { DNS_MX, STR_INIT("\0\0\0"), "0 ." }, { DNS_TXT, STR_INIT("\2ab\1c"), "abc" },
		{ DNS_SRV, STR_INIT("\0\0\0\1\1\321\4mail\0"), "0 1 465 mail." }, { DNS_CNAME, STR_INIT("\4mail\0"), "mail." },
		{ DNS_TLSA, STR_INIT("\3\1\1\253\315"), "3 1 1 abcd" }, { DNS_MX, STR_INIT("\0"), NULL }, { DNS_SRV, STR_INIT("\0\0\0"), NULL },
		{ DNS_TLSA, STR_INIT("\3\1"), NULL }, { DNS_A, STR_INIT("\1\2\3\4"), NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got = STR("");
		int r = dns_published_value(&arena, rows[i].type, rows[i].rdata, &got);
		assert_int_equal(r == OK, rows[i].text != NULL);
		assert_true(r != OK || str_eq(got, str_c(rows[i].text)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_list), cmocka_unit_test(what_counts), cmocka_unit_test(values) };
	arena_init(&arena, 4 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
