#include "cli/cli_internal.h"

#include "ipc/conf_yaml.h"

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

int cli_domain_add(struct cli *c) { return on_domain(c, "domain.add", NULL, "added; publish its records: `ceralacca domain dns`"); }
int cli_domain_delete(struct cli *c) { return on_domain(c, "domain.delete", NULL, "deleted"); }

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

/* Transport policy, DKIM and reports join this list with the features that serve them. */
void cli_print_dns(const char *hostname, const char *domain)
{
	printf("%s.  IN MX   10 %s.\n", domain, hostname);
	printf("%s.  IN TXT  \"v=spf1 mx -all\"\n", domain);
	printf("_submissions._tcp.%s.  IN SRV  0 1 465 %s.\n", domain, hostname);
	printf("_submission._tcp.%s.   IN SRV  0 1 587 %s.\n", domain, hostname);
	printf("_imaps._tcp.%s.        IN SRV  0 1 993 %s.\n", domain, hostname);
	printf("_imap._tcp.%s.         IN SRV  0 1 143 %s.\n", domain, hostname);
	printf("; and for the host itself: %s. IN A / AAAA its addresses, with PTR records that lead back to it\n", hostname);
}

int cli_domain_dns(struct cli *c)
{
	char domain[DOMAIN_MAX], path[DATA_FOLDER_PATH_MAX];
	struct conf conf;
	struct buf why;
	int status = cli_domain_name(c->args[0], domain, sizeof domain);
	if (status != CLI_OK)
		return status;
	buf_init(&why, 4096);
	if (data_folder_check(c->dir, &why) != OK || data_folder_path(c->dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, &conf, &why) != OK) {
		status = cli_refuse("%.*s", (int)why.n, why.p ? why.p : "");
	} else {
		cli_print_dns(conf.server.hostname, domain);
		conf_done(&conf);
	}
	buf_done(&why);
	return status;
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
