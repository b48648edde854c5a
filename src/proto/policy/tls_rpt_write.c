#include "proto/policy/tls_rpt.h"

#include "proto/header/date.h"

#include <jansson.h>

static json_t *text(struct str s)
{
	json_t *j = json_stringn(s.p ? s.p : "", s.n);
	return j ? j : json_string("?"); /* not UTF-8 */
}

static json_t *list(const struct str *strings, size_t n)
{
	json_t *j = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, text(strings[i]));
	return j;
}

static void put(json_t *object, const char *key, struct str s)
{
	if (s.n)
		json_object_set_new(object, key, text(s));
}

static json_t *failure_json(const struct tlsrpt_failure *f)
{
	json_t *j = json_object();
	put(j, "result-type", f->result_type);
	put(j, "sending-mta-ip", f->sending_mta_ip);
	put(j, "receiving-ip", f->receiving_ip);
	put(j, "receiving-mx-hostname", f->receiving_mx_hostname);
	put(j, "receiving-mx-helo", f->receiving_mx_helo);
	put(j, "additional-information", f->additional_information);
	put(j, "failure-reason-code", f->reason_code);
	json_object_set_new(j, "failed-session-count", json_integer((json_int_t)f->sessions));
	return j;
}

static json_t *policy_json(const struct tlsrpt_policy *p)
{
	json_t *policy = json_object(), *failures = json_array();
	put(policy, "policy-type", p->type);
	put(policy, "policy-domain", p->domain);
	if (p->string_count)
		json_object_set_new(policy, "policy-string", list(p->strings, p->string_count));
	if (p->mx_host_count)
		json_object_set_new(policy, "mx-host", list(p->mx_hosts, p->mx_host_count));
	for (size_t i = 0; i < p->failure_count; i++)
		json_array_append_new(failures, failure_json(&p->failures[i]));
	json_t *j = json_pack("{s:o, s:{s:I, s:I}}", "policy", policy, "summary", "total-successful-session-count",
			      (json_int_t)p->succeeded, "total-failure-session-count", (json_int_t)p->failed);
	json_object_set_new(j, "failure-details", failures);
	return j;
}

int tlsrpt_report_write(const struct tlsrpt_report *r, struct buf *out)
{
	char begin[DATE_TEXT_MAX], end[DATE_TEXT_MAX];
	json_t *policies = json_array();
	for (size_t i = 0; i < r->policy_count; i++)
		json_array_append_new(policies, policy_json(&r->policies[i]));
	json_t *j = json_pack("{s:o, s:{s:o, s:o}, s:o, s:o, s:o}", "organization-name", text(r->organization), "date-range",
			      "start-datetime", text(date_format_utc(r->begin, begin)), "end-datetime",
			      text(date_format_utc(r->end, end)), "contact-info", text(r->contact), "report-id", text(r->id),
			      "policies", policies);
	size_t n = json_dumpb(j, NULL, 0, JSON_INDENT(1));
	int e = buf_reserve(out, n);
	if (e == OK)
		out->n += json_dumpb(j, out->p + out->n, n, JSON_INDENT(1));
	json_decref(j);
	return e;
}
