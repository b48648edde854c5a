/* Reports that other servers sent about our domains, as relay keeps them. */
#ifndef CLI_CLI_REPORTS_H
#define CLI_CLI_REPORTS_H

#include "cli/cli_internal.h"

/* Of one domain, or ("") of all: an array of what report_message.h describes, each with its key. *ret is new. */
must_use int cli_reports(struct cli *c, const char *domain, json_t **ret);

/* What the DMARC reports about a domain add up to. */
struct cli_report_totals { json_int_t reports, messages, passed; };
void cli_reports_add_up(json_t *reports, struct cli_report_totals *ret);

#endif
