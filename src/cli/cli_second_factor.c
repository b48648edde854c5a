/* user totp, user recovery, user app-password, user require-2fa, policy second-factor: acts of auth; what is secret is shown once. */
#include "cli/cli_internal.h"
#include "proto/second_factor/qr_text.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { ADDRESS_MAX = 330, QR_TEXT = 64 << 10 };

/* An operation on the address that stands first; more: further members, taken. */
static int ask(struct cli *c, const char *op, json_t *more, const char *secret, json_t **ret)
{
	char address[ADDRESS_MAX];
	int status = cli_address(c->args[0], address, sizeof address);
	*ret = NULL;
	if (status != CLI_OK) {
		json_decref(more);
		return status;
	}
	json_t *arguments = more ? more : json_object();
	json_object_set_new(arguments, "address", json_string(address));
	return cli_auth(c, &(struct cli_auth){ op, arguments, secret, -1 }, ret);
}

static int say(struct cli *c, const char *op, json_t *more, const char *done)
{
	json_t *j;
	int status = ask(c, op, more, NULL, &j);
	if (status == CLI_OK)
		printf("%s %s\n", c->args[0], done);
	json_decref(j);
	return status;
}

static const char *text_of(json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));
	return s ? s : "";
}

/* ---- one-time passwords ---- */

static void show_secret(json_t *j)
{
	struct buf qr;
	buf_init(&qr, QR_TEXT);
	if (qr_text(&qr, str_c(text_of(j, "uri")), isatty(STDOUT_FILENO) != 0) == OK)
		fwrite(qr.p, 1, qr.n, stdout);
	printf("\nScan this with an authenticator app, or type the key: %s\n", text_of(j, "secret"));
	secret_wipe(qr.p, qr.n);
	buf_done(&qr);
}

int cli_user_totp_enroll(struct cli *c)
{
	json_t *j;
	int status = ask(c, "totp.enroll", NULL, NULL, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK) {
		show_secret(j);
		printf("Then turn it on with the code that it shows: ceralacca user totp confirm %s CODE\n", c->args[0]);
	}
	json_decref(j);
	return status;
}

static void show_codes(json_t *codes)
{
	size_t i;
	json_t *code;
	if (!json_array_size(codes))
		return;
	printf("\nRecovery codes, for the day when the phone is gone. Each is good once; they are not shown again:\n");
	json_array_foreach(codes, i, code)
		printf("  %s\n", json_string_value(code));
}

int cli_user_totp_confirm(struct cli *c)
{
	json_t *j;
	int status = ask(c, "totp.confirm", NULL, c->args[1], &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK) {
		printf("%s now signs in with a second factor; mail programs need an app password:\n"
		       "  ceralacca user app-password add %s --name phone --scope imap,smtp\n", c->args[0], c->args[0]);
		show_codes(json_object_get(j, "recovery"));
	}
	json_decref(j);
	return status;
}

int cli_user_totp_remove(struct cli *c) { return say(c, "totp.remove", NULL, "has no one-time passwords any more"); }

int cli_user_recovery(struct cli *c)
{
	json_t *j;
	int status = ask(c, "recovery.new", NULL, NULL, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK)
		show_codes(json_object_get(j, "recovery"));
	json_decref(j);
	return status;
}

/* ---- app passwords ---- */

int cli_user_app_password_add(struct cli *c)
{
	json_t *more = json_pack("{s:s, s:s}", "name", c->name ? c->name : "", "scope", c->scope ? c->scope : "imap,smtp"), *j;
	if (c->network)
		json_object_set_new(more, "network", json_string(c->network));
	if (c->days)
		json_object_set_new(more, "days", json_integer((json_int_t)c->days));
	int status = ask(c, "app.add", more, NULL, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK)
		printf("%s\n\nType or paste it into the program as the password; it is not shown again.\n", text_of(j, "password"));
	json_decref(j);
	return status;
}

int cli_user_app_password_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "ID", "id" }, { "NAME", "name" }, { "SCOPE", "scope" }, { "NETWORK", "network" },
		{ "CREATED", "created" }, { "EXPIRES", "expires" }, { "LAST USED", "last_used" } };
	json_t *j;
	int status = ask(c, "app.list", NULL, NULL, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK)
		cli_table(j, columns, COUNT_OF(columns), "no app passwords");
	json_decref(j);
	return status;
}

int cli_user_app_password_revoke(struct cli *c) { return say(c, "app.revoke", json_pack("{s:s}", "id", c->args[1]), "has one app password less"); }

/* ---- sessions ---- */

int cli_user_sessions(struct cli *c)
{
	static const struct cli_column columns[] = { { "ID", "id" }, { "SERVICE", "service" }, { "FROM", "peer" }, { "BY", "means" }, { "SINCE", "since" } };
	json_t *j, *row;
	size_t i;
	int status = ask(c, "sessions.list", NULL, NULL, &j);
	if (status == CLI_OK && c->json) {
		cli_json(j);
	} else if (status == CLI_OK) {
		json_array_foreach(j, i, row) {
			char text[32] = "";
			time_t opened = (time_t)json_integer_value(json_object_get(row, "opened"));
			struct tm tm;
			if (localtime_r(&opened, &tm))
				strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
			json_object_set_new(row, "since", json_string(text));
		}
		cli_table(j, columns, COUNT_OF(columns), "nobody is signed in");
	}
	json_decref(j);
	return status;
}

int cli_user_sessions_end(struct cli *c)
{
	uint64_t id;
	if (c->count > 1 && str_u64(str_c(c->args[1]), INT64_MAX, &id) != OK)
		return cli_refuse("not the number of a session: %s", c->args[1]);
	return say(c, "sessions.end", c->count > 1 ? json_pack("{s:I}", "id", (json_int_t)id) : NULL, c->count > 1 ? "has one session less" : "is signed out everywhere");
}

/* ---- policy ---- */

int cli_user_require_2fa(struct cli *c)
{
	return say(c, "factor.policy", json_pack("{s:s}", "policy", c->count > 1 ? c->args[1] : "required"), "has a policy of its own for the second factor");
}

int cli_user_second_factor(struct cli *c)
{
	static const struct cli_column columns[] = { { "ADDRESS", "address" }, { "SECOND FACTOR", "second_factor" }, { "POLICY", "policy" }, { "TOTP", "totp" },
		{ "PASSKEYS", "passkeys" }, { "APP PASSWORDS", "app_passwords" }, { "RECOVERY CODES LEFT", "recovery_codes_left" } };
	json_t *j, *rows;
	int status = ask(c, "factor.show", NULL, NULL, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK) {
		rows = json_pack("[O]", j);
		cli_table(rows, columns, COUNT_OF(columns), "");
		json_decref(rows);
	}
	json_decref(j);
	return status;
}

int cli_policy_second_factor(struct cli *c)
{
	static const struct cli_column columns[] = { { "DOMAIN", "domain" }, { "PEOPLE", "people" }, { "ADMINISTRATORS", "administrators" },
		{ "DAYS OF GRACE", "grace_days" } };
	json_t *arguments = json_pack("{s:s}", "domain", c->domain ? c->domain : ""), *j;
	if (c->people)
		json_object_set_new(arguments, "people", json_string(c->people));
	if (c->administrators)
		json_object_set_new(arguments, "administrators", json_string(c->administrators));
	if (c->grace_given)
		json_object_set_new(arguments, "grace_days", json_integer((json_int_t)c->grace));
	int status = cli_auth(c, &(struct cli_auth){ "factor.rule", arguments, NULL, -1 }, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK) {
		json_t *rows = json_pack("[O]", j);
		if (!*text_of(j, "domain"))
			json_object_set_new(j, "domain", json_string("(all)"));
		cli_table(rows, columns, COUNT_OF(columns), "");
		json_decref(rows);
	}
	json_decref(j);
	return status;
}
