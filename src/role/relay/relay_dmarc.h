/* Daily reports to domains that ask for them (RFC 9990): verdicts are counted in memory, kept as records every minute, and sent when their
 * period is over, as signed mail through the queue.
 *
 *    out/PERIOD/DOMAIN/HASH    one row and its count; PERIOD in hex, of relay.dmarc_report_every seconds */
#ifndef ROLE_RELAY_DMARC_H
#define ROLE_RELAY_DMARC_H

#include "proto/dmarc/dmarc_report.h"
#include "role/relay/relay.h"

enum { RELAY_SEEN_MAX = 20000 /* different rows between two writes */, RELAY_ROWS_MAX = 4000 /* of one report */ };

ipc_dmarc_seen_fn relay_on_dmarc_seen;
void relay_dmarc_reports(void *relay);          /* a fiber */

/* ---- relay_dmarc_send.c ---- */
/* Sends the report to each place that its domain names and that agrees. OK: done, also when nobody wants it; other errors: not now. */
must_use int relay_dmarc_send(struct relay *r, struct arena *a, struct dmarc_report *report);

#endif
