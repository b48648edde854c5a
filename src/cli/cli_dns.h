/* The records that a domain has to publish. */
#ifndef CLI_CLI_DNS_H
#define CLI_CLI_DNS_H

#include "cli/cli_internal.h"

must_use int cli_dns_print(struct cli *c, const char *hostname, const char *domain);

#endif
