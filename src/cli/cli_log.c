/* log audit, log verify: the audit log of auth. */
#include "cli/cli_internal.h"

#include <stdio.h>
#include <time.h>

enum { WHEN = 32, PAGE = 2000 };

/* Adds a column with the time as people read it. */
static void add_when(json_t *entries)
{
	json_t *e;
	size_t i;
	json_array_foreach(entries, i, e) {
		char text[WHEN] = "";
		struct tm tm;
		time_t at = (time_t)(json_integer_value(json_object_get(e, "time_ms")) / 1000);
		if (gmtime_r(&at, &tm))
			strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &tm);
		json_object_set_new(e, "when", json_string(text));
	}
}

/* The newest 2000; from a number on all. */
int cli_log_audit(struct cli *c)
{
	static const struct cli_column columns[] = { { "NUMBER", "number" }, { "WHEN", "when" }, { "WHO", "by" }, { "FROM", "from" }, { "ACT", "act" },
		{ "TARGET", "target" }, { "DETAIL", "detail" } };
	json_t *all = json_array(), *j = NULL;
	uint64_t from = 0;
	int status = CLI_OK;
	if (c->count && (str_u64(str_c(c->args[0]), INT64_MAX, &from) != OK || !from))
		status = cli_refuse("not the number of an entry: %s", c->args[0]);
	for (bool more = true; more && status == CLI_OK; json_decref(j)) {
		status = cli_auth(c, &(struct cli_auth){ "log.audit", json_pack("{s:I, s:i}", "from", (json_int_t)from, "limit", PAGE), NULL, -1 }, &j);
		json_t *page = json_object_get(j, "entries");
		more = from && json_array_size(page) == PAGE;
		from += PAGE;
		json_array_extend(all, page);
	}
	add_when(all);
	if (status == CLI_OK && c->json)
		cli_json(all);
	else if (status == CLI_OK)
		cli_table(all, columns, COUNT_OF(columns), "nothing has been done yet");
	json_decref(all);
	return status;
}

/* Exit status 0: every entry follows the one before it. */
int cli_log_verify(struct cli *c)
{
	json_t *j = NULL;
	uint64_t number = 0;
	if (c->count == 1 || (c->count == 2 && str_u64(str_c(c->args[0]), INT64_MAX, &number) != OK))
		return cli_refuse("give number and hash of an entry that was noted earlier, or neither");
	json_t *arguments = json_pack("{s:I, s:s}", "number", (json_int_t)number, "hash", c->count == 2 ? c->args[1] : "");
	int status = cli_auth(c, &(struct cli_auth){ "log.verify", arguments, NULL, -1 }, &j);
	if (status != CLI_OK)
		return status;
	bool ok = json_is_true(json_object_get(j, "ok"));
	long long entries = (long long)json_integer_value(json_object_get(j, "entries"));
	if (c->json)
		cli_json(j);
	else if (ok)
		printf("whole: %lld entries; note the newest: %lld %s\n", entries, entries, json_string_value(json_object_get(j, "hash")));
	else
		printf("CHANGED at entry %lld: %s\n", (long long)json_integer_value(json_object_get(j, "at")), json_string_value(json_object_get(j, "wrong")));
	json_decref(j);
	return ok ? CLI_OK : CLI_REFUSED;
}
