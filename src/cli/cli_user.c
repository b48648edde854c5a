#include "cli/cli_internal.h"

#include <stdio.h>

enum { ADDRESS_MAX = 330 };

/* An operation on one address, with one more argument or none, that prints a sentence when it went well. */
static int act(struct cli *c, const char *op, const char *more, const char *done)
{
	char address[ADDRESS_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_auth_strings(c, op, (const char *const[]){ address, more, NULL }, &j);
	if (status == CLI_OK)
		printf("%s %s\n", address, done);
	json_decref(j);
	return status;
}

int cli_user_lock(struct cli *c) { return act(c, "account.lock", NULL, "is locked"); }
int cli_user_unlock(struct cli *c) { return act(c, "account.unlock", NULL, "is unlocked"); }
int cli_user_delete(struct cli *c) { return act(c, "account.delete", NULL, "is deleted with its mail"); }

int cli_user_quota(struct cli *c)
{
	uint64_t n;
	if (str_u64(str_c(c->args[1]), INT64_MAX, &n) != OK)
		return cli_refuse("not a number of bytes: %s", c->args[1]);
	return act(c, "account.quota", c->args[1], n ? "has a new quota" : "has no quota");
}

int cli_user_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "ADDRESS", "address" }, { "ADMIN", "admin" }, { "LOCKED", "locked" }, { "MESSAGES", "messages" },
		{ "BYTES", "used" }, { "QUOTA", "quota" } };
	json_t *j;
	int status = cli_admin(c, "account.list", (const char *const[]){ NULL }, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK)
		cli_table(j, columns, COUNT_OF(columns), "no mailboxes; make one with `ceralacca user add ADDRESS`");
	json_decref(j);
	return status;
}
