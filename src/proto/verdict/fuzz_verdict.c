/* Any message with any envelope, DNS from a small table. What is written is one Authentication-Results field that reads as ours; the reason is fit
 * for a reply; nothing but an aligned identity makes DMARC pass; a second From above never keeps a pass. */
#include "proto/verdict/verdict.h"

#include "proto/authres/authres.h"
#include "proto/dns_env/dns_env_zone.h"

#include <setjmp.h>
#include <stdlib.h>

enum { MESSAGE_BYTES = 16 << 10 };

static jmp_buf stop;
static void full(void *ctx)
{
	(void)ctx;
	longjmp(stop, 1);
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void fill(struct dns_zone *z)
{
	static const struct { const char *name, *text; } rows[] = {
		{ "a.test", "v=spf1 ip4:192.0.2.0/24 -all" }, { "_dmarc.a.test", "v=DMARC1; p=reject" }, { "_dmarc.b.test", "v=DMARC1; p=quarantine; t=y" },
		{ "k._domainkey.a.test", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" }, { "b.test", "v=spf1 include:a.test exists:%{l}.b.test ~all" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		require(dns_zone_add(z, str_c(rows[i].name), DNS_TXT, str_c(rows[i].text)) == OK);
	dns_zone_fail(z, STR("_dmarc.c.test"));
}

static void check_field(struct arena *a, const struct verdict *v)
{
	struct buf out;
	struct authres parsed;
	buf_init(&out, 32 << 10);
	require(verdict_write(v, &out) == OK);
	struct str field = buf_str(&out);
	require(str_take(&field, STR("Authentication-Results:")) && str_ends(field, STR("\r\n")));
	require(authres_parse(a, field, &parsed) == OK && str_eq(parsed.id, STR("mx.a.test")) && authres_claims(a, field, STR("mx.a.test")));
	buf_done(&out);
}

static void check(struct arena *a, const struct verdict *v)
{
	require(v->reason.n > 0 && v->reason.n < 512 && str_is_ascii(v->reason) && !str_has_control(v->reason));
	require(v->dmarc.code != DMARC_PASS || v->from.defect == DMARC_FROM_OK);
	require(v->dmarc.code != DMARC_PASS || v->dmarc.dkim_aligned.n || v->dmarc.spf_aligned.n);
	require(v->action != VERDICT_REJECT || v->dmarc.code == DMARC_FAIL || v->dmarc.code == DMARC_PERMERROR);
	for (unsigned i = 0; i < VERDICT_MARK_COUNT; i++)
		require(verdict_has(v, i) || v->detail[i].n == 0);
	check_field(a, v);
}

static struct str take_line(struct str *s, size_t max) { return str_first(str_until(s, '\n'), max); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct verdict v;
	struct str rest = { (const char *)data, n };
	struct arena a;
	struct dns_zone zone;
	struct dns_env dns;
	if (n > MESSAGE_BYTES || verdict_prepare() != OK)
		return 0;
	arena_init(&a, 128 << 20, full, NULL);
	v = (struct verdict){ .hashing = false };
	if (!setjmp(stop)) {
		struct str own = STR("a.test");
		struct verdict_person person = { STR("Anna Rossi"), STR("anna@a.test") };
		struct verdict_input in = { .has_client = true, .client = { .bytes = { 192, 0, 2, 1 } }, .receiver = STR("mx.a.test"), .now = 1700000000,
					    .facts = { &own, &own, 1, 1, &person, 1, VERDICT_RELATION_NONE } };
		in.helo = take_line(&rest, 255);
		in.sender = take_line(&rest, 320);
		in.policy.mode = rest.n % 3;
		in.message = rest;
		dns_zone_init(&zone, &a);
		fill(&zone);
		dns_env_init(&dns, &a, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
		verdict_begin(&v, &a, &in);
		verdict_judge(&v, &dns);
		check(&a, &v);
	}
	verdict_done(&v);
	arena_done(&a);
	return 0;
}
