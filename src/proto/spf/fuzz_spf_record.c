#include "proto/dns_env/dns_env_zone.h"
#include "proto/spf/spf_check.h"
#include "proto/spf/spf_macro.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_terms(const struct spf_record *r, struct str text)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct spf_term *t = &r->terms[i];
		require(t->text.p >= text.p && t->text.p + t->text.n <= text.p + text.n);
		require(t->bits4 <= 32 && t->bits6 <= 128);
		require(t->domain_spec.n == 0 || spf_macro_valid(t->domain_spec, SPF_MACRO_DOMAIN));
		require(t->qualifier >= SPF_NEUTRAL && t->qualifier <= SPF_SOFTFAIL);
	}
	require(!r->has_redirect || r->redirect.n);
	require(!r->has_exp || r->exp.n);
}

/* The record evaluated in a zone where everything leads back to it: the limits hold, and a result comes with its
 * reason. */
static void evaluate(struct arena *a, struct str record, struct str local, bool sound)
{
	struct dns_zone zone;
	struct dns_env dns;
	struct spf_result r;
	struct spf_question q = { .helo = STR("h.example"),
				  .local = local,
				  .domain = STR("e.example"),
				  .client = { .bytes = { 192, 0, 2, 1 } } };
	dns_zone_init(&zone, a);
	require(dns_zone_add(&zone, STR("e.example"), DNS_TXT, record) == OK &&
		dns_zone_add(&zone, STR("e.example"), DNS_A, STR("192.0.2.1")) == OK);
	require(dns_zone_add(&zone, STR("e.example"), DNS_MX, STR("1 e.example")) == OK);
	require(dns_zone_add(&zone, STR("x.example"), DNS_TXT, STR("v=spf1 include:e.example mx ptr -all")) == OK);
	require(dns_zone_add(&zone, STR("1.2.0.192.in-addr.arpa"), DNS_PTR, STR("e.example")) == OK);
	dns_env_init(&dns, a, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	spf_check_mail_from(&dns, &q, &r);
	require(r.reason.n && str_is_ascii(r.reason) && !str_has_control(r.reason));
	require(sound || r.code == SPF_PERMERROR || !spf_record_is(record));
	require(str_is_ascii(r.explanation) && !str_has_control(r.explanation) &&
		r.explanation.n <= SPF_EXPLANATION_MAX);
	require(r.terms <= SPF_TERMS_MAX + 1 && r.voids <= SPF_VOID_MAX + 1);
	require(dns.asked <= 2 + SPF_TERMS_MAX * (SPF_NAMES_MAX + 1));
	require(r.width <= 128 && (r.code != SPF_PASS || r.mechanism.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct spf_record record;
	struct str text = { (const char *)data, n }, term = STR("");
	struct str local = str_until(&text, '\n');
	arena_init(&a, 64 << 20, NULL, NULL);
	bool sound = spf_record_is(text) && spf_record_parse(&a, text, &record, &term) == OK;
	if (sound)
		check_terms(&record, text);
	if (text.n < 2000)
		evaluate(&a, text, local, sound);
	arena_done(&a);
	return 0;
}
