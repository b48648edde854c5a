#include "proto/dmarc/dmarc_check.h"

const char *dmarc_code_name(enum dmarc_code code)
{
	static const char *const names[] = { "none", "pass", "fail", "temperror", "permerror" };
	return names[code];
}

enum dmarc_policy dmarc_disposition(const struct dmarc_result *r)
{
	return r->code == DMARC_FAIL ? r->policy : DMARC_POLICY_NONE;
}

struct check {
	struct dns_env *dns;
	const struct dmarc_input *in;
	struct dmarc_result *result;
	struct dmarc_walk walk; /* of the author domain */
	bool unsure;            /* a walk that could have shown alignment had no answer */
};

static void finish(struct dmarc_result *r, enum dmarc_code code, struct str reason)
{
	r->code = code;
	r->reason = reason;
}

/* A name that does not exist at all: NXDOMAIN (section 3.2.13). Not knowing is existing. */
static bool domain_exists(struct dns_env *dns, struct str domain)
{
	return dns_env_ask(dns, domain, DNS_A).status != DNS_ENV_NXDOMAIN;
}

/* sp or np of a record above the author domain (section 4.7). */
static void take_policy_from_above(struct check *c, const struct dmarc_record *record)
{
	struct dmarc_result *r = c->result;
	bool np = record->has_np && !domain_exists(c->dns, r->from_domain);
	r->policy = np ? record->np : record->sp;
	r->source = np ? DMARC_FROM_NP : record->has_sp ? DMARC_FROM_SP : DMARC_FROM_P;
}

/* t=y: one step milder (appendix A.6). */
static void soften(struct dmarc_result *r)
{
	if (r->record->testing && r->policy != DMARC_POLICY_NONE)
		r->policy--;
}

/* Section 4.10.1: the author domain's own record, else the organisation's, else the public suffix's. False: the result
 * is final. */
static bool discover_policy(struct check *c)
{
	struct dmarc_result *r = c->result;
	const struct dmarc_record *own = dmarc_walk_record(&c->walk, r->from_domain), *record = own;
	const struct dmarc_step *suffix = dmarc_walk_suffix(&c->walk, r->from_domain);
	r->policy_domain = own ? r->from_domain : c->walk.organization;
	if (!record)
		record = dmarc_walk_record(&c->walk, c->walk.organization);
	if (!record && suffix) {
		record = suffix->record;
		r->policy_domain = suffix->domain;
	}
	if (c->walk.start_failed || (c->walk.failed && !own)) {
		finish(
		    r, DMARC_TEMPERROR,
		    arena_printf(c->dns->a, "no answer about the DMARC record of " STR_FMT, STR_ARG(r->from_domain)));
		return false;
	}
	if (c->walk.ambiguous || !record || !record->usable) {
		finish(r, DMARC_NONE,
		       arena_printf(c->dns->a, STR_FMT " has %s", STR_ARG(r->from_domain),
				    c->walk.ambiguous ? "several DMARC records"
				    : record          ? "no usable DMARC record"
						      : "no DMARC record"));
		return false;
	}
	r->record = record;
	r->strict_dkim = record->strict_dkim;
	r->strict_spf = record->strict_spf;
	r->policy = record->p;
	r->source = DMARC_FROM_P;
	if (!own)
		take_policy_from_above(c, record);
	soften(r);
	return true;
}

/* Section 4.10.2. Equal is aligned, whatever else; strict is nothing but equal (A41, A42). Otherwise both must belong
 * to one organisation, and only a domain below the author's organisation can. *ret: the domain they share. */
static bool aligned(struct check *c, struct str domain, bool strict, struct str *ret)
{
	struct dmarc_result *r = c->result;
	if (str_ends(domain, STR(".")))
		domain.n--;
	if (str_ieq(domain, r->from_domain)) {
		*ret = strict ? r->from_domain : r->organization;
		return true;
	}
	if (strict || !dns_name_is_host(domain) || !dns_env_name_is_below(domain, r->organization))
		return false;
	struct dmarc_walk walk;
	dmarc_walk(c->dns, domain, &walk);
	c->unsure = c->unsure || walk.failed || c->walk.failed;
	*ret = r->organization;
	return str_ieq(walk.organization, r->organization);
}

static void align_signatures(struct check *c)
{
	struct dmarc_result *r = c->result;
	size_t looked_at = 0;
	for (size_t i = 0; i < c->in->signature_count && looked_at < DMARC_SIGNATURES_MAX && !r->dkim_aligned.n; i++) {
		const struct dmarc_signature *s = &c->in->signatures[i];
		struct str shared;
		if (!s->pass)
			continue;
		looked_at++;
		/* A signature over part of the body is looked up in relaxed mode: it is reported, never counted. */
		if (!aligned(c, s->domain, r->strict_dkim && s->unsigned_bytes == 0, &shared))
			continue;
		if (s->unsigned_bytes == 0)
			r->dkim_aligned = shared;
		else if (r->dkim_unsigned_bytes == 0)
			r->dkim_unsigned_bytes = s->unsigned_bytes;
	}
}

static void align_spf(struct check *c)
{
	struct str shared;
	if (c->in->spf_pass && aligned(c, c->in->spf_domain, c->result->strict_spf, &shared))
		c->result->spf_aligned = shared;
}

static void conclude(struct check *c)
{
	struct dmarc_result *r = c->result;
	struct arena *a = c->dns->a;
	if (r->dkim_aligned.n || r->spf_aligned.n)
		finish(r, DMARC_PASS,
		       arena_printf(a, "%s%s%s aligned with " STR_FMT, r->dkim_aligned.n ? "DKIM" : "",
				    r->dkim_aligned.n && r->spf_aligned.n ? " and " : "", r->spf_aligned.n ? "SPF" : "",
				    STR_ARG(r->from_domain)));
	else if (c->unsure)
		finish(r, DMARC_TEMPERROR,
		       arena_printf(a, "no answer about the organisation of " STR_FMT, STR_ARG(r->from_domain)));
	else if (r->dkim_unsigned_bytes)
		finish(r, DMARC_FAIL,
		       arena_printf(a, "the signature of " STR_FMT " leaves %llu octets of the body unsigned",
				    STR_ARG(r->from_domain), (unsigned long long)r->dkim_unsigned_bytes));
	else
		finish(r, DMARC_FAIL,
		       arena_printf(a, "neither DKIM nor SPF is aligned with " STR_FMT, STR_ARG(r->from_domain)));
}

static struct str comment_of(struct arena *a, const struct dmarc_result *r, struct str arc)
{
	static const char *const sources[] = { "p", "sp", "np" };
	struct str policy =
	    r->record ? arena_printf(a, "%s=%s dis=%s%s", sources[r->source], dmarc_policy_name(r->policy),
				     dmarc_policy_name(dmarc_disposition(r)), r->record->testing ? " t=y" : "")
		      : STR("");
	if (arc.n == 0)
		return policy;
	return arena_printf(a, STR_FMT "%sarc=" STR_FMT, STR_ARG(policy), policy.n ? " " : "", STR_ARG(arc));
}

static void check_domain(struct dns_env *dns, const struct dmarc_input *in, struct str domain, struct dmarc_result *ret)
{
	*ret = (struct dmarc_result){ .from_domain = domain };
	struct check c = { .dns = dns, .in = in, .result = ret };
	dmarc_walk(dns, domain, &c.walk);
	ret->organization = c.walk.organization;
	if (discover_policy(&c)) {
		align_signatures(&c);
		align_spf(&c);
		conclude(&c);
	}
	ret->comment = comment_of(dns->a, ret, in->arc);
}

/* Of several author domains every one must pass (A27): the worst result counts, among failures the strictest policy. */
static bool is_worse(const struct dmarc_result *a, const struct dmarc_result *b)
{
	static const unsigned rank[] = {
		[DMARC_PASS] = 0, [DMARC_NONE] = 1, [DMARC_TEMPERROR] = 2, [DMARC_PERMERROR] = 3, [DMARC_FAIL] = 4
	};
	if (a->code == b->code)
		return dmarc_disposition(a) > dmarc_disposition(b);
	return rank[a->code] > rank[b->code];
}

void dmarc_check(struct dns_env *dns, const struct dmarc_input *in, struct dmarc_result *ret)
{
	const struct dmarc_from *from = in->from;
	if (from->defect != DMARC_FROM_OK) {
		*ret = (struct dmarc_result){ .from_domain = from->count ? from->domains[0] : STR("") };
		finish(ret, DMARC_PERMERROR, str_c(dmarc_from_reason(from->defect)));
		return;
	}
	check_domain(dns, in, from->domains[0], ret);
	for (size_t i = 1; i < from->count; i++) {
		struct dmarc_result other;
		check_domain(dns, in, from->domains[i], &other);
		if (is_worse(&other, ret))
			*ret = other;
	}
}

int dmarc_destination_check(struct dns_env *dns, struct str policy_domain, struct str host)
{
	struct dmarc_walk ours, theirs;
	dmarc_walk(dns, policy_domain, &ours);
	dmarc_walk(dns, host, &theirs);
	if (str_ieq(ours.organization, theirs.organization))
		return OK;
	struct str name =
	    arena_printf(dns->a, STR_FMT "._report._dmarc." STR_FMT, STR_ARG(policy_domain), STR_ARG(host));
	struct dns_env_answer answer = dns_env_ask(dns, name, DNS_TXT);
	if (answer.status == DNS_ENV_TEMPERROR || ours.failed || theirs.failed)
		return E_AGAIN;
	for (size_t i = 0; i < answer.count; i++)
		if (dmarc_record_is(answer.values[i].text))
			return OK;
	return E_DENIED;
}
