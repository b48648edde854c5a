#include "cli/cli_internal.h"

#include "proto/password/password_hash.h"

#include <stdio.h>

enum { ADDRESS_MAX = 330, PASSWORD_MAX = 1024 };

/* Reads a password, holds it to the least that is accepted, and hashes it: the store never sees it. */
static int new_hash(struct cli *c, const char *address, char hash[PASSWORD_HASH_MAX])
{
	char password[PASSWORD_MAX];
	const char *why = NULL;
	int status = cli_password(c, password, sizeof password);
	if (status == CLI_OK && !password_acceptable(str_c(password), str_c(address), &why))
		status = cli_refuse("the password is not accepted: %s", why);
	if (status == CLI_OK && password_hash(str_c(password), &password_params_default, hash) != OK)
		status = cli_refuse("the password cannot be hashed: it holds characters that are not allowed, or memory is short");
	secret_wipe(password, sizeof password);
	return status;
}

/* An operation on one address, with one more argument or none, that prints a sentence when it went well. */
static int act(struct cli *c, const char *op, const char *more, const char *done)
{
	char address[ADDRESS_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_admin(c, op, (const char *const[]){ address, more, NULL }, &j);
	if (status == CLI_OK)
		printf("%s %s\n", address, done);
	json_decref(j);
	return status;
}

int cli_user_add(struct cli *c)
{
	char address[ADDRESS_MAX], hash[PASSWORD_HASH_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = new_hash(c, address, hash);
	if (status == CLI_OK)
		status = cli_admin(c, "account.add", (const char *const[]){ address, hash, c->admin ? "admin" : "", NULL }, &j);
	if (status == CLI_OK)
		printf("%s added\n", address);
	json_decref(j);
	return status;
}

int cli_user_passwd(struct cli *c)
{
	char address[ADDRESS_MAX], hash[PASSWORD_HASH_MAX];
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = new_hash(c, address, hash);
	return status == CLI_OK ? act(c, "account.passwd", hash, "has a new password") : status;
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
