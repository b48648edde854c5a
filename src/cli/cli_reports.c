#include "cli/cli_reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALL_MS = 60000, DOMAIN_MAX = 256, KEY_MAX = 256, JSON_MAX = 64 << 10, DATE_MAX = 32, PERCENT = 100 };

/* ---- from the server ---- */

static void take(struct reader *in, json_t *all, char last[KEY_MAX])
{
	struct str key = read_str(in, KEY_MAX - 1);
	(void)read_u64(in);
	struct str value = read_str(in, JSON_MAX);
	json_t *one = in->err == OK ? json_loadb(value.p, value.n, 0, NULL) : NULL;
	if (str_to_c(key, last, KEY_MAX) != OK)
		in->err = E_PROTO;
	if (!json_is_object(one)) {
		json_decref(one);
		return;
	}
	json_object_set_new(one, "key", json_string(last));
	json_array_append_new(all, one);
}

int cli_reports(struct cli *c, const char *domain, json_t **ret)
{
	struct channel *relay = cli_role(c, ROLE_RELAY);
	char last[KEY_MAX] = "";
	bool more = true;
	int r = OK;
	if (!relay)
		return cli_refuse("the server is not running; start it first");
	json_t *all = json_array();
	while (r == OK && more) {
		struct ipc_hold hold = IPC_HOLD;
		struct ipc_report_list_req q = { .domain = str_c(domain), .after = str_c(last) };
		struct ipc_report_list_rep a = { 0 };
		r = ipc_call_report_list(relay, &q, &a, &hold, CALL_MS);
		struct reader in = reader_of(r == OK ? a.records : STR(""));
		more = in.rest.n && a.more;
		while (in.err == OK && in.rest.n)
			take(&in, all, last);
		if (r == OK)
			r = in.err;
		ipc_release(&hold);
	}
	if (r != OK) {
		json_decref(all);
		return cli_refuse("the relay role does not answer: %s", err_name(r));
	}
	*ret = all;
	return CLI_OK;
}

/* ---- sums ---- */

static const char *string(json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return s ? s : "";
}

static json_int_t number(json_t *j, const char *key) { return json_integer_value(json_object_get(j, key)); }
static bool is_kind(json_t *report, const char *kind) { return strcmp(string(report, "kind"), kind) == 0; }
static bool passes(json_t *source) { return strcmp(string(source, "dkim"), "pass") == 0 || strcmp(string(source, "spf"), "pass") == 0; }

static void add(json_t *to, const char *key, json_int_t n) { json_object_set_new(to, key, json_integer(number(to, key) + n)); }

/* The object of that name, made when it is new. */
static json_t *entry(json_t *in, const char *name)
{
	json_t *e = json_object_get(in, name);
	if (!e) {
		e = json_object();
		json_object_set_new(in, name, e);
	}
	return e;
}

void cli_reports_add_up(json_t *reports, struct cli_report_totals *ret)
{
	size_t i, k;
	json_t *report, *source;
	*ret = (struct cli_report_totals){ 0 };
	json_array_foreach(reports, i, report) {
		if (!is_kind(report, "dmarc"))
			continue;
		ret->reports++;
		ret->messages += number(report, "messages");
		json_array_foreach(json_object_get(report, "sources"), k, source)
			ret->passed += passes(source) ? number(source, "count") : 0;
	}
}

static void sum_sources(json_t *domain, json_t *report)
{
	size_t i;
	json_t *source;
	json_array_foreach(json_object_get(report, "sources"), i, source) {
		json_t *s = entry(entry(domain, "sources"), string(source, "ip"));
		json_int_t n = number(source, "count");
		add(s, "messages", n);
		add(s, passes(source) ? "passed" : "failed", n);
		add(domain, passes(source) ? "passed" : "failed", n);
		if (strcmp(string(source, "disposition"), "none") != 0)
			add(s, "acted_on", n);
	}
	add(domain, "messages", number(report, "messages"));
}

/* Keys are "in/DOMAIN/DATE/KIND/HASH": the domain whose address the report came to. */
static void domain_of(json_t *report, char ret[DOMAIN_MAX])
{
	struct str key = str_c(string(report, "key"));
	(void)str_until(&key, '/');
	if (str_to_c(str_until(&key, '/'), ret, DOMAIN_MAX) != OK)
		ret[0] = '\0';
}

static json_t *summary(json_t *reports)
{
	size_t i;
	json_t *all = json_object(), *report;
	char name[DOMAIN_MAX];
	json_array_foreach(reports, i, report) {
		domain_of(report, name);
		json_t *d = entry(all, name);
		char kind[32];
		snprintf(kind, sizeof kind, "%.16s_reports", string(report, "kind"));
		add(d, kind, 1);
		if (is_kind(report, "dmarc"))
			sum_sources(d, report);
		if (is_kind(report, "tls")) {
			add(d, "tls_succeeded", number(report, "succeeded"));
			add(d, "tls_failed", number(report, "failed"));
		}
	}
	return all;
}

/* ---- verbs ---- */

static int get(struct cli *c, json_t **ret)
{
	char domain[DOMAIN_MAX] = "";
	int status = c->count ? cli_domain_name(c->args[0], domain, sizeof domain) : CLI_OK;
	return status == CLI_OK ? cli_reports(c, domain, ret) : status;
}

static void describe(json_t *report)
{
	char date[DATE_MAX] = "", what[64] = "";
	time_t end = (time_t)number(report, "end");
	struct tm tm;
	if (end && gmtime_r(&end, &tm))
		strftime(date, sizeof date, "%Y-%m-%d", &tm);
	if (is_kind(report, "dmarc"))
		snprintf(what, sizeof what, "%lld messages", (long long)number(report, "messages"));
	else if (is_kind(report, "tls"))
		snprintf(what, sizeof what, "%lld sessions, %lld failed", (long long)(number(report, "succeeded") + number(report, "failed")),
			(long long)number(report, "failed"));
	else
		snprintf(what, sizeof what, "from %.45s", string(report, "source_ip"));
	json_object_set_new(report, "date", json_string(date));
	json_object_set_new(report, "what", json_string(what));
}

int cli_report_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "KIND", "kind" }, { "DOMAIN", "domain" }, { "END", "date" }, { "FROM", "org" }, { "WHAT", "what" },
		{ "KEY", "key" } };
	json_t *all, *report;
	size_t i;
	int status = get(c, &all);
	if (status != CLI_OK)
		return status;
	json_array_foreach(all, i, report)
		describe(report);
	if (c->json)
		cli_json(all);
	else
		cli_table(all, columns, COUNT_OF(columns), "no reports yet; they come to dmarc-reports@ and tls-reports@ your domains");
	json_decref(all);
	return CLI_OK;
}

int cli_report_show(struct cli *c)
{
	static const struct cli_column columns[] = { { "IP", "ip" }, { "MESSAGES", "count" }, { "FROM", "from" }, { "DKIM", "dkim" }, { "SPF", "spf" },
		{ "ACTION", "disposition" } };
	json_t *all, *report, *found = NULL;
	size_t i;
	int status = cli_reports(c, "", &all);
	if (status != CLI_OK)
		return status;
	json_array_foreach(all, i, report)
		if (strcmp(string(report, "key"), c->args[0]) == 0)
			found = report;
	if (!found)
		status = cli_refuse("no report with this key; `ceralacca report list` shows them");
	else if (c->json || !is_kind(found, "dmarc"))
		cli_json(found);
	else
		cli_table(json_object_get(found, "sources"), columns, COUNT_OF(columns), "nothing in it");
	json_decref(all);
	return status;
}

static void print_domain(const char *name, json_t *d)
{
	static const struct cli_column columns[] = { { "SOURCE", "ip" }, { "MESSAGES", "messages" }, { "PASSED", "passed" }, { "FAILED", "failed" },
		{ "ACTED ON", "acted_on" } };
	const char *ip;
	json_t *s, *rows = json_array();
	printf("%s: %lld messages in %lld DMARC reports, %lld failed; %lld TLS sessions failed of %lld; %lld failure reports, %lld complaints\n", name,
		(long long)number(d, "messages"), (long long)number(d, "dmarc_reports"), (long long)number(d, "failed"), (long long)number(d, "tls_failed"),
		(long long)(number(d, "tls_failed") + number(d, "tls_succeeded")), (long long)number(d, "failure_reports"), (long long)number(d, "abuse_reports"));
	json_object_foreach(json_object_get(d, "sources"), ip, s) {
		json_object_set_new(s, "ip", json_string(ip));
		json_array_append(rows, s);
	}
	if (json_array_size(rows))
		cli_table(rows, columns, COUNT_OF(columns), "");
	json_decref(rows);
}

int cli_report_summary(struct cli *c)
{
	json_t *all, *d;
	const char *name;
	int status = get(c, &all);
	if (status != CLI_OK)
		return status;
	json_t *sums = summary(all);
	if (c->json)
		cli_json(sums);
	else
		json_object_foreach(sums, name, d)
			print_domain(name, d);
	if (!c->json && !json_object_size(sums))
		puts("no reports yet; they come to dmarc-reports@ and tls-reports@ your domains");
	json_decref(sums);
	json_decref(all);
	return CLI_OK;
}
