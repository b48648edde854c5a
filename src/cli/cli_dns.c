#include "cli/cli_dns.h"

#include "cli/cli_keys.h"
#include "ipc/conf_yaml.h"

#include <stdio.h>

enum { DOMAIN_MAX = 256, TXT_PIECE = 255 };

/* A TXT record holds strings of up to 255 octets (RFC 1035 section 3.3.14). */
static void print_txt(const char *name, const char *domain, const char *text)
{
	struct str rest = str_c(text);
	printf("%s.%s. IN TXT (", name, domain);
	while (rest.n) {
		struct str piece = str_take_n(&rest, TXT_PIECE);
		printf(" \"%.*s\"", (int)piece.n, piece.p);
	}
	puts(" )");
}

static int print_keys(struct cli *c, const char *domain)
{
	struct cli_key *keys = NULL;
	size_t n = 0;
	char name[KEY_SELECTOR_MAX + 16];
	int status = cli_keys(c, domain, &keys, &n);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s._domainkey", keys[i].selector);
		print_txt(name, keys[i].domain, keys[i].record);
	}
	mem_free(keys);
	return status;
}

int cli_dns_print(struct cli *c, const char *hostname, const char *domain)
{
	printf("%s.  IN MX   10 %s.\n", domain, hostname);
	printf("%s.  IN TXT  \"v=spf1 mx -all\"\n", domain);
	printf("_submissions._tcp.%s.  IN SRV  0 1 465 %s.\n", domain, hostname);
	printf("_submission._tcp.%s.   IN SRV  0 1 587 %s.\n", domain, hostname);
	printf("_imaps._tcp.%s.        IN SRV  0 1 993 %s.\n", domain, hostname);
	printf("_imap._tcp.%s.         IN SRV  0 1 143 %s.\n", domain, hostname);
	int status = print_keys(c, domain);
	printf("; and for the host itself: %s. IN A / AAAA its addresses, with PTR records that lead back to it\n", hostname);
	return status;
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
		status = cli_dns_print(c, conf.server.hostname, domain);
		conf_done(&conf);
	}
	buf_done(&why);
	return status;
}
