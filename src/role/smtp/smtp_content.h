/* The content of the message under way. The header is held until it is complete, edited (smtp_header.h), and moved on
 * behind our trace fields; the body follows as it comes. Small messages stay in memory; larger ones go to a memory file
 * in big writes. */
#ifndef ROLE_SMTP_CONTENT_H
#define ROLE_SMTP_CONTENT_H

#include "role/smtp/smtp.h"

enum {
	SMTP_HEADER_MAX = 256 << 10,            /* a larger header is refused (A55) */
	SMTP_CONTENT_INLINE = IPC_INLINE,       /* what stays in memory */
	SMTP_BLOCK_MAX = 64 << 10,              /* input that is taken at once */
	SMTP_CONTENT_KEEP = 16 << 10            /* memory that a session keeps from one message to the next */
};

void smtp_content_init(struct smtp_content *c);
void smtp_content_done(struct smtp_content *c);
void smtp_content_reset(struct smtp_content *c);

/* Begins a message. mode: enum smtp_data_mode. */
void smtp_content_begin(struct smtp_session *s, unsigned mode);
/* Takes all of *input that belongs to the message. What fails is kept in content.err, and the rest is read and dropped.
 */
void smtp_content_take(struct smtp_session *s, struct str *input);
/* The message is complete: content.bytes or, sealed, content.fd holds it. E_TOOBIG, E_IO, E_FULL.
 */
must_use int smtp_content_finish(struct smtp_session *s);

#endif
