/* Passwords: user add, passwd, expire, reset, redeem, change-password. Auth checks and hashes; nobody else sees them. */
#include "cli/cli_internal.h"

#include "os/clock.h"

#include <stdio.h>
#include <time.h>

enum { ADDRESS_MAX = 330, PASSWORD_MAX = 1024, CHANGE_MS = 120000 };

static void tell(struct cli *c, json_t *j, const char *address, const char *done)
{
	const char *password = json_string_value(json_object_get(j, "password"));
	if (c->json) {
		json_t *out = j ? json_incref(j) : json_object();
		json_object_set_new(out, "address", json_string(address));
		cli_json(out);
		json_decref(out);
		return;
	}
	printf("%s %s\n", address, done);
	if (password)
		printf("password %s   (shown once)\n", password);
}

static json_t *arguments(struct cli *c, const char *address)
{
	json_t *j = json_pack("{s:s, s:b, s:b, s:b}", "address", address, "admin", c->admin, "generate", c->generate, "must_change", c->must_change);
	if (c->password_hash)
		json_object_set_new(j, "hash", json_string(c->password_hash));
	return j;
}

static int with_password(struct cli *c, const char *op, const char *done)
{
	char address[ADDRESS_MAX], password[PASSWORD_MAX] = "";
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK && !c->generate && !c->password_hash)
		status = cli_password(c, password, sizeof password);
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ op, arguments(c, address), password, -1 }, &j);
	if (status == CLI_OK)
		tell(c, j, address, done);
	secret_wipe(password, sizeof password);
	json_decref(j);
	return status;
}

int cli_user_add(struct cli *c) { return with_password(c, "user.add", "added"); }
int cli_user_passwd(struct cli *c) { return with_password(c, "user.passwd", "has a new password"); }

int cli_user_expire(struct cli *c)
{
	char address[ADDRESS_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ "user.expire", json_pack("{s:s}", "address", address), NULL, -1 }, &j);
	if (status == CLI_OK)
		printf("%s must set a new password before the next sign-in\n", address);
	json_decref(j);
	return status;
}

int cli_user_reset(struct cli *c)
{
	char address[ADDRESS_MAX], when[32] = "";
	uint64_t hours = 0;
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK && c->count > 1 && (str_u64(str_c(c->args[1]), 336, &hours) != OK || !hours))
		status = cli_refuse("hours are a number from 1 to 336");
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ "user.reset", json_pack("{s:s, s:I}", "address", address, "hours", (json_int_t)hours), NULL, -1 }, &j);
	if (status == CLI_OK && c->json) {
		cli_json(j);
	} else if (status == CLI_OK) {
		time_t end = (time_t)json_integer_value(json_object_get(j, "expires"));
		struct tm tm;
		if (gmtime_r(&end, &tm))
			strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &tm);
		printf("%s\ngood once, until %s; or: ceralacca user redeem %s\n", json_string_value(json_object_get(j, "url")), when,
			json_string_value(json_object_get(j, "token")));
	}
	json_decref(j);
	return status;
}

static int change(struct cli *c, struct ipc_password_change_req *q)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_password_change_rep a;
	struct channel *auth;
	int status = cli_auth_channel(c, &auth);
	if (status != CLI_OK)
		return status;
	int r = ipc_call_password_change(auth, q, &a, &hold, CHANGE_MS);
	if (r != OK)
		status = cli_refuse("the auth role cannot do this now: %s", err_name(r));
	else if (a.reason.n)
		status = cli_refuse("%.*s", (int)a.reason.n, a.reason.p);
	ipc_release(&hold);
	if (status == CLI_OK)
		puts("the password is changed");
	return status;
}

int cli_user_redeem(struct cli *c)
{
	char fresh[PASSWORD_MAX] = "";
	int status = cli_password(c, fresh, sizeof fresh);
	struct ipc_password_change_req q = { .token = str_c(c->args[0]), .fresh = str_c(fresh), .peer = STR("local") };
	if (status == CLI_OK)
		status = change(c, &q);
	secret_wipe(fresh, sizeof fresh);
	return status;
}

/* Standard input: the present one, then the new one. */
int cli_user_change_password(struct cli *c)
{
	char address[ADDRESS_MAX], present[PASSWORD_MAX] = "", fresh[PASSWORD_MAX] = "";
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_present_password(c, present, sizeof present);
	if (status == CLI_OK)
		status = cli_password(c, fresh, sizeof fresh);
	struct ipc_password_change_req q = { .user = str_c(address), .password = str_c(present), .fresh = str_c(fresh), .peer = STR("local") };
	if (status == CLI_OK)
		status = change(c, &q);
	secret_wipe(present, sizeof present);
	secret_wipe(fresh, sizeof fresh);
	return status;
}
