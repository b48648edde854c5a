/* What DMARC said of a message, for the daily report about its domain. */
#ifndef ROLE_SCAN_SCAN_SEEN_H
#define ROLE_SCAN_SCAN_SEEN_H

#include "proto/verdict/verdict.h"

/* Tells relay, when the domain wants reports. */
void scan_seen_tell(const struct verdict *v);

#endif
