/* Trace fields (RFC 5321 section 4.4): Return-Path at final delivery, and Received. */
#ifndef ROLE_SMTP_TRACE_H
#define ROLE_SMTP_TRACE_H

#include "role/smtp/smtp.h"

enum { SMTP_TRACE_MAX = 4096 };     /* bound of what smtp_trace_write writes */

/* Writes the fields of the message under way. Return-Path only when all recipients are ours: only then is this the
 * final delivery. "for" only when there is one recipient, so that none learns of another. */
void smtp_trace_write(struct smtp_session *s, struct bufw *w);

/* The protocol keyword behind "with" (RFC 3848, RFC 6531 section 4.3). */
struct str smtp_trace_protocol(struct arena *a, const struct smtp_session *s);

#endif
