/* What is done to the header of a message on its way in: Return-Path goes, since only ours may stand there (RFC 5321
 * section 4.4), and Authentication-Results that claims to be ours (RFC 8601 section 5); on submission Bcc and Resent-Bcc go too, and a missing Date or Message-ID is added (RFC 6409 section
 * 8). All else stays byte for byte. */
#ifndef ROLE_SMTP_HEADER_H
#define ROLE_SMTP_HEADER_H

#include "role/smtp/smtp.h"

enum { SMTP_AUTHOR_FIELD_MAX = 16 << 10 };      /* a longer From or Sender is not believed */

/* header: the fields, without the empty line. Writes them, and notes in content what was there. */
void smtp_header_write(struct smtp_session *s, struct str header, struct bufw *w);

#endif
