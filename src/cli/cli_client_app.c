/* Programs that people may let in (clients of the authorisation server), and what people have let in. */
#include "cli/cli_internal.h"

#include <stdio.h>
#include <time.h>

enum { ADDRESS_MAX = 330 };

/* What stands behind id and name: redirect URIs, the word "device", "scope=imap,smtp". */
static void take_words(struct cli *c, json_t *arguments)
{
	json_t *redirects = json_array();
	for (int i = 2; i < c->count; i++) {
		struct str word = str_c(c->args[i]);
		if (str_eq(word, STR("device"))) {
			json_object_set_new(arguments, "device", json_true());
		} else if (str_take(&word, STR("scope="))) {
			char *scope = c->args[i] + strlen("scope=");
			for (char *p = scope; *p; p++)
				*p = *p == ',' ? ' ' : *p;
			json_object_set_new(arguments, "scope", json_string(scope));
		} else {
			json_array_append_new(redirects, json_string(c->args[i]));
		}
	}
	json_object_set_new(arguments, "redirects", redirects);
}

int cli_client_add(struct cli *c)
{
	json_t *j = NULL, *arguments = json_pack("{s:s, s:s}", "id", c->args[0], "name", c->args[1]);
	if (!arguments)
		return cli_refuse("the id and the name must be UTF-8");
	take_words(c, arguments);
	int status = cli_auth(c, &(struct cli_auth){ "client.add", arguments, NULL, -1 }, &j);
	if (status == CLI_OK)
		printf("%s added\n", c->args[0]);
	json_decref(j);
	return status;
}

int cli_client_remove(struct cli *c)
{
	json_t *j = NULL;
	int status = cli_auth(c, &(struct cli_auth){ "client.remove", json_pack("{s:s}", "id", c->args[0]), NULL, -1 }, &j);
	if (status == CLI_OK)
		printf("%s removed\n", c->args[0]);
	json_decref(j);
	return status;
}

/* The list of redirect URIs as one column. */
static void join_redirects(json_t *rows)
{
	size_t i, k;
	json_t *row, *uri;
	json_array_foreach(rows, i, row) {
		struct buf b;
		buf_init(&b, 8192);
		struct bufw w = { .b = &b };
		json_array_foreach(json_object_get(row, "redirects"), k, uri)
			bufw_printf(&w, "%s%s", k ? " " : "", json_string_value(uri));
		json_object_set_new(row, "where", json_stringn(b.n ? b.p : "", b.n));
		buf_done(&b);
	}
}

int cli_client_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "ID", "id" }, { "NAME", "name" }, { "SCOPE", "scope" }, { "DEVICE", "device" }, { "REDIRECTS", "where" } };
	json_t *j = NULL;
	int status = cli_auth(c, &(struct cli_auth){ "client.list", json_object(), NULL, -1 }, &j);
	if (status == CLI_OK && c->json) {
		cli_json(j);
	} else if (status == CLI_OK) {
		join_redirects(j);
		cli_table(j, columns, COUNT_OF(columns), "no clients; add one with `ceralacca client add ID NAME REDIRECT`");
	}
	json_decref(j);
	return status;
}

static void dates(json_t *rows)
{
	static const char *const keys[] = { "created", "used", "until" };
	size_t i;
	json_t *row;
	json_array_foreach(rows, i, row) {
		for (size_t k = 0; k < COUNT_OF(keys); k++) {
			time_t t = (time_t)json_integer_value(json_object_get(row, keys[k]));
			struct tm tm;
			char text[32] = "";
			if (gmtime_r(&t, &tm))
				strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
			json_object_set_new(row, keys[k], json_string(text));
		}
	}
}

int cli_user_tokens(struct cli *c)
{
	static const struct cli_column columns[] = { { "ID", "id" }, { "KIND", "kind" }, { "CLIENT", "client" }, { "SCOPE", "scope" }, { "FROM", "from" },
		{ "CREATED", "created" }, { "USED", "used" }, { "UNTIL", "until" } };
	char address[ADDRESS_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ "tokens.list", json_pack("{s:s}", "address", address), NULL, -1 }, &j);
	if (status == CLI_OK && c->json) {
		cli_json(j);
	} else if (status == CLI_OK) {
		dates(j);
		cli_table(j, columns, COUNT_OF(columns), "nothing is let in");
	}
	json_decref(j);
	return status;
}

int cli_user_revoke(struct cli *c)
{
	char address[ADDRESS_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	const char *id = c->count > 1 ? c->args[1] : "";
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ "tokens.revoke", json_pack("{s:s, s:s}", "address", address, "id", id), NULL, -1 }, &j);
	if (status == CLI_OK)
		printf("%s: %s\n", address, *id ? "revoked" : "everything is revoked");
	json_decref(j);
	return status;
}
