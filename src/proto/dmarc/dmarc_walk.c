#include "proto/dmarc/dmarc_walk.h"

enum { LABELS_ASKED = 7 }; /* above the domain itself: no name with more labels is asked about */

enum found { FOUND_NONE, FOUND_ONE, FOUND_SEVERAL, FOUND_NO_ANSWER };

static enum found find_record(struct dns_env *dns, struct str domain, const struct dmarc_record **ret)
{
	struct str name = arena_printf(dns->a, "_dmarc." STR_FMT, STR_ARG(domain));
	struct dns_env_answer answer = dns_env_ask(dns, name, DNS_TXT);
	enum found found = answer.status == DNS_ENV_TEMPERROR ? FOUND_NO_ANSWER : FOUND_NONE;
	for (size_t i = 0; i < answer.count; i++) {
		struct dmarc_record record;
		if (dmarc_record_parse(answer.values[i].text, &record) != OK)
			continue;
		if (found != FOUND_NONE)
			return FOUND_SEVERAL;
		struct dmarc_record *kept = arena_new(dns->a, struct dmarc_record);
		*kept = record;
		*ret = kept;
		found = FOUND_ONE;
	}
	return found;
}

/* A name that ends in digits only is an address in disguise: nobody above it could speak for it. */
static bool has_numeric_top(struct str domain)
{
	struct str top = str_skip(domain, str_rfind(domain, '.') + 1);
	for (size_t i = 0; i < top.n; i++)
		if (!ascii_is_digit(top.p[i]))
			return false;
	return true;
}

static struct str next_target(struct str domain)
{
	if (has_numeric_top(domain))
		return STR("");
	do
		domain = dns_env_name_parent(domain);
	while (dns_env_name_labels(domain) > LABELS_ASKED);
	return domain;
}

/* Section 4.10.2. Only the last step can carry psd=y or psd=n, because the walk stops there. */
static struct str organization_of(const struct dmarc_walk *w, struct str domain)
{
	if (w->count == 0)
		return domain;
	const struct dmarc_step *last = &w->steps[w->count - 1];
	if (last->record->psd != DMARC_PSD_YES || str_ieq(last->domain, domain))
		return last->domain;
	size_t below = domain.n - last->domain.n - 1; /* one label below the suffix */
	size_t dot = str_rfind(str_first(domain, below), '.');
	return str_skip(domain, dot == STR_NPOS ? 0 : dot + 1);
}

void dmarc_walk(struct dns_env *dns, struct str domain, struct dmarc_walk *ret)
{
	*ret = (struct dmarc_walk){ .count = 0 };
	bool marked = false;
	for (struct str target = domain; target.n && !marked; target = next_target(target)) {
		const struct dmarc_record *record = NULL;
		enum found found = find_record(dns, target, &record);
		bool start = target.n == domain.n;
		ret->ambiguous = ret->ambiguous || (start && found == FOUND_SEVERAL);
		ret->start_failed = ret->start_failed || (start && found == FOUND_NO_ANSWER);
		ret->failed = ret->failed || found == FOUND_NO_ANSWER;
		if (found != FOUND_ONE)
			continue;
		ret->steps[ret->count++] = (struct dmarc_step){ target, record };
		marked = record->psd != DMARC_PSD_UNKNOWN;
	}
	ret->organization = organization_of(ret, domain);
}

const struct dmarc_record *dmarc_walk_record(const struct dmarc_walk *w, struct str domain)
{
	for (size_t i = 0; i < w->count; i++)
		if (str_ieq(w->steps[i].domain, domain))
			return w->steps[i].record;
	return NULL;
}

const struct dmarc_step *dmarc_walk_suffix(const struct dmarc_walk *w, struct str domain)
{
	const struct dmarc_step *last = w->count ? &w->steps[w->count - 1] : NULL;
	return last && last->record->psd == DMARC_PSD_YES && !str_ieq(last->domain, domain) ? last : NULL;
}
