/* Keys that sign mail: from the running server, or from the data folder when none runs. */
#ifndef CLI_CLI_KEYS_H
#define CLI_CLI_KEYS_H

#include "cli/cli_internal.h"
#include "ipc/key_folder.h"
#include "proto/dkim/dkim_private.h"

struct cli_key {
	char domain[KEY_DOMAIN_MAX + 1], selector[KEY_SELECTOR_MAX + 1], record[DKIM_PRIVATE_RECORD_MAX];
	enum dkim_algorithm algorithm;
	enum dkim_key_state state;
	int64_t since;
};

/* In order of name. domain: "" for all. Free *ret with mem_free. */
must_use int cli_keys(struct cli *c, const char *domain, struct cli_key **ret, size_t *ret_n);
must_use int cli_keys_begin(struct cli *c, const char *domain);         /* those that are missing */
must_use int cli_keys_drop(struct cli *c, const char *domain);          /* all of a domain */

#endif
