#include "proto/spf/spf_check.h"

#include "proto/addr/addr_normal.h"
#include "proto/spf/spf_internal.h"

enum { RECORD_DEPTH = SPF_TERMS_MAX + 1 }; /* each level below the first costs a term */

static void set_reason(struct spf_check *c, struct str reason)
{
	if (c->result->reason.n == 0)
		c->result->reason = reason;
}

enum spf_code spf_stop(struct spf_check *c, enum spf_code code, struct str reason)
{
	set_reason(c,
		   code == SPF_TEMPERROR && c->dns->exhausted ? STR("the DNS budget of the message is spent") : reason);
	return code;
}

/* A stranger's bytes for a reason text. */
static struct str shown(struct arena *a, struct str s)
{
	enum { SHOWN_MAX = 80 };
	s = str_first(s, SHOWN_MAX);
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] < ' ' || s.p[i] > '~' ? '?' : s.p[i];
	return (struct str){ p, s.n };
}

/* The one SPF record of the domain (sections 4.4 and 4.5). SPF_PASS: *ret holds it. */
static enum spf_code find_record(struct spf_check *c, struct str domain, struct str *ret)
{
	struct dns_env_answer answer = dns_env_ask(c->dns, domain, DNS_TXT);
	size_t found = 0;
	if (answer.status == DNS_ENV_TEMPERROR)
		return spf_stop(c, SPF_TEMPERROR,
				arena_printf(c->a, "no answer about the TXT records of " STR_FMT, STR_ARG(domain)));
	for (size_t i = 0; i < answer.count; i++) {
		if (!spf_record_is(answer.values[i].text))
			continue;
		*ret = answer.values[i].text;
		found++;
	}
	if (found == 0)
		return SPF_NONE;
	if (found > 1)
		return spf_stop(c, SPF_PERMERROR,
				arena_printf(c->a, STR_FMT " has more than one SPF record", STR_ARG(domain)));
	return SPF_PASS;
}

static enum spf_code parse_record(struct spf_check *c, struct str domain, struct str text, struct spf_record *ret)
{
	struct str term = STR("");
	if (spf_record_parse(c->a, text, ret, &term) == OK)
		return SPF_PASS;
	return spf_stop(c, SPF_PERMERROR,
			arena_printf(c->a, "the SPF record of " STR_FMT " is wrong at \"" STR_FMT "\"", STR_ARG(domain),
				     STR_ARG(shown(c->a, term))));
}

static bool asks_dns(enum spf_mechanism m) { return m != SPF_ALL && m != SPF_IP4 && m != SPF_IP6; }

bool spf_spend_term(struct spf_check *c) { return ++c->result->terms <= SPF_TERMS_MAX; }

static enum spf_code too_many_terms(struct spf_check *c)
{
	return spf_stop(c, SPF_PERMERROR, arena_printf(c->a, "more than %d terms ask DNS", SPF_TERMS_MAX));
}

static void forget_match(struct spf_result *r)
{
	r->mechanism = r->matched_in = STR("");
	r->width = SPF_WIDTH_UNKNOWN;
}

/* The results of the included record (section 5.2). */
static enum spf_match include(struct spf_check *c, const struct spf_term *term, struct str target, unsigned depth)
{
	enum spf_code inner = spf_evaluate(c, target, depth + 1);
	if (inner != SPF_PASS)
		forget_match(c->result);
	switch (inner) {
	case SPF_PASS:
		return SPF_MATCH;
	case SPF_TEMPERROR:
		return SPF_MATCH_TEMPERROR;
	case SPF_NONE:
		spf_stop(c, SPF_PERMERROR,
			 arena_printf(c->a, STR_FMT ": that domain has no SPF record", STR_ARG(term->text)));
		return SPF_MATCH_PERMERROR;
	case SPF_PERMERROR:
		return SPF_MATCH_PERMERROR;
	default:
		return SPF_NO_MATCH;
	}
}

static enum spf_match match_term(struct spf_check *c, const struct spf_term *term, struct str domain, unsigned depth)
{
	struct str target = domain;
	if (asks_dns(term->mechanism) && !spf_spend_term(c)) {
		too_many_terms(c);
		return SPF_MATCH_PERMERROR;
	}
	if (term->domain_spec.n && spf_expand(c, term->domain_spec, domain, &target) != OK) {
		spf_stop(c, SPF_PERMERROR, arena_printf(c->a, STR_FMT " expands beyond any name", STR_ARG(term->text)));
		return SPF_MATCH_PERMERROR;
	}
	if (term->mechanism == SPF_INCLUDE)
		return include(c, term, target, depth);
	return spf_match_address(c, term, target);
}

static void note_match(struct spf_check *c, const struct spf_term *term, struct str domain)
{
	struct spf_result *r = c->result;
	if (term->mechanism == SPF_INCLUDE)
		return; /* the term inside says more */
	r->mechanism = term->text;
	r->matched_in = domain;
	r->width = spf_term_width(term, c->values.ip.v6);
}

/* Directives in order up to the first match; SPF_NONE: none matched. */
static enum spf_code evaluate_terms(struct spf_check *c, const struct spf_record *record, struct str domain,
				    unsigned depth)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct spf_term *term = &record->terms[i];
		enum spf_match m = match_term(c, term, domain, depth);
		if (m == SPF_MATCH_TEMPERROR || m == SPF_MATCH_PERMERROR)
			return spf_stop(c, m == SPF_MATCH_TEMPERROR ? SPF_TEMPERROR : SPF_PERMERROR,
					arena_printf(c->a, "could not evaluate " STR_FMT, STR_ARG(term->text)));
		if (m == SPF_NO_MATCH)
			continue;
		note_match(c, term, domain);
		return term->qualifier;
	}
	return SPF_NONE;
}

/* Spends a term on redirect= and gives the domain to go on with (section 6.1). SPF_PASS: go on. */
static enum spf_code redirect(struct spf_check *c, const struct spf_record *record, struct str *domain)
{
	struct str target;
	if (!spf_spend_term(c))
		return too_many_terms(c);
	if (spf_expand(c, record->redirect, *domain, &target) != OK)
		return spf_stop(c, SPF_PERMERROR, STR("redirect= expands beyond any name"));
	*domain = target;
	return SPF_PASS;
}

enum spf_code spf_evaluate(struct spf_check *c, struct str domain, unsigned depth)
{
	bool redirected = false;
	if (depth >= RECORD_DEPTH)
		return too_many_terms(c);
	for (;;) {
		struct str text;
		struct spf_record record;
		enum spf_code code = find_record(c, domain, &text);
		if (code == SPF_NONE && redirected)
			return spf_stop(c, SPF_PERMERROR,
					arena_printf(c->a, "redirect=" STR_FMT ": no SPF record there",
						     STR_ARG(shown(c->a, domain))));
		if (code != SPF_PASS || (code = parse_record(c, domain, text, &record)) != SPF_PASS)
			return code;
		code = evaluate_terms(c, &record, domain, depth);
		if (code != SPF_NONE) {
			c->exp = record.has_exp ? record.exp : STR("");
			c->exp_domain = domain;
			return code;
		}
		if (!record.has_redirect)
			return SPF_NEUTRAL; /* section 4.7 */
		code = redirect(c, &record, &domain);
		if (code != SPF_PASS)
			return code;
		redirected = true;
	}
}

/* exp= of the record that said fail (section 6.2). Whatever goes wrong, there is no explanation; it spends no limits.
 */
static void explain(struct spf_check *c)
{
	struct str target;
	if (c->exp.n == 0 || spf_expand(c, c->exp, c->exp_domain, &target) != OK)
		return;
	struct dns_env_answer answer = dns_env_ask(c->dns, target, DNS_TXT);
	if (answer.status != DNS_ENV_FOUND || answer.count != 1)
		return;
	struct str text = answer.values[0].text;
	if (!spf_macro_valid(text, SPF_MACRO_EXPLAIN))
		return;
	spf_prepare_macros(c, text, c->exp_domain);
	if (spf_macro_expand_explanation(c->a, text, &c->values, &text) == OK)
		c->result->explanation = text;
}

/* What can be asked about (section 4.3): names with more than one label, of letters, digits, "-" and "_" (A30). */
static bool domain_is_fit(struct arena *a, struct str domain, struct str *ret)
{
	if (str_ends(domain, STR(".")))
		domain.n--;
	if (!str_is_ascii(domain) && addr_domain_normalize(a, domain, &domain) != OK)
		return false;
	if (!dns_name_is_host(domain) || str_find(domain, '.') == STR_NPOS)
		return false;
	*ret = domain;
	return true;
}

static struct str describe(struct spf_check *c)
{
	const struct spf_result *r = c->result;
	char ip[IP_TEXT_MAX];
	struct str client = ip_format(c->values.ip, ip);
	if (r->mechanism.n)
		return arena_printf(c->a, STR_FMT " matches " STR_FMT " of " STR_FMT, STR_ARG(client),
				    STR_ARG(r->mechanism), STR_ARG(r->matched_in));
	if (r->code == SPF_NONE)
		return arena_printf(c->a, STR_FMT " has no SPF record", STR_ARG(r->domain));
	return arena_printf(c->a, "nothing in the record of " STR_FMT " matches " STR_FMT, STR_ARG(r->domain),
			    STR_ARG(client));
}

static void check(struct dns_env *dns, const struct spf_question *q, struct str local, struct str domain,
		  struct spf_result *ret)
{
	*ret = (struct spf_result){ .code = SPF_NONE, .width = SPF_WIDTH_UNKNOWN };
	struct str fit;
	if (!domain_is_fit(dns->a, domain, &fit)) {
		ret->domain = domain;
		ret->reason = STR("the domain is not one that can be asked about");
		return;
	}
	struct spf_check c = { .a = dns->a, .dns = dns, .result = ret };
	c.values = (struct spf_macro_values){
		.ip = ip_unmapped(q->client),
		.local = local.n ? local : STR("postmaster"),
		.sender_domain = fit,
		.helo = q->helo,
		.receiver = q->receiver.n ? q->receiver : STR("unknown"),
		.now = q->now,
	};
	ret->domain = fit;
	ret->code = spf_evaluate(&c, fit, 0);
	if (ret->code == SPF_FAIL)
		explain(&c);
	if (ret->code == SPF_TEMPERROR || ret->code == SPF_PERMERROR)
		forget_match(ret);
	else
		ret->reason = describe(&c);
}

void spf_check_mail_from(struct dns_env *dns, const struct spf_question *q, struct spf_result *ret)
{
	bool null = q->domain.n == 0;
	check(dns, q, null ? STR("") : q->local, null ? q->helo : q->domain, ret);
}

void spf_check_helo(struct dns_env *dns, const struct spf_question *q, struct spf_result *ret)
{
	check(dns, q, STR(""), q->helo, ret);
}

bool spf_pass_is_broad(const struct spf_result *r, struct ip_address client)
{
	enum { BROAD4 = 32 - 12, BROAD6 = 128 - 28 };
	return r->code == SPF_PASS && r->width >= (ip_unmapped(client).v6 ? BROAD6 : BROAD4);
}
