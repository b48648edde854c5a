/* The verdict with the server's configuration and what a client said; answers of the resolver, and how long they are kept. */
#include "role/scan/scan_cache.h"
#include "role/scan/scan_dns.h"
#include "role/scan/scan_sender.h"

#include "proto/dns_env/dns_env_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena arena;
static struct dns_zone zone;
static struct conf conf;

static void set(char **field, const char *value)
{
	mem_free(*field);
	*field = memcpy(mem_alloc(strlen(value) + 1), value, strlen(value) + 1);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	conf_defaults(&conf);
	set(&conf.server.hostname, "mx.example.test");
	assert_int_equal(dns_zone_add(&zone, STR("_dmarc.strict.test"), DNS_TXT, STR("v=DMARC1; p=reject")), OK);
	dns_zone_fail(&zone, STR("_dmarc.lost.test"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	conf_done(&conf);
	arena_done(&arena);
	return 0;
}

static void judge(struct scan_sender *s, struct ipc_scan_req q, const char *message)
{
	scan_sender_init(s, &conf, &q);
	assert_int_equal(scan_sender_begin(s, str_c(message), 1700000000), OK);
	assert_int_equal(scan_sender_judge(s, dns_zone_source(&zone), SCAN_DNS_LIMITS), OK);
	assert_true(str_starts(buf_str(&s->prefix), STR("Authentication-Results: mx.example.test;")));
}

static enum verdict_action action_of(const char *message)
{
	struct scan_sender s;
	judge(&s, (struct ipc_scan_req){ .peer = STR("192.0.2.1"), .sender = STR("x@elsewhere.test") }, message);
	enum verdict_action action = s.verdict.action;
	scan_sender_done(&s);
	return action;
}

/* authentication.dmarc and authentication.uncertain */
static void configuration(void **state)
{
	(void)state;
	static const struct { const char *dmarc, *uncertain; enum verdict_action strict, lost; } rows[] = {
		{ "reject", "accept", VERDICT_REJECT, VERDICT_ACCEPT }, { "quarantine", "defer", VERDICT_JUNK, VERDICT_DEFER },
		{ "mark", "defer", VERDICT_ACCEPT, VERDICT_DEFER },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		set(&conf.authentication.dmarc, rows[i].dmarc);
		set(&conf.authentication.uncertain, rows[i].uncertain);
		assert_int_equal(action_of("From: a@strict.test\r\n\r\n"), rows[i].strict);
		assert_int_equal(action_of("From: a@lost.test\r\n\r\n"), rows[i].lost);
	}
}

/* The domains of the recipients are ours; the relation comes from the store; hostile lists end somewhere. */
static void facts(void **state)
{
	(void)state;
	struct buf b;
	struct bufw w = { .b = &b };
	struct scan_sender s;
	buf_init(&b, 1 << 20);
	write_str(&w, STR("anna.rossi@example.test"));
	write_str(&w, STR("bruno@example.test"));
	write_str(&w, STR("no address"));
	struct ipc_scan_req q = { .peer = STR("::ffff:192.0.2.1"), .sender = STR("a@exarnple.test"), .recipients = buf_str(&b), .relation = SENDER_NEW };
	judge(&s, q, "From: Anna Rossi <a@exarnple.test>\r\n\r\n");
	assert_int_equal(s.input.facts.own_count, 1);
	assert_int_equal(s.input.facts.people_count, 2);
	assert_true(verdict_has(&s.verdict, VERDICT_LOOKALIKE_OWN) && verdict_has(&s.verdict, VERDICT_NAME_COLLEAGUE) &&
		    verdict_has(&s.verdict, VERDICT_FIRST_TIME));
	scan_sender_done(&s);
	for (int i = 0; i < 500; i++)
		write_str(&w, STR("x@example.test"));
	q.recipients = buf_str(&b);
	q.relation = 99;
	q.peer = STR("nonsense");
	judge(&s, q, "From: b@strict.test\r\n\r\n");
	assert_true(s.input.facts.people_count <= 64 && !s.verdict.in.has_client);
	scan_sender_done(&s);
	buf_done(&b);
}

/* What takes more memory than any honest message is too large, and nothing is lost on the way. */
static void memory(void **state)
{
	(void)state;
	struct scan_sender s;
	struct ipc_scan_req q = { .peer = STR("192.0.2.1") };
	scan_sender_init(&s, &conf, &q);
	s.arena.limit = 64 << 10;
	assert_int_equal(scan_sender_begin(&s, STR("From: a@strict.test\r\nDKIM-Signature: v=1; a=rsa-sha256; d=a.test; s=s; h=from; bh=AAAA; b=AAAA\r\n\r\nx"), 1), OK);
	s.arena.limit = s.arena.total;
	assert_int_equal(scan_sender_judge(&s, dns_zone_source(&zone), SCAN_DNS_LIMITS), E_TOOBIG);
	scan_sender_done(&s);
}

static struct dns_env_answer answer_of(uint32_t rcode, uint32_t security, struct str answers)
{
	struct dns_env_answer a;
	struct ipc_dns_rep rep = { .rcode = rcode, .security = security, .answers = answers };
	scan_dns_answer(&arena, DNS_TXT, &rep, &a);
	return a;
}

/* A47, A48: bogus, broken and strange answers are none. */
static void a47_answers(void **state)
{
	(void)state;
	static const struct str one = STR_INIT("\x04\x03" "abc"), broken = STR_INIT("\x40\x03" "abc"), wrong = STR_INIT("\x02\x05" "a");
	struct dns_env_answer a = answer_of(DNS_NOERROR, DNS_SECURE, one);
	assert_true(a.status == DNS_ENV_FOUND && a.secure && a.count == 1 && str_eq(a.values[0].text, STR("abc")));
	assert_int_equal(answer_of(DNS_NOERROR, DNS_INSECURE, STR("")).status, DNS_ENV_NODATA);
	assert_int_equal(answer_of(DNS_NXDOMAIN, DNS_INSECURE, STR("")).status, DNS_ENV_NXDOMAIN);
	assert_int_equal(answer_of(DNS_SERVFAIL, DNS_BOGUS, STR("")).status, DNS_ENV_TEMPERROR);
	assert_int_equal(answer_of(DNS_NOERROR, DNS_BOGUS, one).status, DNS_ENV_TEMPERROR);
	assert_int_equal(answer_of(DNS_NOERROR, 77, one).status, DNS_ENV_TEMPERROR);
	assert_int_equal(answer_of(DNS_REFUSED, DNS_INSECURE, STR("")).status, DNS_ENV_TEMPERROR);
	assert_int_equal(answer_of(DNS_NOERROR, DNS_INSECURE, broken).status, DNS_ENV_TEMPERROR);
	assert_int_equal(answer_of(DNS_NOERROR, DNS_INSECURE, wrong).status, DNS_ENV_NODATA);
}

static void cache(void **state)
{
	(void)state;
	static char big[SCAN_CACHE_ANSWER_MAX + 1];
	struct ipc_dns_rep in = { .rcode = DNS_NOERROR, .security = DNS_SECURE, .ttl = 10, .answers = STR("\x04\x03" "abc") }, out;
	scan_cache_clear(7);
	assert_false(scan_cache_get(STR("a.test"), DNS_TXT, 0, &out));
	scan_cache_put(STR("a.test"), DNS_TXT, 0, &in);
	assert_true(scan_cache_get(STR("A.test"), DNS_TXT, 9999, &out));
	assert_true(str_eq(out.answers, in.answers) && out.security == DNS_SECURE);
	assert_false(scan_cache_get(STR("a.test"), DNS_TXT, 10000, &out));
	assert_false(scan_cache_get(STR("a.test"), DNS_MX, 0, &out));
	assert_false(scan_cache_get(STR("b.test"), DNS_TXT, 0, &out));
	in.ttl = UINT32_MAX;
	scan_cache_put(STR("long.test"), DNS_TXT, 0, &in);
	assert_false(scan_cache_get(STR("long.test"), DNS_TXT, (int64_t)SCAN_CACHE_SECONDS_MAX * 1000, &out));
	in.ttl = 0;
	scan_cache_put(STR("zero.test"), DNS_TXT, 0, &in);
	assert_false(scan_cache_get(STR("zero.test"), DNS_TXT, 0, &out));
	in = (struct ipc_dns_rep){ .ttl = 10, .answers = { big, sizeof big } };
	scan_cache_put(STR("big.test"), DNS_TXT, 0, &in);
	assert_false(scan_cache_get(STR("big.test"), DNS_TXT, 0, &out));
	/* strangers' names take each other's places, and no more */
	in = (struct ipc_dns_rep){ .ttl = 10, .answers = STR("x") };
	for (int i = 0; i < 3 * SCAN_CACHE_PLACES; i++)
		scan_cache_put(arena_printf(&arena, "n%d.test", i), DNS_TXT, 0, &in);
	scan_cache_clear(8);
}

int main(void)
{
	if (verdict_prepare() != OK)
		return 1;
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = { ROW(configuration), ROW(facts), ROW(memory), ROW(a47_answers), ROW(cache) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
