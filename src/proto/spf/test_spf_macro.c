#include "proto/spf/spf_macro.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static struct spf_macro_values values_of(const char *ip)
{
	struct spf_macro_values v = {
		.local = STR("strong-bad"),
		.sender_domain = STR("email.example.com"),
		.domain = STR("email.example.com"),
		.helo = STR("mx.example.org"),
		.validated = STR("mx.example.org"),
		.receiver = STR("rcv.example"),
		.now = 1700000000,
	};
	assert_int_equal(ip_parse(str_c(ip), &v.ip), OK);
	return v;
}

static void expands_to(const char *ip, struct str text, struct str want)
{
	struct spf_macro_values v = values_of(ip);
	struct str got;
	arena_init(&arena, 1 << 20, NULL, NULL);
	assert_int_equal(spf_macro_expand_explanation(&arena, text, &v, &got), OK);
	if (!str_eq(got, want))
		fprintf(stderr, STR_FMT ": " STR_FMT "\n", STR_ARG(text), STR_ARG(got));
	assert_true(str_eq(got, want));
	arena_done(&arena);
}

/* RFC 7208 section 7.4, all of it, and the letters of explanations. */
static void examples(void **state)
{
	(void)state;
	static const struct {
		struct str text, want;
	} rows[] = {
		{ STR_INIT("%{s}"), STR_INIT("strong-bad@email.example.com") },
		{ STR_INIT("%{o}"), STR_INIT("email.example.com") },
		{ STR_INIT("%{d}"), STR_INIT("email.example.com") },
		{ STR_INIT("%{d4}"), STR_INIT("email.example.com") },
		{ STR_INIT("%{d3}"), STR_INIT("email.example.com") },
		{ STR_INIT("%{d2}"), STR_INIT("example.com") },
		{ STR_INIT("%{d1}"), STR_INIT("com") },
		{ STR_INIT("%{dr}"), STR_INIT("com.example.email") },
		{ STR_INIT("%{d2r}"), STR_INIT("example.email") },
		{ STR_INIT("%{l}"), STR_INIT("strong-bad") },
		{ STR_INIT("%{l-}"), STR_INIT("strong.bad") },
		{ STR_INIT("%{lr}"), STR_INIT("strong-bad") },
		{ STR_INIT("%{lr-}"), STR_INIT("bad.strong") },
		{ STR_INIT("%{l1r-}"), STR_INIT("strong") },
		{ STR_INIT("%{ir}.%{v}._spf.%{d2}"), STR_INIT("3.2.0.192.in-addr._spf.example.com") },
		{ STR_INIT("%{lr-}.lp._spf.%{d2}"), STR_INIT("bad.strong.lp._spf.example.com") },
		{ STR_INIT("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}"),
		  STR_INIT("bad.strong.lp.3.2.0.192.in-addr._spf.example.com") },
		{ STR_INIT("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}"),
		  STR_INIT("3.2.0.192.in-addr.strong.lp._spf.example.com") },
		{ STR_INIT("%{d2}.trusted-domains.example.net"), STR_INIT("example.com.trusted-domains.example.net") },
		{ STR_INIT("%{c} %{r} %{t} %{p} %{h}"),
		  STR_INIT("192.0.2.3 rcv.example 1700000000 mx.example.org mx.example.org") },
		{ STR_INIT("%%%_%-"), STR_INIT("% %20") },
		{ STR_INIT("%{S}"), STR_INIT("strong-bad%40email.example.com") },
		{ STR_INIT("%{L1r-}"), STR_INIT("strong") },
		{ STR_INIT(""), STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expands_to("192.0.2.3", rows[i].text, rows[i].want);
	expands_to("2001:db8::cb01", STR("%{ir}.%{v}._spf.%{d2}"),
		   STR("1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com"));
}

/* A39: digit 0, far too many, missing brace, wrong letters. */
static void a39_syntax(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		bool domain, explain;
	} rows[] = {
		{ STR_INIT("%{d0}"), false, false },  { STR_INIT("%{d00}"), false, false },
		{ STR_INIT("%{d999}"), true, true },  { STR_INIT("%{d99999999999999999999}"), false, false },
		{ STR_INIT("%{d-1}"), false, false }, { STR_INIT("%{d"), false, false },
		{ STR_INIT("%{"), false, false },     { STR_INIT("%"), false, false },
		{ STR_INIT("a%"), false, false },     { STR_INIT("%a"), false, false },
		{ STR_INIT("%{}"), false, false },    { STR_INIT("%{x}"), false, false },
		{ STR_INIT("%{d2r+-}"), true, true }, { STR_INIT("%{dr2}"), false, false },
		{ STR_INIT("%{d.r}"), false, false }, { STR_INIT("%{c}"), false, true },
		{ STR_INIT("%{dR}"), true, true },    { STR_INIT("%{\0}"), false, false },
		{ STR_INIT("a b"), false, true },     { STR_INIT("%{d}.com"), true, true },
		{ STR_INIT("%{d}com"), false, true }, { STR_INIT("%{d}.c_m"), false, true },
		{ STR_INIT("a.1"), false, true },     { STR_INIT("a.1a"), true, true },
		{ STR_INIT("a.-b"), false, true },    { STR_INIT("a.b-"), false, true },
		{ STR_INIT("a.b."), true, true },     { STR_INIT("a.b.."), false, true },
		{ STR_INIT(""), false, true },        { STR_INIT("\x80.com"), false, false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool domain = spf_macro_valid(rows[i].text, SPF_MACRO_DOMAIN),
		     explain = spf_macro_valid(rows[i].text, SPF_MACRO_EXPLAIN);
		if (domain != rows[i].domain || explain != rows[i].explain)
			fprintf(stderr, "row %zu: " STR_FMT "\n", i, STR_ARG(rows[i].text));
		assert_true(domain == rows[i].domain && explain == rows[i].explain);
	}
	assert_true(spf_macro_uses_validated(STR("a.%{l}.%{p2r}")));
	assert_false(spf_macro_uses_validated(STR("p.%{l}.%%{p}")));
}

/* A39: results are bounded; names lose labels on the left (section 7.3), explanations past the ceiling are none. */
static void a39_bounds(void **state)
{
	(void)state;
	struct spf_macro_values v = values_of("192.0.2.1");
	struct str got;
	arena_init(&arena, 1 << 20, NULL, NULL);
	assert_int_equal(spf_macro_expand_domain(
			     &arena, STR("%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}%{s}.example.com."), &v, &got),
			 OK);
	assert_true(got.n <= SPF_DOMAIN_MAX && str_ends(got, STR(".com.example.com")) &&
		    str_starts(got, STR("example.comstrong-bad@")));
	char many[4 * 2000];
	for (size_t i = 0; i < sizeof many; i += 4)
		memcpy(many + i, "%{s}", 4);
	assert_int_equal(spf_macro_expand_domain(&arena, (struct str){ many, sizeof many }, &v, &got), E_TOOBIG);
	assert_int_equal(spf_macro_expand_explanation(&arena, (struct str){ many, sizeof many }, &v, &got), E_TOOBIG);
	v.local = STR("a\r\nRCPT");
	assert_int_equal(spf_macro_expand_explanation(&arena, STR("%{l}"), &v, &got), E_SYNTAX);
	assert_int_equal(spf_macro_expand_explanation(&arena, STR("%{L}"), &v, &got), OK);
	assert_true(str_eq(got, STR("a%0D%0ARCPT")));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples), cmocka_unit_test(a39_syntax),
					    cmocka_unit_test(a39_bounds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
