/* Signing and verifying whole messages, the attacks of THREATS A.2, and what it costs. */
#include "proto/dkim/test_dkim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

enum { NOW = 1700000000 };

static struct arena arena;
static struct dns_zone zone;
static EVP_PKEY *rsa_2048, *ed25519;

static int group_setup(void **state)
{
	(void)state;
	rsa_2048 = EVP_RSA_gen(2048);
	ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return rsa_2048 && ed25519 ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa_2048);
	EVP_PKEY_free(ed25519);
	return 0;
}

static void publish(const char *selector, struct str record)
{
	struct str name = arena_printf(&arena, "%s._domainkey.example.org", selector);
	assert_int_equal(dns_zone_add(&zone, name, DNS_TXT, record), OK);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 256 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	publish("rsa", test_key_record(&arena, rsa_2048));
	publish("ed", test_key_record(&arena, ed25519));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct dkim_signer rsa_signer(void)
{
	return (struct dkim_signer){ STR("example.org"), STR("rsa"), DKIM_RSA_SHA256, test_sign_callback, rsa_2048 };
}

static struct dkim_signer ed_signer(void)
{
	return (struct dkim_signer){ STR("example.org"), STR("ed"), DKIM_ED25519_SHA256, test_sign_callback, ed25519 };
}

#define LETTER                                                                                                                            \
	"From: Ann <ann@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Dinner\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n"         \
	"Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nX-Other: not signed\r\n\r\nAre you hungry yet?\r\n"

static struct str sign(struct str message, uint64_t lifetime)
{
	struct dkim_signer signers[] = { ed_signer(), rsa_signer() };
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_int_equal(test_sign(&arena, message, signers, COUNT_OF(signers), NOW, lifetime, &out), OK);
	struct str copy = arena_dup(&arena, buf_str(&out));
	buf_done(&out);
	return copy;
}

static struct dkim_verify verify_at(struct str message, uint64_t now)
{
	struct dkim_verify v;
	test_verify(&arena, message, dns_zone_source(&zone), now, 4096, &v);
	for (size_t i = 0; i < v.count; i++) {
		const struct dkim_result *r = &v.results[i];
		assert_true(r->reason.n > 0 && str_is_ascii(r->reason) && !str_has_control(r->reason));
	}
	return v;
}

static struct dkim_verify verify(struct str message) { return verify_at(message, NOW); }

static void all_are(const struct dkim_verify *v, enum dkim_code code, size_t count)
{
	assert_int_equal(v->count, count);
	for (size_t i = 0; i < count; i++) {
		if (v->results[i].code != code)
			fprintf(stderr, "signature %zu: %s (" STR_FMT ")\n", i, dkim_code_name(v->results[i].code), STR_ARG(v->results[i].reason));
		assert_int_equal(v->results[i].code, code);
	}
}

static struct str with_front(const char *front, struct str message) { return arena_printf(&arena, "%s%.*s", front, (int)message.n, message.p); }
static struct str with_tail(struct str message, const char *tail) { return arena_printf(&arena, "%.*s%s", (int)message.n, message.p, tail); }

static struct str replace(struct str message, const char *from, const char *to)
{
	size_t at = str_search(message, str_c(from));
	assert_int_not_equal(at, STR_NPOS);
	struct str rest = str_skip(message, at + strlen(from));
	return arena_printf(&arena, "%.*s%s%.*s", (int)at, message.p, to, (int)rest.n, rest.p);
}

static void signed_by_both(void **state)
{
	(void)state;
	struct str message = sign(STR(LETTER), 86400), rest = message;
	struct dkim_verify v = verify(message);
	all_are(&v, DKIM_PASS, 2);
	assert_int_equal(v.results[0].algorithm, DKIM_ED25519_SHA256);
	assert_int_equal(v.results[1].key_bits, 2048);
	assert_true(str_eq(v.results[1].identity, STR("@example.org")));
	assert_int_equal(v.results[0].expires, NOW + 86400);
	assert_true(dkim_result_counts(&v.results[0]) && !v.results[1].weak && !v.results[0].testing);
	while (rest.n && !str_starts(rest, STR("From:")))       /* RFC 5322 section 2.1.1: lines of 78 at most; ours are of 76 */
		assert_true(str_until(&rest, '\n').n + 1 <= 76 + 2);
}

/* Relaxed forms survive what relays do; other changes do not. */
static void what_changes_matter(void **state)
{
	(void)state;
	static const struct { const char *from, *to; enum dkim_code want; } rows[] = {
		{ "Subject: Dinner", "SUBJECT:\r\n\t Dinner  ", DKIM_PASS },
		{ "hungry yet?\r\n", "hungry   yet? \r\n\r\n", DKIM_PASS },
		{ "X-Other: not signed\r\n", "", DKIM_PASS },
		{ "Subject: Dinner", "Subject: Lunch", DKIM_FAIL },
		{ "hungry", "angry", DKIM_FAIL },
		{ "MIME-Version: 1.0\r\n", "", DKIM_FAIL },
		{ "text/plain", "text/html", DKIM_FAIL },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_verify v = verify(replace(sign(STR(LETTER), 0), rows[i].from, rows[i].to));
		assert_int_equal(v.count, 2);
		assert_int_equal(v.results[1].code, rows[i].want);
	}
}

/* RFC 6376 appendix A.2 (with erratum 3192: one space in its body), simple/simple, and the key of appendix C. */
static void rfc6376_example(void **state)
{
	(void)state;
	struct str message = STR(
		"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
		"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
		"      h=Received : From : To : Subject : Date : Message-ID;\r\n"
		"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
		"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
		"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n      4bmp/YzhwvcubU4=;\r\n"
		"Received: from client1.football.example.com  [192.0.2.1]\r\n      by submitserver.example.com with SUBMISSION;\r\n"
		"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\nFrom: Joe SixPack <joe@football.example.com>\r\n"
		"To: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\n"
		"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
		"Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n");
	assert_int_equal(dns_zone_add(&zone, STR("brisbane._domainkey.example.com"), DNS_TXT,
				      STR("v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7"
					  "/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb"
					  "to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB")), OK);
	struct dkim_verify v = verify(message);
	all_are(&v, DKIM_PASS, 1);
	assert_true(str_eq(v.results[0].identity, STR("joe@football.example.com")));
	v = verify(replace(message, "Subject: Is", "Subject:  Is"));
	all_are(&v, DKIM_FAIL, 1);
}

/* RFC 8463 appendix A.3: both signatures, and the key it prints signs as it should. */
static void rfc8463_example(void **state)
{
	(void)state;
	struct str message = STR(
		"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
		" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
		" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
		"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
		" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n"
		" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
		" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
		"From: Joe SixPack <joe@football.example.com>\r\nTo: Suzie Q <suzie@shopping.example.net>\r\nSubject: Is dinner ready?\r\n"
		"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\nMessage-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
		"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n");
	assert_int_equal(dns_zone_add(&zone, STR("brisbane._domainkey.football.example.com"), DNS_TXT,
				      STR(TEST_RFC8463_RECORD)), OK);
	assert_int_equal(dns_zone_add(&zone, STR("test._domainkey.football.example.com"), DNS_TXT,
				      STR("v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi"
					  "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G"
					  "+2kryOTIKT+l/K4w3QIDAQAB")), OK);
	struct dkim_verify v = verify(message);
	all_are(&v, DKIM_PASS, 2);
	assert_true(v.results[1].weak && v.results[1].key_bits == 1024);
	assert_true(str_eq(v.results[1].reason, STR("1024-bit key, which is short")));
}

/* The secret key of RFC 8463 appendix A.2 gives the public key printed there, and Ed25519 always gives the same signature. */
static void rfc8463_key(void **state)
{
	(void)state;
	struct dkim_signer signer = ed_signer();
	signer.selector = STR("k");
	signer.ctx = test_rfc8463_key();
	struct str record = test_key_record(&arena, signer.ctx);
	assert_true(str_eq(record, STR(TEST_RFC8463_RECORD)));
	publish("k", record);
	struct buf once, twice;
	buf_init(&once, 1 << 16);
	buf_init(&twice, 1 << 16);
	assert_int_equal(test_sign(&arena, STR(LETTER), &signer, 1, NOW, 0, &once), OK);
	assert_int_equal(test_sign(&arena, STR(LETTER), &signer, 1, NOW, 0, &twice), OK);
	assert_true(str_eq(buf_str(&once), buf_str(&twice)));
	struct dkim_verify v = verify(buf_str(&once));
	all_are(&v, DKIM_PASS, 1);
	buf_done(&once);
	buf_done(&twice);
	EVP_PKEY_free(signer.ctx);
}

/* A small message with a signature that has one more tag. */
static struct str sign_with(const char *tag, const char *value)
{
	struct dkim_message m;
	struct dkim_hash hash;
	struct dkim_input input;
	struct buf field;
	size_t hole = 0;
	struct str names[] = { STR("From"), STR("Subject") }, message = STR("From: a@example.org\r\nSubject: s\r\n\r\nHello\r\n");
	unsigned char digest[DKIM_HASH_SIZE], text[64];
	struct dkim_signer signer = rsa_signer();
	struct dkim_out_tag tags[] = { { "v", STR("1") }, { "a", STR("rsa-sha256") }, { "d", STR("example.org") }, { "s", STR("rsa") },
				       { "c", STR("relaxed/simple") }, { tag, str_c(value) }, { "h", STR("From:Subject") }, { "bh", STR("") },
				       { "b", STR("") } };
	uint64_t l = DKIM_NO_LIMIT;
	if (tag[0] == 'l')
		assert_int_equal(str_u64(str_c(value), 1000, &l), OK);
	dkim_hash_init(&hash);
	dkim_hash_put(&hash, str_first(STR("Hello\r\n"), (size_t)l));
	dkim_hash_end(&hash, digest);
	dkim_hash_done(&hash);
	tags[7].value = (struct str){ (char *)text, (size_t)EVP_EncodeBlock(text, digest, sizeof digest) };
	buf_init(&field, 4096);
	assert_int_equal(dkim_field_write(&field, STR("DKIM-Signature"), tags, COUNT_OF(tags), DKIM_COLUMNS, &hole), OK);
	dkim_message_init(&m, &arena, message);
	dkim_input_init(&input);
	dkim_message_put_fields(&m, DKIM_RELAXED, names, COUNT_OF(names), NULL, dkim_input_sink(&input));
	dkim_field_put(buf_str(&field), hole, dkim_input_sink(&input));
	assert_int_equal(dkim_input_sign(&arena, &signer, &input, &tags[8].value), OK);
	dkim_input_done(&input);
	buf_clear(&field);
	assert_int_equal(dkim_field_write(&field, STR("DKIM-Signature"), tags, COUNT_OF(tags), DKIM_COLUMNS, &hole), OK);
	struct str whole = with_front(arena_dup(&arena, buf_str(&field)).p, message);
	buf_done(&field);
	dkim_message_done(&m);
	return whole;
}

/* A33: a signature with l= is right for what it covers; what was appended is told, and then it counts for nothing. */
static void a33_length(void **state)
{
	(void)state;
	struct dkim_verify v = verify(sign_with("l", "7"));
	all_are(&v, DKIM_PASS, 1);
	assert_true(dkim_result_counts(&v.results[0]));
	v = verify(with_tail(sign_with("l", "7"), "<html>Click here</html>\r\n"));
	all_are(&v, DKIM_PASS, 1);
	assert_int_equal(v.results[0].unsigned_bytes, 25);
	assert_false(dkim_result_counts(&v.results[0]));
	v = verify(sign_with("l", "0"));
	all_are(&v, DKIM_PASS, 1);
	assert_int_equal(v.results[0].unsigned_bytes, 7);
	assert_false(dkim_result_counts(&v.results[0]));
	v = verify(sign_with("l", "100"));            /* more than there is: the body was cut off */
	all_are(&v, DKIM_PERMERROR, 1);
}

/* Ten different l= on a large body are no way to have it hashed ten times. */
static void a33_many_lengths(void **state)
{
	(void)state;
	struct str message = STR("From: a@example.org\r\n\r\nHello\r\n");
	for (int i = 0; i < DKIM_SIGNATURES_MAX; i++)
		message = with_front(arena_printf(&arena, "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=rsa; h=From; bh=YWJj; b=YWJj; l=%d\r\n", i).p,
				     message);
	struct dkim_verify v = verify(message);
	assert_int_equal(v.count, DKIM_SIGNATURES_MAX);
	assert_int_equal(v.m->hash_count, 0);           /* freed */
	size_t refused = 0;
	for (size_t i = 0; i < v.count; i++)
		refused += v.results[i].code == DKIM_POLICY;
	assert_int_equal(refused, 4);
}

/* A34: what is put above our own signed mail breaks it, for each field that is signed once more than it occurs. */
static void a34_prepended_fields(void **state)
{
	(void)state;
	static const char *const fronts[] = {
		"Subject: You have won\r\n", "From: Boss <boss@example.org>\r\n", "from : x@evil.example\r\n", "To: everybody@example.net\r\n",
		"Date: Tue, 2 Jan 2024 10:00:00 +0000\r\n", "Message-ID: <2@example.org>\r\n", "Reply-To: thief@evil.example\r\n",
		"Content-Type: multipart/mixed; boundary=x\r\n", "Cc: c@example.net\r\n", "Sender: s@example.net\r\n",
		"Content-Transfer-Encoding: base64\r\n", "MIME-Version: 1.0\r\n", "In-Reply-To: <0@example.net>\r\n", "References: <0@example.net>\r\n",
	};
	struct str message = sign(STR(LETTER), 0);
	struct dkim_verify v = verify(with_front("Received: from relay.example.net\r\nX-Spam: no\r\nList-Id: <l.example.net>\r\n", message));
	all_are(&v, DKIM_PASS, 2);
	for (size_t i = 0; i < COUNT_OF(fronts); i++) {
		v = verify(with_front(fronts[i], message));
		all_are(&v, DKIM_FAIL, 2);
	}
}

/* Section 5.4.2: of several fields the lowest belongs to the first name of h=, and so on up. */
static void fields_from_below(void **state)
{
	(void)state;
	struct str message = STR("X: 1\r\nX: 2\r\nFrom: a@example.org\r\nX: 3\r\n\r\n");
	struct str names[] = { STR("x"), STR("X"), STR("From"), STR("x"), STR("x"), STR("None") };
	struct dkim_message m;
	struct dkim_hash by_rule, by_hand;
	unsigned char a[DKIM_HASH_SIZE], b[DKIM_HASH_SIZE];
	dkim_message_init(&m, &arena, message);
	dkim_hash_init(&by_rule);
	dkim_hash_init(&by_hand);
	dkim_message_put_fields(&m, DKIM_RELAXED, names, COUNT_OF(names), NULL, dkim_hash_sink(&by_rule));
	dkim_hash_put(&by_hand, STR("x:3\r\nx:2\r\nfrom:a@example.org\r\nx:1\r\n"));
	dkim_hash_end(&by_rule, a);
	dkim_hash_end(&by_hand, b);
	assert_memory_equal(a, b, sizeof a);
	dkim_hash_done(&by_rule);
	dkim_hash_done(&by_hand);
	dkim_message_done(&m);
}

static void not_signed_without_one_from(void **state)
{
	(void)state;
	static const char *const messages[] = { "To: b@example.net\r\n\r\n", "From: a@example.org\r\nFrom: b@example.org\r\n\r\n", "\r\nbody\r\n", "",
					       " would continue our field\r\nFrom: a@example.org\r\n\r\n" };
	struct dkim_signer signer = ed_signer();
	struct buf out;
	buf_init(&out, 4096);
	for (size_t i = 0; i < COUNT_OF(messages); i++)
		assert_int_equal(test_sign(&arena, str_c(messages[i]), &signer, 1, NOW, 0, &out), E_SYNTAX);
	assert_int_equal(out.n, 0);
	buf_done(&out);
}

/* A35: the same mail after its x=. */
static void a35_replay_after_expiry(void **state)
{
	(void)state;
	struct str message = sign(STR(LETTER), 3600);
	struct dkim_verify v = verify_at(message, NOW + 3600);
	all_are(&v, DKIM_PASS, 2);
	v = verify_at(message, NOW + 4000);
	all_are(&v, DKIM_FAIL, 2);
	assert_true(str_starts(v.results[0].reason, STR("the signature expired")));
	assert_int_equal(v.results[0].key_bits, 0);      /* nothing was asked for it */
}

/* A36: 500 signatures by 500 domains: ten are looked at, and the body is hashed once. */
static void a36_flood(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 500; i++)
		assert_int_equal(buf_printf(&text, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=d%d.example; s=s; h=From; "
						   "bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; b=YWJj\r\n", i), OK);
	assert_int_equal(buf_printf(&text, "From: a@example.org\r\n\r\nHello\r\n"), OK);
	struct dkim_hash hash;
	unsigned char digest[DKIM_HASH_SIZE], base64[64];
	dkim_hash_init(&hash);
	dkim_hash_put(&hash, STR("Hello\r\n"));
	dkim_hash_end(&hash, digest);
	dkim_hash_done(&hash);
	EVP_EncodeBlock(base64, digest, sizeof digest);
	/* The hash of this body, so that each one gets as far as asking for its key. */
	for (char *p = text.p; (p = memmem(p, (size_t)(text.p + text.n - p), "bh=", 3)); p += 3)
		for (size_t i = 0; i < 44; i++)
			p[3 + i] = (char)base64[i];
	struct dkim_verify v = verify(buf_str(&text));
	assert_int_equal(v.count, DKIM_SIGNATURES_MAX);
	assert_int_equal(v.skipped, 490);
	assert_int_equal(zone.question_count, DKIM_SIGNATURES_MAX);
	all_are(&v, DKIM_PERMERROR, DKIM_SIGNATURES_MAX);
	buf_done(&text);
}

/* A36, A47: when the budget is spent, nothing more is asked, and it is said so. */
static void a36_budget(void **state)
{
	(void)state;
	struct str message = sign(STR(LETTER), 0);
	struct dkim_message m;
	struct dkim_verify v;
	struct dns_env dns;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), (struct dns_env_limits){ .questions = 1 });
	dkim_message_init(&m, &arena, str_first(message, header_end(message)));
	dkim_verify_begin(&v, &m);
	dkim_message_body(&m, str_skip(message, header_end(message)));
	dkim_message_body_end(&m);
	dkim_verify_end(&v, &dns, NOW);
	dkim_message_done(&m);
	assert_int_equal(v.results[0].code, DKIM_PASS);
	assert_int_equal(v.results[1].code, DKIM_TEMPERROR);
	assert_true(str_search(v.results[1].reason, STR("too many questions")) != STR_NPOS);
}

static void too_many_fields(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(buf_printf(&text, "X-%d: y\r\n", i), OK);
	struct str signed_message = sign(STR(LETTER), 0);
	struct dkim_verify v = verify(arena_printf(&arena, "%.*s%.*s", (int)(signed_message.n - sizeof LETTER + 1), signed_message.p, (int)text.n, text.p));
	all_are(&v, DKIM_POLICY, 2);
	struct str whole = arena_printf(&arena, "%.*s%.*s", (int)text.n, text.p, (int)signed_message.n, signed_message.p);
	v = verify(whole);
	assert_int_equal(v.count, 0);   /* they are below what is looked at */
	struct dkim_signer signer = ed_signer();
	buf_clear(&text);
	assert_int_equal(test_sign(&arena, whole, &signer, 1, NOW, 0, &text), E_TOOBIG);
	buf_done(&text);
}

/* A37: 512 and 1023 bits, rsa-sha1, revoked keys, h= and s= of the key, the wrong kind of key. */
static void a37_weak_keys(void **state)
{
	(void)state;
	static const struct { unsigned bits; enum dkim_code want; bool weak; } rows[] = {
		{ 512, DKIM_POLICY, false }, { 1016, DKIM_POLICY, false }, { 1024, DKIM_PASS, true }, { 1536, DKIM_PASS, true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		EVP_PKEY *key = EVP_RSA_gen(rows[i].bits);
		struct str selector = arena_printf(&arena, "k%u", rows[i].bits);
		struct dkim_signer signer = { STR("example.org"), selector, DKIM_RSA_SHA256, test_sign_callback, key };
		struct buf out;
		buf_init(&out, 1 << 16);
		publish(selector.p, test_key_record(&arena, key));
		assert_int_equal(test_sign(&arena, STR(LETTER), &signer, 1, NOW, 0, &out), OK);
		struct dkim_verify v = verify(buf_str(&out));
		all_are(&v, rows[i].want, 1);
		assert_int_equal(v.results[0].weak, rows[i].weak);
		assert_int_equal(v.results[0].key_bits, rows[i].bits);
		buf_done(&out);
		EVP_PKEY_free(key);
	}
}

static void a37_keys_not_for_this(void **state)
{
	(void)state;
	static const struct { const char *record, *reason; } rows[] = {
		{ "v=DKIM1; p=", "the key has been revoked" },
		{ "v=DKIM1; h=sha1; %s", "the key is not meant for SHA-256" },
		{ "v=DKIM1; s=tlsrpt; %s", "the key is not meant for mail" },
		{ "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "the key in DNS is for another algorithm" },
		{ "google-site-verification=xyz", "the record in DNS is no key" },
	};
	struct str record = test_key_record(&arena, rsa_2048), p = str_skip(record, str_search(record, STR("p=")));
	struct str message = sign(STR(LETTER), 0);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		dns_zone_init(&zone, &arena);
		publish("rsa", arena_printf(&arena, rows[i].record, arena_dup(&arena, p).p));
		struct dkim_verify v = verify(message);
		assert_int_equal(v.results[1].code, DKIM_PERMERROR);
		assert_true(str_eq(v.results[1].reason, str_c(rows[i].reason)));
	}
	struct dkim_verify v = verify(replace(message, "a=rsa-sha256", "a=rsa-sha1"));
	assert_int_equal(v.results[1].code, DKIM_PERMERROR);
}

/* Several records at the name: the first that is a key. Testing and strict flags. No answer from DNS. */
static void keys_in_dns(void **state)
{
	(void)state;
	struct str record = test_key_record(&arena, rsa_2048), message = sign(STR(LETTER), 0);
	dns_zone_init(&zone, &arena);
	publish("rsa", STR("something else"));
	publish("rsa", arena_printf(&arena, "%.*s; t=y:s", (int)record.n, record.p));
	dns_zone_fail(&zone, STR("ed._domainkey.example.org"));
	struct dkim_verify v = verify(message);
	assert_int_equal(v.results[0].code, DKIM_TEMPERROR);
	assert_int_equal(v.results[1].code, DKIM_PASS);
	assert_true(v.results[1].testing);
}

/* t=s: i= below d= is not for this key. */
static void strict_key(void **state)
{
	(void)state;
	struct str record = test_key_record(&arena, rsa_2048);
	struct dkim_verify v = verify(sign_with("i", "@sub.example.org"));
	all_are(&v, DKIM_PASS, 1);
	assert_true(str_eq(v.results[0].identity_domain, STR("sub.example.org")));
	dns_zone_init(&zone, &arena);
	publish("rsa", arena_printf(&arena, "%.*s; t=s", (int)record.n, record.p));
	v = verify(sign_with("i", "@sub.example.org"));
	all_are(&v, DKIM_PERMERROR, 1);
	v = verify(sign_with("i", "ann@Example.ORG"));
	all_are(&v, DKIM_PASS, 1);
}

/* What it costs: printed, not asserted. */
static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct str five_kilobytes(void)
{
	struct str message = STR(LETTER);
	while (message.n < 5000)
		message = with_tail(message, "The quick brown fox jumps over the lazy dog, as it does in every letter.\r\n");
	return message;
}

static void bench_one(const char *what, const struct dkim_signer *signer)
{
	enum { ROUNDS = 300 };
	struct buf out;
	buf_init(&out, 1 << 16);
	assert_int_equal(test_sign(&arena, five_kilobytes(), signer, 1, NOW, 0, &out), OK);
	struct str message = arena_dup(&arena, buf_str(&out));
	buf_done(&out);
	struct arena scratch;
	arena_init(&scratch, 16 << 20, NULL, NULL);
	uint64_t start = now_ns();
	for (int i = 0; i < ROUNDS; i++) {
		struct dkim_verify v;
		test_verify(&scratch, message, dns_zone_source(&zone), NOW, 65536, &v);
		assert_int_equal(v.results[0].code, DKIM_PASS);
		arena_reset(&scratch);
	}
	uint64_t whole = (now_ns() - start) / ROUNDS;
	struct dkim_key key;
	struct dns_env dns;
	unsigned char hash[DKIM_HASH_SIZE] = { 0 };
	struct buf signature;
	buf_init(&signature, DKIM_SIGNATURE_MAX);
	assert_int_equal(test_sign_hash(signer->ctx, signer->algorithm, (struct str){ (char *)hash, sizeof hash }, &signature), OK);
	dns_env_init(&dns, &scratch, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	assert_int_equal(dkim_key_fetch(&dns, signer->selector, signer->domain, &key).code, DKIM_PASS);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(dkim_key_verify(&scratch, &key, signer->algorithm, hash, buf_str(&signature)).code, DKIM_PASS);
	uint64_t crypto = (now_ns() - start) / ROUNDS;
	fprintf(stderr, "bench %s, %zu octets: %.1f us a message, of which %.1f us key and signature\n", what, message.n, (double)whole / 1000,
		(double)crypto / 1000);
	buf_done(&signature);
	arena_done(&scratch);
}

static void bench(void **state)
{
	(void)state;
	struct dkim_signer rsa = rsa_signer(), ed = ed_signer();
	bench_one("rsa-sha256 2048", &rsa);
	bench_one("ed25519-sha256", &ed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signed_by_both, setup, teardown),
		cmocka_unit_test_setup_teardown(what_changes_matter, setup, teardown),
		cmocka_unit_test_setup_teardown(rfc6376_example, setup, teardown),
		cmocka_unit_test_setup_teardown(rfc8463_example, setup, teardown),
		cmocka_unit_test_setup_teardown(rfc8463_key, setup, teardown),
		cmocka_unit_test_setup_teardown(a33_length, setup, teardown),
		cmocka_unit_test_setup_teardown(a33_many_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(a34_prepended_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_from_below, setup, teardown),
		cmocka_unit_test_setup_teardown(not_signed_without_one_from, setup, teardown),
		cmocka_unit_test_setup_teardown(a35_replay_after_expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(a36_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(a36_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(a37_weak_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(a37_keys_not_for_this, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_in_dns, setup, teardown),
		cmocka_unit_test_setup_teardown(strict_key, setup, teardown),
		cmocka_unit_test_setup_teardown(bench, setup, teardown),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
