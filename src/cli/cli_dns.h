/* The records that a domain has to publish. */
#ifndef CLI_CLI_DNS_H
#define CLI_CLI_DNS_H

#include "cli/cli_keys.h"
#include "proto/policy/dns_wanted.h"

/* Everything lives in memory until cli_dns_done. */
struct cli_dns {
	struct arena memory;
	char domain[256];
	struct str hostname;
	struct cli_key *keys;           /* of the domain */
	size_t key_count;
	struct str bimi;                /* the record of the domain's logo; empty: none */
	struct dns_wanted *wanted;
	size_t count;
};

must_use int cli_dns_collect(struct cli *c, const char *domain, struct cli_dns *ret);
void cli_dns_done(struct cli_dns *d);
void cli_dns_print(const struct cli_dns *d);            /* zone text */

#endif
