#include "proto/verdict/verdict_internal.h"

#include "proto/authres/authres.h"
#include "proto/header/header.h"

static void decide(struct verdict *v, enum verdict_action action, struct str reason)
{
	v->action = action;
	v->reason = reason;
}

static bool of_organization(const struct verdict *v, struct str domain)
{
	struct str organization = v->dmarc.organization.n ? v->dmarc.organization : v->dmarc.from_domain;
	return domain.n && organization.n && dns_env_name_is_below(domain, organization);
}

/* A failure that an answer from DNS might have turned into a pass is not known to be one. Only identities of the author's own organisation
 * can be meant, and one that a message made us run out of questions for is not excused. */
static bool is_uncertain(const struct verdict *v)
{
	if (v->dmarc.code == DMARC_TEMPERROR)
		return true;
	if (v->dmarc.code != DMARC_FAIL)
		return false;
	if (v->in.has_client && v->mail_from.code == SPF_TEMPERROR && of_organization(v, v->mail_from.domain))
		return true;
	for (size_t i = 0; i < v->dkim.count; i++)
		if (v->dkim.results[i].code == DKIM_TEMPERROR && of_organization(v, v->dkim.results[i].domain))
			return true;
	return false;
}

/* The newest set of a trusted sealer says that DMARC passed where it came in (RFC 8617 section 7.2; A43). */
static bool trusted_sealer_vouches(const struct verdict *v)
{
	struct authres results;
	const struct verdict_policy *p = &v->in.policy;
	if (!arc_result_is_trusted(&v->arc.result, p->sealers, p->sealer_count) ||
	    authres_parse(v->a, v->arc.result.payload, &results) != OK)
		return false;
	for (size_t i = 0; i < results.count; i++)
		if (str_ieq(results.results[i].method, STR("dmarc")))
			return str_ieq(results.results[i].result, STR("pass"));
	return false;
}

/* A domain other than the author's that answers for the message: a signature that counts, or SPF. */
static bool is_proven_by(const struct verdict *v, struct str domain)
{
	if (v->in.has_client && v->mail_from.code == SPF_PASS && dns_env_name_is_below(v->mail_from.domain, domain))
		return true;
	for (size_t i = 0; i < v->dkim.count; i++)
		if (dkim_result_counts(&v->dkim.results[i]) && dns_env_name_is_below(v->dkim.results[i].domain, domain))
			return true;
	return false;
}

static bool trusted_list_vouches(const struct verdict *v)
{
	for (size_t i = 0; i < v->in.policy.list_count; i++)
		if (is_proven_by(v, v->in.policy.lists[i]))
			return true;
	return false;
}

/* "List-Id: Gardeners <gardeners.lists.example.org>" (RFC 2919): the domain of the list, without its first label. */
static struct str list_domain(const struct verdict *v)
{
	struct header_field f;
	if (!header_find(v->header, STR("List-Id"), &f))
		return STR("");
	struct str value = header_unfold(v->a, f.value);
	size_t from = str_rfind(value, '<'), end = str_rfind(value, '>');
	if (from == STR_NPOS || end == STR_NPOS || end < from)
		return STR("");
	struct str id = { value.p + from + 1, end - from - 1 };
	return dns_env_name_labels(id) > 2 && dns_name_is_host(id) ? dns_env_name_parent(id) : STR("");
}

/* Lists break signatures, and RFC 9989 section 7.4 asks not to refuse their mail for it. Anybody can call himself a list: so what proves
 * to come from where its List-Id says is put aside, not let in. */
static bool looks_like_list(const struct verdict *v)
{
	struct str domain = list_domain(v);
	return domain.n && !of_organization(v, domain) && is_proven_by(v, domain);
}

static void soften(struct verdict *v)
{
	if (trusted_sealer_vouches(v)) {
		v->override = VERDICT_TRUSTED_SEALER;
		decide(v, VERDICT_ACCEPT, STR("a trusted forwarder vouches for it"));
	} else if (trusted_list_vouches(v)) {
		v->override = VERDICT_TRUSTED_LIST;
		decide(v, VERDICT_ACCEPT, STR("it comes from a trusted mailing list"));
	} else if (v->action == VERDICT_REJECT && looks_like_list(v)) {
		v->override = VERDICT_LIST_LIKE;
		v->action = VERDICT_JUNK;
	}
}

static void apply_mode(struct verdict *v)
{
	enum verdict_action most = v->in.policy.mode == VERDICT_MARK ? VERDICT_ACCEPT : VERDICT_JUNK;
	if (v->in.policy.mode == VERDICT_ENFORCE || v->action <= most || v->action == VERDICT_DEFER)
		return;
	v->override = VERDICT_LOCAL_POLICY;
	v->action = most;
}

/* A From field that different readers would read differently is nobody's (A27, A28, A29). */
static void decide_malformed(struct verdict *v)
{
	struct str reason = arena_printf(v->a, "The From field is not acceptable: %s", dmarc_from_reason(v->from.defect));
	if (v->from.defect == DMARC_FROM_SEVERAL_FIELDS || v->from.defect == DMARC_FROM_MISSING)
		decide(v, VERDICT_REJECT, reason);
	else
		decide(v, VERDICT_JUNK, reason);
}

static void decide_uncertain(struct verdict *v)
{
	verdict_mark(v, VERDICT_UNCERTAIN, v->dmarc.reason);
	if (v->in.policy.defer_uncertain)
		decide(v, VERDICT_DEFER, STR("The sender cannot be verified now: no answer from DNS"));
	else if (v->dmarc.record && v->dmarc.policy != DMARC_POLICY_NONE)
		decide(v, VERDICT_JUNK, STR("The sender could not be verified: no answer from DNS"));
}

static void decide_failed(struct verdict *v)
{
	enum dmarc_policy wish = dmarc_disposition(&v->dmarc);
	if (wish == DMARC_POLICY_NONE)
		return;
	decide(v, wish == DMARC_POLICY_REJECT ? VERDICT_REJECT : VERDICT_JUNK,
	       arena_printf(v->a, "Not authenticated as the DMARC policy of " STR_FMT " demands", STR_ARG(v->dmarc.from_domain)));
	soften(v);
}

void verdict_decide(struct verdict *v)
{
	if (v->from.defect != DMARC_FROM_OK)
		decide_malformed(v);
	else if (is_uncertain(v))
		decide_uncertain(v);
	else
		decide_failed(v);
	apply_mode(v);
}
