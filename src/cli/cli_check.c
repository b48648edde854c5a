#include "cli/cli_internal.h"

#include <stdio.h>

/* Exit status 0: whole; 1: findings, printed a line each. */
int cli_check(struct cli *c)
{
	json_t *j, *finding;
	size_t i;
	int status = cli_admin(c, "check", (const char *const[]){ NULL }, &j);
	if (status != CLI_OK)
		return status;
	bool ok = json_is_true(json_object_get(j, "ok"));
	if (c->json) {
		cli_json(j);
	} else {
		json_array_foreach(json_object_get(j, "findings"), i, finding)
			printf("%s\n", json_string_value(finding));
		printf("%s: %lld accounts, %lld messages, %lld bodies, %lld queue entries\n", ok ? "whole" : "DAMAGED",
			(long long)json_integer_value(json_object_get(j, "accounts")), (long long)json_integer_value(json_object_get(j, "messages")),
			(long long)json_integer_value(json_object_get(j, "blobs")), (long long)json_integer_value(json_object_get(j, "queue")));
	}
	json_decref(j);
	return ok ? CLI_OK : CLI_REFUSED;
}
