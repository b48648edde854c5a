#include "cli/cli_internal.h"
#include "cli/cli_keys.h"

#include <stdio.h>

enum { ADDRESS_MAX = 330, DOMAIN_MAX = 256, TARGETS_MAX = 50 };

static int on_domain(struct cli *c, const char *op, const char *more, const char *done)
{
	char domain[DOMAIN_MAX];
	json_t *j = NULL;
	int status = cli_domain_name(c->args[0], domain, sizeof domain);
	if (status == CLI_OK)
		status = cli_auth_strings(c, op, (const char *const[]){ domain, more, NULL }, &j);
	if (status == CLI_OK)
		printf("%s %s\n", domain, done);
	json_decref(j);
	return status;
}

int cli_domain_add(struct cli *c)
{
	char domain[DOMAIN_MAX];
	int status = on_domain(c, "domain.add", NULL, "added; publish its records: `ceralacca domain dns`");
	if (status == CLI_OK)
		status = cli_domain_name(c->args[0], domain, sizeof domain);
	return status == CLI_OK ? cli_keys_begin(c, domain) : status;
}

int cli_domain_delete(struct cli *c)
{
	char domain[DOMAIN_MAX];
	int status = on_domain(c, "domain.delete", NULL, "deleted");
	if (status == CLI_OK)
		status = cli_domain_name(c->args[0], domain, sizeof domain);
	return status == CLI_OK ? cli_keys_drop(c, domain) : status;
}

int cli_domain_catchall(struct cli *c)
{
	char address[ADDRESS_MAX] = "";
	int status = c->count > 1 ? cli_address(c->args[1], address, sizeof address) : CLI_OK;
	if (status != CLI_OK)
		return status;
	return on_domain(c, "domain.catchall", address, *address ? "has a catch-all" : "has no catch-all");
}

static int list(struct cli *c, const char *op, const struct cli_column *columns, size_t n, const char *when_empty)
{
	json_t *j;
	int status = cli_admin(c, op, (const char *const[]){ NULL }, &j);
	if (status == CLI_OK && c->json)
		cli_json(j);
	else if (status == CLI_OK)
		cli_table(j, columns, n, when_empty);
	json_decref(j);
	return status;
}

int cli_domain_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "DOMAIN", "name" }, { "MAILBOXES", "accounts" }, { "CATCH-ALL", "catchall" } };
	return list(c, "domain.list", columns, COUNT_OF(columns), "no domains; add one with `ceralacca domain add NAME`");
}

int cli_alias_add(struct cli *c)
{
	static char names[TARGETS_MAX][ADDRESS_MAX];
	const char *arguments[TARGETS_MAX + 1];
	json_t *j = NULL;
	int n = c->count < TARGETS_MAX ? c->count : TARGETS_MAX;
	for (int i = 0; i < n; i++) {
		int status = cli_address(c->args[i], names[i], sizeof names[i]);
		if (status != CLI_OK)
			return status;
		arguments[i] = names[i];
	}
	arguments[n] = NULL;
	int status = cli_auth_strings(c, "alias.add", arguments, &j);
	if (status == CLI_OK)
		printf("%s added\n", names[0]);
	json_decref(j);
	return status;
}

int cli_alias_delete(struct cli *c)
{
	char address[ADDRESS_MAX];
	json_t *j = NULL;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_auth_strings(c, "alias.delete", (const char *const[]){ address, NULL }, &j);
	if (status == CLI_OK)
		printf("%s deleted\n", address);
	json_decref(j);
	return status;
}

int cli_alias_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "ALIAS", "alias" }, { "DELIVERS TO", "targets" } };
	return list(c, "alias.list", columns, COUNT_OF(columns), "no aliases");
}
