/* Signed messages of other projects (suites/dkim), with the keys that come with them. */
#include "proto/dkim/test_dkim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static struct dns_zone zone;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 256 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct str need_file(const char *file)
{
	struct str text = test_file(&arena, file);
	if (text.n == 0) {
		fprintf(stderr, "suite file %s is absent\n", file);
		skip();
	}
	return text;
}

/* "name record" lines, up to an empty one. ~~...~~ is a failure of DNS, NXDOMAIN none at all. */
static struct str load_records(struct str text)
{
	while (text.n) {
		struct str line = str_trim(str_until(&text, '\n'));
		if (line.n == 0)
			break;
		struct str name = str_word(&line), record = str_trim(line);
		if (str_starts(record, STR("~~")))
			dns_zone_fail(&zone, name);
		else if (name.p[0] != '#' && !str_eq(record, STR("NXDOMAIN")))
			assert_int_equal(dns_zone_add(&zone, name, DNS_TXT, str_eq(record, STR("\"\"")) ? STR("") : record), OK);
	}
	return text;
}

static bool any_passes(const struct dkim_verify *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->results[i].code == DKIM_PASS)
			return true;
	return false;
}

static void print_results(const char *file, const struct dkim_verify *v)
{
	for (size_t i = 0; i < v->count; i++)
		fprintf(stderr, "  %s: d=" STR_FMT " %s (" STR_FMT ")\n", file, STR_ARG(v->results[i].domain), dkim_code_name(v->results[i].code),
			STR_ARG(v->results[i].reason));
}

/* Why an old message that once passed no longer does. Without any DKIM-Signature it is DomainKeys, which DKIM replaced. */
static bool is_excused(const struct dkim_verify *v)
{
	static const struct str excuses[] = {
		STR_INIT("rsa-sha1 proves nothing any more (RFC 8301)"),
		STR_INIT("there is no such key in DNS"),
		STR_INIT("v= is missing"),                      /* drafts before RFC 4871 */
		STR_INIT("v= is no version that is known"),
	};
	for (size_t i = 0; i < v->count; i++)
		for (size_t k = 0; k < COUNT_OF(excuses); k++)
			if (str_eq(v->results[i].reason, excuses[k]))
				return true;
	return v->count == 0;
}

/* EXPECTED.tsv: source, file, expected, comment. */
static void mail_dkim_corpus(void **state)
{
	(void)state;
	struct str expected = need_file("dkim/mail-dkim-corpus/EXPECTED.tsv"), dns = need_file("dkim/mail-dkim-corpus/FAKE_DNS.dat");
	size_t rows = 0, passed = 0, excused = 0, refused = 0;
	while (dns.n)
		dns = load_records(dns);
	str_until(&expected, '\n');
	while (expected.n) {
		struct str line = str_until(&expected, '\n');
		str_until(&line, '\t');
		struct str file = str_until(&line, '\t'), want = str_until(&line, '\t');
		struct str path = arena_printf(&arena, "dkim/mail-dkim-corpus/%.*s", (int)file.n, file.p);
		struct dkim_verify v;
		test_verify(&arena, test_crlf(&arena, need_file(path.p)), dns_zone_source(&zone), 1700000000, 100, &v);
		rows++;
		if (!str_eq(want, STR("pass"))) {
			assert_false(any_passes(&v));
			refused++;
		} else if (any_passes(&v)) {
			passed++;
		} else {
			if (!is_excused(&v))
				print_results(path.p, &v);
			assert_true(is_excused(&v));
			excused++;
		}
	}
	fprintf(stderr, "mail-dkim: %zu rows: %zu pass, %zu rightly do not, %zu would but for rsa-sha1, a draft's version or DomainKeys\n", rows, passed, refused,
		excused);
	assert_int_equal(rows, passed + refused + excused);
}

static const char letters[] = "-pfonte";        /* by enum dkim_code */

/* Each signature of the message, from above, by its letter. */
static void check(const char *file, struct str message, const char *want)
{
	struct dkim_verify v;
	test_verify(&arena, message, dns_zone_source(&zone), 1667863000, 7, &v);
	if (v.count != strlen(want))
		print_results(file, &v);
	assert_int_equal(v.count, strlen(want));
	for (size_t i = 0; i < v.count; i++) {
		if (letters[v.results[i].code] != want[i])
			print_results(file, &v);
		assert_int_equal(letters[v.results[i].code], want[i]);
	}
}

static void stalwart(void **state)
{
	(void)state;
	static const struct { const char *file, *want; } rows[] = {
		{ "dkim/stalwart/001.txt", "pp" }, { "dkim/stalwart/002.txt", "p" }, { "dkim/stalwart/003.txt", "pp" },
		{ "dkim/stalwart/004.txt", "p" },  { "dkim/stalwart/005.txt", "p" }, { "dkim/stalwart/006.txt", "p" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].file, test_crlf(&arena, load_records(need_file(rows[i].file))), rows[i].want);
}

static void add_key(const char *name, struct str pem)
{
	struct str text = str_trim(pem);
	size_t from = str_search(text, STR("KEY-----")), end = str_search(text, STR("-----END"));
	if (from != STR_NPOS)
		text = str_range(text.p + from + 8, text.p + end);
	text = arena_printf(&arena, "v=DKIM1; k=rsa; p=%.*s", (int)text.n, text.p);
	assert_int_equal(dns_zone_add(&zone, str_c(name), DNS_TXT, text), OK);
}

static void add_record(const char *name, struct str record)
{
	assert_int_equal(dns_zone_add(&zone, str_c(name), DNS_TXT, str_trim(record)), OK);
}

static void add_football_keys(void)
{
	add_record("brisbane._domainkey.football.example.com", STR(TEST_RFC8463_RECORD));
	add_record("test._domainkey.football.example.com",
		   STR("v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"
		       "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTI"
		       "KT+l/K4w3QIDAQAB"));
}

static void mimekit_and_mailauth(void **state)
{
	(void)state;
	add_football_keys();
	add_key("20120113._domainkey.gmail.com", need_file("dkim/mimekit/gmail.pub"));
	add_key("1433868189.example._domainkey.example.com", need_file("dkim/mimekit/example.pub"));
	static const struct { const char *file, *want; } rows[] = {
		{ "dkim/mimekit/rfc8463-example.msg", "pp" }, { "dkim/mimekit/gmail.msg", "p" }, { "dkim/mailauth/signed.eml", "pp" },
		{ "dkim/mimekit/related.msg", "p" },            { "dkim/mimekit/multipart-no-end-boundary.msg", "p" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].file, test_crlf(&arena, need_file(rows[i].file)), rows[i].want);
}

static void dkimpy(void **state)
{
	(void)state;
	add_football_keys();
	add_key("20120113._domainkey.gmail.com", need_file("dkim/mimekit/gmail.pub"));
	add_record("sed._domainkey.test.ex", need_file("dkim/dkimpy/eximtest.dns"));
	static const struct { const char *file, *want; } rows[] = {
		{ "dkim/dkimpy/rfc6376.signed.msg", "pp" },    { "dkim/dkimpy/rfc6376.signed.rsa.msg", "p" },
		{ "dkim/dkimpy/ed25519test2.msg", "p" },       { "dkim/dkimpy/test2.message", "p" },
		{ "dkim/dkimpy/test.message.baddomain", "n" }, { "dkim/dkimpy/message.mbox", "e" },
		{ "dkim/dkimpy/test.message", "" },            { "dkim/dkimpy/test_nofrom.message", "" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].file, test_crlf(&arena, need_file(rows[i].file)), rows[i].want);
}

static void dkimpy_keys(void **state)
{
	(void)state;
	static const struct { const char *file, *want; } rows[] = {
		{ "dkim/dkimpy/test.txt", "" },
		{ "dkim/dkimpy/test2.txt", "" },
		{ "dkim/dkimpy/test_bad.txt", "the public key is no RSA key" },
		{ "dkim/dkimpy/badk.txt", "the key is of a type that is not known" },
		{ "dkim/dkimpy/badversion.txt", "the key record has a version that is not known" },
		{ "dkim/dkimpy/test_tlsrpt.txt", "the key is not meant for mail" },
		{ "dkim/dkimpy/eximtest.dns", "" },
		{ "dkim/dkimpy/ed25519test.dns", "" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_key key;
		struct dkim_verdict v = dkim_key_parse(&arena, str_trim(need_file(rows[i].file)), &key);
		if (!str_eq(v.reason, str_c(rows[i].want)))
			fprintf(stderr, "%s: " STR_FMT "\n", rows[i].file, STR_ARG(v.reason));
		assert_true(str_eq(v.reason, str_c(rows[i].want)));
	}
}

/* The rest has lost its keys: it must be read without harm, and must not pass. */
static void without_keys(void **state)
{
	(void)state;
	static const char *const files[] = {
		"dkim/mailauth/authtest.eml", "dkim/mailauth/message1.eml", "dkim/mailauth/message2.eml", "dkim/mailauth/message3.eml",
		"dkim/mailauth/message4.eml", "dkim/dkimpy/ed25519test.msg", "dkim/dkimpy/rfc6376.w1258.msg", "dkim/dkimpy/test_extra.message",
	};
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct dkim_verify v;
		test_verify(&arena, test_crlf(&arena, need_file(files[i])), dns_zone_source(&zone), 1700000000, 1, &v);
		assert_false(any_passes(&v));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mail_dkim_corpus, setup, teardown),
		cmocka_unit_test_setup_teardown(stalwart, setup, teardown),
		cmocka_unit_test_setup_teardown(mimekit_and_mailauth, setup, teardown),
		cmocka_unit_test_setup_teardown(dkimpy, setup, teardown),
		cmocka_unit_test_setup_teardown(dkimpy_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(without_keys, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
