/* The logo of a domain. */
#ifndef CLI_CLI_BIMI_H
#define CLI_CLI_BIMI_H

#include "cli/cli_internal.h"

/* The record that the domain has to publish, in the arena; empty when it has no logo. */
must_use int cli_bimi_record(struct cli *c, const char *domain, struct arena *a, struct str *ret);

#endif
