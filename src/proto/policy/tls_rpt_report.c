#include "proto/policy/tls_rpt.h"

#include "proto/header/date.h"

#include <jansson.h>
#include <stddef.h>

/* Nesting outside strings, before a parser that recurses sees it. */
static bool is_too_deep(struct str s)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth)
			depth--;
		if (depth > TLSRPT_DEPTH_MAX)
			return true;
	}
	return false;
}

static struct str text_of(struct arena *a, const json_t *value)
{
	if (!json_is_string(value))
		return STR("");
	struct str s = utf8_first((struct str){ json_string_value(value), json_string_length(value) }, TLSRPT_TEXT_MAX);
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' : s.p[i];
	return (struct str){ p, s.n };
}

static struct str text(struct arena *a, const json_t *object, const char *key)
{
	return text_of(a, json_object_get(object, key));
}

/* A count; some senders put it in quotes. */
static uint64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	uint64_t n = 0;
	if (json_is_integer(value))
		return json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
	if (!json_is_string(value) || str_u64(str_c(json_string_value(value)), INT64_MAX, &n) != OK)
		return 0;
	return n;
}

static int64_t moment(const json_t *range, const char *key)
{
	struct date date;
	const char *value = json_string_value(json_object_get(range, key));
	return value && date_parse_rfc3339(str_c(value), &date) == OK ? date.unix_seconds : 0;
}

/* A list of strings, or one string where a list is meant (mx-host in the RFC's own example). */
static int read_strings(struct arena *a, const json_t *value, struct str **ret, size_t *ret_count)
{
	size_t n = json_is_array(value) ? json_array_size(value) : json_is_string(value);
	if (n > TLSRPT_LIST_MAX)
		return E_TOOBIG;
	struct str *list = n ? arena_new_array(a, struct str, n) : NULL;
	for (size_t i = 0; i < n; i++)
		list[i] = text_of(a, json_is_array(value) ? json_array_get(value, i) : value);
	*ret = list;
	*ret_count = n;
	return OK;
}

static void read_failure(struct arena *a, const json_t *object, struct tlsrpt_failure *ret)
{
	static const struct {
		const char *key;
		size_t offset;
	} fields[] = {
		{ "result-type", offsetof(struct tlsrpt_failure, result_type) },
		{ "sending-mta-ip", offsetof(struct tlsrpt_failure, sending_mta_ip) },
		{ "receiving-ip", offsetof(struct tlsrpt_failure, receiving_ip) },
		{ "receiving-mx-hostname", offsetof(struct tlsrpt_failure, receiving_mx_hostname) },
		{ "receiving-mx-helo", offsetof(struct tlsrpt_failure, receiving_mx_helo) },
		{ "additional-information", offsetof(struct tlsrpt_failure, additional_information) },
		{ "failure-reason-code", offsetof(struct tlsrpt_failure, reason_code) },
	};
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		*(struct str *)(void *)((char *)ret + fields[i].offset) = text(a, object, fields[i].key);
	ret->sessions = number(object, "failed-session-count");
}

static int read_failures(struct arena *a, const json_t *list, struct tlsrpt_policy *ret)
{
	size_t n = json_array_size(list);
	if (n > TLSRPT_LIST_MAX)
		return E_TOOBIG;
	ret->failures = n ? arena_new_array(a, struct tlsrpt_failure, n) : NULL;
	ret->failure_count = n;
	for (size_t i = 0; i < n; i++)
		read_failure(a, json_array_get(list, i), &ret->failures[i]);
	return OK;
}

static int read_policy(struct arena *a, const json_t *object, struct tlsrpt_policy *ret)
{
	const json_t *policy = json_object_get(object, "policy"), *summary = json_object_get(object, "summary");
	ret->type = text(a, policy, "policy-type");
	ret->domain = text(a, policy, "policy-domain");
	ret->succeeded = number(summary, "total-successful-session-count");
	ret->failed = number(summary, "total-failure-session-count");
	int r = read_strings(a, json_object_get(policy, "policy-string"), &ret->strings, &ret->string_count);
	if (r == OK)
		r = read_strings(a, json_object_get(policy, "mx-host"), &ret->mx_hosts, &ret->mx_host_count);
	return r == OK ? read_failures(a, json_object_get(object, "failure-details"), ret) : r;
}

static int read_report(struct arena *a, const json_t *root, struct tlsrpt_report *ret)
{
	const json_t *policies = json_object_get(root, "policies"), *range = json_object_get(root, "date-range");
	size_t n = json_array_size(policies);
	if (!json_is_array(policies))
		return E_SYNTAX;
	if (n > TLSRPT_LIST_MAX)
		return E_TOOBIG;
	*ret = (struct tlsrpt_report){
		.organization = text(a, root, "organization-name"),
		.contact = text(a, root, "contact-info"),
		.id = text(a, root, "report-id"),
		.begin = moment(range, "start-datetime"),
		.end = moment(range, "end-datetime"),
		.policies = n ? arena_new_array(a, struct tlsrpt_policy, n) : NULL,
		.policy_count = n,
	};
	for (size_t i = 0; i < n; i++) {
		int r = read_policy(a, json_array_get(policies, i), &ret->policies[i]);
		if (r != OK)
			return r;
	}
	return OK;
}

int tlsrpt_report_read(struct arena *a, struct str json, struct tlsrpt_report *ret)
{
	struct tlsrpt_report report;
	if (json.n > TLSRPT_JSON_MAX || is_too_deep(json))
		return E_TOOBIG;
	json_t *root = json_loadb(json.p, json.n, JSON_ALLOW_NUL, NULL);
	if (!root)
		return E_SYNTAX;
	int r = read_report(a, root, &report);
	json_decref(root);
	if (r == OK)
		*ret = report;
	return r;
}
