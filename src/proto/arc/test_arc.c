/* Chains made here, and what may go wrong with them (A43). */
#include "proto/arc/arc.h"
#include "proto/dkim/test_dkim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOW = 1700000000 };

#define LETTER "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: Dinner\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\nHello\r\n"

static struct arena arena;
static struct dns_zone zone;
static EVP_PKEY *key;

static int group_setup(void **state)
{
	(void)state;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return key ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 256 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	assert_int_equal(dns_zone_add(&zone, STR("s._domainkey.list.example"), DNS_TXT, test_key_record(&arena, key)), OK);
	assert_int_equal(dns_zone_add(&zone, STR("s._domainkey.evil.example"), DNS_TXT, test_key_record(&arena, key)), OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

/* Verifies, and when there is a buffer seals for that domain and puts the message behind the new set. */
static struct arc_result handle(struct str message, const char *domain, struct buf *out, int *ret_sealed)
{
	struct dkim_message m;
	struct arc_verify v;
	struct arc_seal seal;
	struct dns_env dns;
	struct dkim_signer signer = { str_c(domain), STR("s"), DKIM_ED25519_SHA256, test_sign_callback, key };
	size_t end = header_end(message);
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(&m, &arena, str_first(message, end));
	arc_verify_begin(&v, &m);
	if (out)
		assert_int_equal(arc_seal_begin(&seal, &m, NULL, 0), OK);
	dkim_message_body(&m, str_skip(message, end));
	dkim_message_body_end(&m);
	arc_verify_end(&v, &dns, NOW);
	if (out) {
		struct str results = arena_printf(&arena, " mx.%s; arc=%s;\r\n\tspf=pass smtp.mailfrom=ann@example.org\r\n", domain,
						  arc_code_name(v.result.code));
		*ret_sealed = arc_seal_end(&seal, &v, results, &signer, NOW, out);
		assert_int_equal(buf_put_str(out, message), OK);
	}
	dkim_message_done(&m);
	assert_true(v.result.reason.n > 0 && str_is_ascii(v.result.reason) && !str_has_control(v.result.reason));
	return v.result;
}

static struct str sealed(struct str message, const char *domain)
{
	struct buf out;
	int r;
	buf_init(&out, 4 << 20);
	handle(message, domain, &out, &r);
	assert_int_equal(r, OK);
	struct str copy = arena_dup(&arena, buf_str(&out));
	buf_done(&out);
	return copy;
}

static struct arc_result verify(struct str message) { return handle(message, "list.example", NULL, NULL); }

static struct str replace(struct str message, const char *from, const char *to)
{
	size_t at = str_search(message, str_c(from));
	assert_int_not_equal(at, STR_NPOS);
	struct str rest = str_skip(message, at + strlen(from));
	return arena_printf(&arena, "%.*s%s%.*s", (int)at, message.p, to, (int)rest.n, rest.p);
}

/* The field of that name with that instance goes. */
static struct str without(struct str message, const char *name, const char *instance)
{
	struct str header = str_first(message, header_end(message));
	struct header_field f;
	while (header_next(&header, &f)) {
		if (!str_ieq(f.name, str_c(name)) || str_search(f.value, str_c(instance)) == STR_NPOS)
			continue;
		size_t at = (size_t)(f.whole.p - message.p);
		struct str rest = str_skip(message, at + f.whole.n);
		return arena_printf(&arena, "%.*s%.*s", (int)at, message.p, (int)rest.n, rest.p);
	}
	fail();
	return message;
}

static void chain_of_three(void **state)
{
	(void)state;
	struct str message = STR(LETTER);
	struct arc_result r = verify(message);
	assert_int_equal(r.code, ARC_NONE);
	for (unsigned i = 1; i <= 3; i++) {
		message = sealed(message, "list.example");
		r = verify(message);
		assert_int_equal(r.code, ARC_PASS);
		assert_int_equal(r.instances, i);
		assert_int_equal(r.oldest_pass, 0);
		assert_true(str_eq(r.sealer, STR("list.example")) && str_starts(r.payload, STR("mx.list.example; arc=")));
	}
}

/* Section 5.2: a list changes the text and seals again: the chain holds, from its instance on. */
static void oldest_pass(void **state)
{
	(void)state;
	struct str message = sealed(sealed(STR(LETTER), "list.example"), "list.example");
	message = sealed(replace(sealed(STR(LETTER), "list.example"), "Subject: ", "Subject: [list] "), "list.example");
	struct arc_result r = verify(message);
	assert_int_equal(r.code, ARC_FAIL);     /* sealed after the change, so with cv=fail */
	assert_true(r.closed);

	/* As lists do it: the chain is verified when the mail comes in, the set is made for what goes out. */
	struct str in = sealed(STR(LETTER), "list.example"), out = replace(in, "Subject: ", "Subject: [list] ");
	struct dkim_message m_in, m_out;
	struct arc_verify v;
	struct arc_seal seal;
	struct dns_env dns;
	struct buf text;
	struct dkim_signer signer = { STR("list.example"), STR("s"), DKIM_ED25519_SHA256, test_sign_callback, key };
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(&m_in, &arena, str_first(in, header_end(in)));
	dkim_message_init(&m_out, &arena, str_first(out, header_end(out)));
	arc_verify_begin(&v, &m_in);
	assert_int_equal(arc_seal_begin(&seal, &m_out, NULL, 0), OK);
	dkim_message_body(&m_in, str_skip(in, header_end(in)));
	dkim_message_body(&m_out, str_skip(out, header_end(out)));
	dkim_message_body_end(&m_in);
	dkim_message_body_end(&m_out);
	arc_verify_end(&v, &dns, NOW);
	buf_init(&text, 1 << 20);
	assert_int_equal(arc_seal_end(&seal, &v, STR("mx.list.example; arc=pass"), &signer, NOW, &text), OK);
	assert_int_equal(buf_put_str(&text, out), OK);
	r = verify(buf_str(&text));
	assert_int_equal(r.code, ARC_PASS);
	assert_int_equal(r.oldest_pass, 2);
	dkim_message_done(&m_in);
	dkim_message_done(&m_out);
	buf_done(&text);
}

/* A43: gaps, doubles, missing pieces, wrong cv=, changed seals: none of them is a chain. */
static void a43_broken_chains(void **state)
{
	(void)state;
	struct str three = sealed(sealed(sealed(STR(LETTER), "list.example"), "list.example"), "list.example");
	struct str gap = without(without(without(three, "ARC-Seal", "i=2;"), "ARC-Message-Signature", "i=2;"), "ARC-Authentication-Results", "i=2;");
	struct str broken[] = {
		gap,
		without(three, "ARC-Seal", "i=1;"),
		without(three, "ARC-Message-Signature", "i=2;"),
		without(three, "ARC-Authentication-Results", "i=3;"),
		replace(three, "cv=none", "cv=pass"),
		replace(three, "cv=pass", "cv=none"),
		replace(three, "cv=pass", "cv=fail"),
		replace(three, "arc=none", "arc=pass"),                 /* the oldest results changed: all seals cover them */
		replace(three, "Subject: Dinner", "Subject: Lunch"),
		replace(three, "Hello", "Goodbye"),
		replace(three, "i=3;", "i=03;"),
		replace(three, "i=3;", "i=4;"),
		replace(three, "i=3;", "i=0;"),
		replace(three, "ARC-Authentication-Results: i=3;", "ARC-Authentication-Results: x=1; i=3;"),
		arena_printf(&arena, "ARC-Authentication-Results: i=3; mx.evil.example; spf=pass\r\n%.*s", (int)three.n, three.p),
		arena_printf(&arena, "ARC-Seal: i=51; cv=pass; a=rsa-sha256; d=evil.example; s=s; b=YWJj\r\n%.*s", (int)three.n, three.p),
		arena_printf(&arena, "ARC-Seal: what is this\r\n%.*s", (int)three.n, three.p),
	};
	assert_int_equal(verify(three).code, ARC_PASS);
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct arc_result r = verify(broken[i]);
		if (r.code != ARC_FAIL)
			fprintf(stderr, "row %zu: %s (" STR_FMT ")\n", i, arc_code_name(r.code), STR_ARG(r.reason));
		assert_int_equal(r.code, ARC_FAIL);
		assert_int_equal(r.sealer.n + r.payload.n, 0);
	}
}

/* A43: 50 sets are a chain, there is no 51st, and 60 that somebody wrote are none. Nothing is asked for them. */
static void a43_fifty_sets(void **state)
{
	(void)state;
	struct str message = STR(LETTER);
	for (int i = 0; i < ARC_SETS_MAX; i++)
		message = sealed(message, "list.example");
	assert_int_equal(verify(message).instances, ARC_SETS_MAX);
	struct buf out;
	int r;
	buf_init(&out, 4 << 20);
	assert_int_equal(handle(message, "list.example", &out, &r).code, ARC_PASS);
	assert_int_equal(r, E_DENIED);
	buf_done(&out);
	for (unsigned i = 51; i <= 60; i++)
		message = arena_printf(&arena,
				       "ARC-Seal: i=%u; cv=pass; a=rsa-sha256; d=evil.example; s=s; b=YWJj\r\nARC-Message-Signature: i=%u; a=rsa-sha256; "
				       "d=evil.example; s=s; h=From; bh=YWJj; b=YWJj\r\nARC-Authentication-Results: i=%u; x; spf=pass\r\n%.*s",
				       i, i, i, (int)message.n, message.p);
	size_t asked = zone.question_count;
	assert_int_equal(verify(message).code, ARC_FAIL);
	assert_int_equal(zone.question_count, asked);
}

/* A43: anybody can seal. Only a newest seal of somebody on the list counts. */
static void a43_self_made_chain(void **state)
{
	(void)state;
	static const struct str trusted[] = { STR_INIT("mailing.example"), STR_INIT("List.Example") };
	struct arc_result r = verify(sealed(STR(LETTER), "evil.example"));
	assert_int_equal(r.code, ARC_PASS);
	assert_false(arc_result_is_trusted(&r, trusted, COUNT_OF(trusted)));
	r = verify(sealed(sealed(STR(LETTER), "list.example"), "evil.example"));
	assert_int_equal(r.code, ARC_PASS);
	assert_false(arc_result_is_trusted(&r, trusted, COUNT_OF(trusted)));
	r = verify(sealed(sealed(STR(LETTER), "evil.example"), "list.example"));
	assert_true(arc_result_is_trusted(&r, trusted, COUNT_OF(trusted)));
	r = verify(replace(sealed(STR(LETTER), "list.example"), "Hello", "Spam"));
	assert_false(arc_result_is_trusted(&r, trusted, COUNT_OF(trusted)));
}

/* Section 5.1.2: a broken chain is closed by one set with cv=fail, and then left alone. */
static void broken_chain_is_closed_once(void **state)
{
	(void)state;
	struct str message = replace(sealed(STR(LETTER), "list.example"), "Hello", "Hello all");
	struct buf out;
	int r;
	buf_init(&out, 1 << 20);
	assert_int_equal(handle(message, "list.example", &out, &r).code, ARC_FAIL);
	assert_int_equal(r, OK);
	assert_int_not_equal(str_search(buf_str(&out), STR("cv=fail")), STR_NPOS);
	struct str closed = arena_dup(&arena, buf_str(&out));
	buf_clear(&out);
	struct arc_result result = handle(closed, "list.example", &out, &r);
	assert_true(result.code == ARC_FAIL && result.closed);
	assert_int_equal(r, E_DENIED);
	buf_done(&out);
}

/* A DNS that does not answer is no reason to close a chain for ever. */
static void no_answer(void **state)
{
	(void)state;
	struct str message = sealed(STR(LETTER), "list.example");
	struct buf out;
	int r;
	dns_zone_init(&zone, &arena);
	dns_zone_fail(&zone, STR("s._domainkey.list.example"));
	buf_init(&out, 1 << 20);
	struct arc_result result = handle(message, "list.example", &out, &r);
	assert_true(result.code == ARC_FAIL && result.temporary);
	assert_int_equal(r, E_DENIED);
	buf_done(&out);
}

/* A message signature that leaves a part of the body open is none. */
static void body_length_limit(void **state)
{
	(void)state;
	struct dkim_signature s;
	struct str message = sealed(STR(LETTER), "list.example");
	message = replace(message, "c=relaxed/relaxed;", "c=relaxed/relaxed; l=2;");
	assert_int_equal(verify(message).code, ARC_FAIL);
	assert_int_equal(dkim_signature_parse(&arena, DKIM_FORM_ARC_MESSAGE, STR("i=1; a=rsa-sha256; d=a.b; s=s; h=ARC-Seal; bh=YWJj; b=YWJj"), &s).code,
			 DKIM_PERMERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(chain_of_three, setup, teardown),
		cmocka_unit_test_setup_teardown(oldest_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(a43_broken_chains, setup, teardown),
		cmocka_unit_test_setup_teardown(a43_fifty_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(a43_self_made_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_chain_is_closed_once, setup, teardown),
		cmocka_unit_test_setup_teardown(no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(body_length_limit, setup, teardown),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
