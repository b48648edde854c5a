/* The end of a message: judged, delivered, answered. */
#ifndef ROLE_SMTP_ACCEPT_H
#define ROLE_SMTP_ACCEPT_H

#include "role/smtp/smtp.h"

/* The content is complete. Sends the reply (in LMTP the replies) and ends the transaction. 250 is sent only when the
 * store has said that the message is durable. */
must_use int smtp_accept(struct smtp_session *s);

/* The From and Sender of a submitted message are those of who signed in (A25). code 0: they are. */
struct smtp_failure smtp_author_check(struct smtp_session *s, const struct ipc_scan_rep *scan);

#endif
