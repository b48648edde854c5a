#include "role/relay/relay_policy.h"

static int no(struct relay_verdict *v, bool for_good, const char *status, const char *why)
{
	relay_verdict_set(v, for_good ? QUEUE_FAILED : QUEUE_DEFERRED, status, "%s", why);
	v->policy = true;
	return E_DENIED;
}

static enum relay_policy_type type_of(const struct relay_dane *dane, const struct sts_policy *sts)
{
	if (dane->state != RELAY_DANE_NONE)
		return RELAY_POLICY_TLSA;
	return sts && sts->mode != STS_NONE ? RELAY_POLICY_STS : RELAY_POLICY_NONE;
}

/* Records of which none can be used ask for encryption; a policy beside them may ask for more. */
static enum relay_tls by_dane(const struct relay_dane *dane)
{
	if (dane->state != RELAY_DANE_RECORDS)
		return RELAY_TLS_OPPORTUNISTIC;
	return dane->set.count ? RELAY_TLS_DANE : RELAY_TLS_ENCRYPTED;
}

/* REQUIRETLS, and a password: the name of the host must be beyond doubt, as well as its certificate (RFC 8689 section 4.2.1). */
static int authenticate(const struct relay_wish *wish, bool authentic, struct relay_security *s,
			struct relay_verdict *reterr)
{
	if (wish->requiretls && !authentic && s->tls < RELAY_TLS_VERIFIED)
		return no(reterr, true, "5.7.30",
			  "the mail servers of this domain cannot be authenticated, which REQUIRETLS asks for");
	if (s->tls < RELAY_TLS_VERIFIED)
		s->tls = RELAY_TLS_VERIFIED;
	return OK;
}

int relay_policy_decide(const struct relay_wish *wish, bool authentic, const struct relay_dane *dane,
			const struct sts_policy *sts, struct str host, struct relay_security *ret,
			struct relay_verdict *reterr)
{
	bool strict = wish->password || wish->requiretls;
	bool listed = !sts || sts->mode == STS_NONE || sts_policy_allows(sts, host);
	struct relay_security s = { .requiretls = wish->requiretls,
				    .dane = dane->state == RELAY_DANE_RECORDS ? dane : NULL,
				    .policy = type_of(dane, sts) };
	*ret = s;
	if (wish->any_tls && !strict)
		return OK;
	if (dane->state == RELAY_DANE_UNKNOWN)
		return no(reterr, false, "4.7.5",
			  "DANE: the TLSA records of the host cannot be had with a valid DNSSEC proof");
	s.tls = by_dane(dane);
	if (s.tls != RELAY_TLS_DANE && sts && sts->mode != STS_NONE) {
		s.judged = RELAY_TLS_VERIFIED;
		s.not_listed = !listed;
	}
	if (s.tls != RELAY_TLS_DANE && sts && sts->mode == STS_ENFORCE) {
		*ret = s;
		if (!listed)
			return no(reterr, false, "4.7.5", "MTA-STS: the policy of the domain does not list this host");
		s.tls = RELAY_TLS_VERIFIED;
	}
	int r = strict ? authenticate(wish, authentic, &s, reterr) : OK;
	*ret = s;
	return r;
}
