/* Dates in command arguments and responses (RFC 9051 section 9, `date` and `date-time`); the arithmetic is
 * proto/header/date.h. */
#ifndef PROTO_IMAP_DATE_H
#define PROTO_IMAP_DATE_H

#include "proto/header/date.h"
#include "proto/imap/imap_args.h"

/* date = date-text / DQUOTE date-text DQUOTE; days since 1970-01-01. */
must_use int imap_date(struct imap_args *a, int64_t *ret_day);
must_use int imap_date_time(struct imap_args *a, struct date *ret);
/* "17-Jul-1996 02:44:25 -0700" in quotes; years outside 1 to 9999 are clamped. */
void imap_write_date_time(struct bufw *w, struct date t);

#endif
