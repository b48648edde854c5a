#include "proto/policy/arf.h"

#include "proto/header/header.h"

#include <stddef.h>

enum kind { TEXT, WORD, ADDRESS, NUMBER, LIST };

#define FIELD(name, kind, member)                                                                                      \
	{                                                                                                              \
		STR_INIT(name), kind, offsetof(struct arf_report, member)                                              \
	}
static const struct {
	struct str name;
	enum kind kind;
	size_t offset;
} fields[] = {
	FIELD("Feedback-Type", TEXT, feedback_type),
	FIELD("User-Agent", TEXT, user_agent),
	FIELD("Version", TEXT, version),
	FIELD("Original-Envelope-Id", TEXT, original_envelope_id),
	FIELD("Original-Mail-From", ADDRESS, original_mail_from),
	FIELD("Original-Rcpt-To", ADDRESS, original_rcpt_to),
	FIELD("Arrival-Date", TEXT, arrival_date),
	FIELD("Received-Date", TEXT, arrival_date), /* its name in drafts, still sent */
	FIELD("Reporting-MTA", TEXT, reporting_mta),
	FIELD("Source-IP", WORD, source_ip), /* some add the name in parentheses */
	FIELD("Source-Port", NUMBER, source_port),
	FIELD("Incidents", NUMBER, incidents),
	FIELD("Reported-Domain", LIST, reported_domains),
	FIELD("Reported-URI", LIST, reported_uris),
	FIELD("Authentication-Results", LIST, authentication_results),
	FIELD("Auth-Failure", TEXT, auth_failure),
	FIELD("Delivery-Result", TEXT, delivery_result),
	FIELD("DKIM-Domain", TEXT, dkim_domain),
	FIELD("DKIM-Identity", TEXT, dkim_identity),
	FIELD("DKIM-Selector", TEXT, dkim_selector),
	FIELD("SPF-DNS", TEXT, spf_dns),
	FIELD("Identity-Alignment", TEXT, identity_alignment),
};
#undef FIELD

static struct str without_brackets(struct str s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return str_first(str_skip(s, 1), s.n - 2);
	return s;
}

static int store(struct arena *a, enum kind kind, struct str value, void *member)
{
	struct str *text = member;
	struct arf_list *list = member;
	uint64_t *number = member;
	if (kind <= ADDRESS) {
		if (text->n == 0)
			*text = kind == ADDRESS ? without_brackets(value) : kind == WORD ? str_word(&value) : value;
	} else if (kind == NUMBER) {
		if (*number == 0 && str_u64(value, UINT32_MAX, number) != OK)
			*number = 0;
	} else {
		if (list->count == ARF_LIST_MAX)
			return E_TOOBIG;
		struct str *slot = arena_push(a, &list->items, &list->count, &list->cap, sizeof *slot);
		*slot = value;
	}
	return OK;
}

static int take_field(struct arena *a, const struct header_field *f, struct arf_report *report)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (str_ieq(f->name, fields[i].name))
			return store(a, fields[i].kind, header_unfold(a, f->value), (char *)report + fields[i].offset);
	return OK;
}

int arf_read(struct arena *a, struct str part, struct arf_report *ret)
{
	struct arf_report report = { .incidents = 0 };
	struct header_field f;
	for (size_t i = 0; header_next(&part, &f); i++) {
		int r = i == ARF_FIELDS_MAX ? E_TOOBIG : take_field(a, &f, &report);
		if (r != OK)
			return r;
	}
	if (report.feedback_type.n == 0 || report.user_agent.n == 0 || report.version.n == 0)
		return E_SYNTAX;
	if (report.incidents == 0)
		report.incidents = 1;
	*ret = report;
	return OK;
}
