#include "cli/cli_internal.h"

#include <stdio.h>
#include <time.h>

enum { TIME_TEXT = 32 };

/* Unix seconds become local time for people; --json keeps the numbers. */
static void readable_times(json_t *row)
{
	static const char *const keys[] = { "created", "next", "expires" };
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		time_t t = (time_t)json_integer_value(json_object_get(row, keys[i]));
		struct tm tm;
		char text[TIME_TEXT] = "-";
		if (t && localtime_r(&t, &tm))
			strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
		json_object_set_new(row, keys[i], json_string(text));
	}
}

int cli_queue_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "ID", "id" }, { "STATE", "state" }, { "SENDER", "sender" }, { "RECIPIENT", "recipient" },
		{ "TRIES", "attempts" }, { "NEXT", "next" }, { "LAST ERROR", "error" } };
	json_t *j, *row;
	size_t i;
	int status = cli_admin(c, "queue.list", (const char *const[]){ NULL }, &j);
	if (status == CLI_OK && c->json) {
		cli_json(j);
	} else if (status == CLI_OK) {
		json_array_foreach(j, i, row)
			readable_times(row);
		cli_table(j, columns, COUNT_OF(columns), "the queue is empty");
	}
	json_decref(j);
	return status;
}

int cli_queue_show(struct cli *c)
{
	json_t *j, *v;
	const char *key;
	int status = cli_admin(c, "queue.show", (const char *const[]){ c->args[0], NULL }, &j);
	if (status == CLI_OK && c->json) {
		cli_json(j);
	} else if (status == CLI_OK) {
		readable_times(j);
		json_object_foreach(j, key, v) {
			if (json_is_string(v))
				printf("%-12s %s\n", key, json_string_value(v));
			else if (json_is_integer(v))
				printf("%-12s %lld\n", key, (long long)json_integer_value(v));
		}
	}
	json_decref(j);
	return status;
}

int cli_queue_act(struct cli *c, const char *op)
{
	json_t *j;
	int status = cli_admin(c, op, (const char *const[]){ c->args[0], NULL }, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK)
		printf("%lld entries\n", (long long)json_integer_value(json_object_get(j, "count")));
	json_decref(j);
	return status;
}

int cli_queue_retry(struct cli *c) { return cli_queue_act(c, "queue.retry"); }
int cli_queue_hold(struct cli *c) { return cli_queue_act(c, "queue.hold"); }
int cli_queue_release(struct cli *c) { return cli_queue_act(c, "queue.release"); }
int cli_queue_cancel(struct cli *c) { return cli_queue_act(c, "queue.cancel"); }
