#include "proto/spf/spf_internal.h"

static enum spf_match temperror(struct spf_check *c, struct str name)
{
	spf_stop(c, SPF_TEMPERROR, arena_printf(c->a, "no answer about " STR_FMT, STR_ARG(name)));
	return SPF_MATCH_TEMPERROR;
}

/* The question a term asks first. A term whose answer is empty is a void look-up (section 4.6.4). SPF_MATCH: there are
 * values. */
static enum spf_match ask_for_term(struct spf_check *c, struct str name, enum dns_type type, struct dns_env_answer *ret)
{
	*ret = dns_env_ask(c->dns, name, type);
	if (ret->status == DNS_ENV_TEMPERROR)
		return temperror(c, name);
	if (ret->status == DNS_ENV_FOUND)
		return SPF_MATCH;
	if (++c->result->voids <= SPF_VOID_MAX)
		return SPF_NO_MATCH;
	spf_stop(c, SPF_PERMERROR, arena_printf(c->a, "more than %d terms have no answer", SPF_VOID_MAX));
	return SPF_MATCH_PERMERROR;
}

static enum dns_type address_type(const struct spf_check *c) { return c->values.ip.v6 ? DNS_AAAA : DNS_A; }

static bool holds_client(const struct spf_check *c, const struct dns_env_answer *answer, const struct spf_term *term)
{
	unsigned bits = c->values.ip.v6 ? term->bits6 : term->bits4;
	for (size_t i = 0; i < answer->count; i++)
		if (ip_matches(c->values.ip, answer->values[i].address, bits))
			return true;
	return false;
}

static enum spf_match match_all(struct spf_check *c, const struct spf_term *term, struct str target)
{
	(void)c, (void)term, (void)target;
	return SPF_MATCH;
}

static enum spf_match match_a(struct spf_check *c, const struct spf_term *term, struct str target)
{
	struct dns_env_answer answer;
	enum spf_match m = ask_for_term(c, target, address_type(c), &answer);
	return m == SPF_MATCH && !holds_client(c, &answer, term) ? SPF_NO_MATCH : m;
}

/* More than ten names are an error of the record (section 4.6.4); the hosts' addresses are asked in order until one
 * matches. */
static enum spf_match match_mx(struct spf_check *c, const struct spf_term *term, struct str target)
{
	struct dns_env_answer answer;
	enum spf_match m = ask_for_term(c, target, DNS_MX, &answer);
	if (m != SPF_MATCH)
		return m;
	if (answer.count > SPF_NAMES_MAX) {
		spf_stop(c, SPF_PERMERROR,
			 arena_printf(c->a, STR_FMT " has more than %d MX records", STR_ARG(target), SPF_NAMES_MAX));
		return SPF_MATCH_PERMERROR;
	}
	for (size_t i = 0; i < answer.count; i++) {
		struct dns_env_answer host = dns_env_ask(c->dns, answer.values[i].text, address_type(c));
		if (host.status == DNS_ENV_TEMPERROR)
			return temperror(c, answer.values[i].text);
		if (holds_client(c, &host, term))
			return SPF_MATCH;
	}
	return SPF_NO_MATCH;
}

/* Names of the client that have its address (section 5.5): the first ten are looked at, errors pass them over. */
static void validate_names(struct spf_check *c, const struct dns_env_answer *ptr)
{
	static const struct spf_term exact = { .bits4 = 32, .bits6 = 128 };
	size_t n = ptr->count < SPF_NAMES_MAX ? ptr->count : SPF_NAMES_MAX;
	c->names_known = true;
	for (size_t i = 0; i < n; i++) {
		struct dns_env_answer host = dns_env_ask(c->dns, ptr->values[i].text, address_type(c));
		if (host.status == DNS_ENV_FOUND && holds_client(c, &host, &exact))
			c->names[c->name_count++] = ptr->values[i].text;
	}
}

static struct str reverse_name(struct spf_check *c)
{
	struct ip_address a = c->values.ip, back = { .v6 = a.v6 };
	char text[IP_REVERSE_MAX], reversed[IP_REVERSE_MAX];
	if (!a.v6) {
		for (size_t i = 0; i < 4; i++)
			back.bytes[i] = a.bytes[3 - i];
		return arena_printf(c->a, STR_FMT ".in-addr.arpa", STR_ARG(ip_dotted(back, text)));
	}
	struct str s = ip_dotted(a, text);
	for (size_t i = 0; i < s.n; i++)
		reversed[i] = s.p[s.n - 1 - i];
	return arena_printf(c->a, "%.*s.ip6.arpa", (int)s.n, reversed);
}

/* Whether the PTR records are to be had does not depend on the sender: an error is no match (section 5.5). */
static enum spf_match match_ptr(struct spf_check *c, const struct spf_term *term, struct str target)
{
	(void)term;
	if (!c->names_known) {
		struct dns_env_answer answer = dns_env_ask(c->dns, reverse_name(c), DNS_PTR);
		validate_names(c, &answer);
	}
	for (size_t i = 0; i < c->name_count; i++)
		if (dns_env_name_is_below(c->names[i], target))
			return SPF_MATCH;
	return SPF_NO_MATCH;
}

static enum spf_match match_ip(struct spf_check *c, const struct spf_term *term, struct str target)
{
	(void)target;
	return ip_matches(c->values.ip, term->network, term->network.v6 ? term->bits6 : term->bits4) ? SPF_MATCH
												     : SPF_NO_MATCH;
}

/* A records, also for IPv6 clients (section 5.7). */
static enum spf_match match_exists(struct spf_check *c, const struct spf_term *term, struct str target)
{
	(void)term;
	struct dns_env_answer answer;
	return ask_for_term(c, target, DNS_A, &answer);
}

enum spf_match spf_match_address(struct spf_check *c, const struct spf_term *term, struct str target)
{
	static enum spf_match (*const match[])(struct spf_check *, const struct spf_term *, struct str) = {
		[SPF_ALL] = match_all, [SPF_A] = match_a,    [SPF_MX] = match_mx,         [SPF_PTR] = match_ptr,
		[SPF_IP4] = match_ip,  [SPF_IP6] = match_ip, [SPF_EXISTS] = match_exists,
	};
	return match[term->mechanism](c, term, target);
}

int spf_term_width(const struct spf_term *term, bool v6)
{
	if (term->mechanism == SPF_ALL)
		return v6 ? 128 : 32;
	if (term->mechanism == SPF_PTR || term->mechanism == SPF_EXISTS)
		return SPF_WIDTH_UNKNOWN;
	return v6 ? 128 - term->bits6 : 32 - term->bits4;
}

/* p: a validated name that is the domain, else one below it, else any (section 7.3). */
static struct str validated_name(struct spf_check *c, struct str domain)
{
	static const struct spf_term ptr = { .mechanism = SPF_PTR };
	(void)match_ptr(c, &ptr, domain);
	struct str best = c->name_count ? c->names[0] : STR("unknown");
	for (size_t i = c->name_count; i > 0; i--)
		if (dns_env_name_is_below(c->names[i - 1], domain))
			best = c->names[i - 1];
	for (size_t i = 0; i < c->name_count; i++)
		if (str_ieq(c->names[i], domain))
			best = c->names[i];
	return best;
}

void spf_prepare_macros(struct spf_check *c, struct str text, struct str domain)
{
	c->values.domain = domain;
	if (spf_macro_uses_validated(text))
		c->values.validated = validated_name(c, domain);
}

int spf_expand(struct spf_check *c, struct str domain_spec, struct str domain, struct str *ret)
{
	spf_prepare_macros(c, domain_spec, domain);
	return spf_macro_expand_domain(c->a, domain_spec, &c->values, ret);
}
