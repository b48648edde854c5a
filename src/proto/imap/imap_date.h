/* Dates of IMAP (RFC 9051 section 9, `date` and `date-time`). Proleptic Gregorian, no clock, no locale. */
#ifndef PROTO_IMAP_DATE_H
#define PROTO_IMAP_DATE_H

#include "base/buf.h"
#include "proto/imap/imap_args.h"

struct imap_date_time { int64_t seconds; int32_t zone; };     /* Unix time; minutes east of UTC */

/* date = date-text / DQUOTE date-text DQUOTE; days since 1970-01-01. */
must_use int imap_date(struct imap_args *a, int64_t *ret_day);
must_use int imap_date_time(struct imap_args *a, struct imap_date_time *ret);
/* "17-Jul-1996 02:44:25 -0700" in quotes. Years outside 0 to 9999 are written as the nearest of them. */
void imap_write_date_time(struct bufw *w, struct imap_date_time t);

#endif
