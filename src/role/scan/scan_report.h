/* Reports from other servers, taken apart where strangers' bytes are (messages.def: report_read). */
#ifndef ROLE_SCAN_SCAN_REPORT_H
#define ROLE_SCAN_SCAN_REPORT_H

#include "ipc/ipc.h"
#include "proto/policy/report_message.h"

/* report_message_read in an arena with a limit: E_TOOBIG past it (A77). */
must_use int scan_report(struct arena *a, struct str message, struct report_message *ret);
ipc_report_read_fn scan_on_report_read;         /* in a fiber */

#endif
