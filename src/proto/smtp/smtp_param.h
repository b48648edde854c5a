/* ESMTP parameters: the loop over "KEYWORD=value KEYWORD" that MAIL and RCPT share (RFC 5321 section 4.1.2). */
#ifndef PROTO_SMTP_PARAM_H
#define PROTO_SMTP_PARAM_H

#include "base/base.h"

/* One row a parameter. parse gets the struct that is being filled and the value, empty when there was no "=". */
struct smtp_param {
	struct str name;
	int (*parse)(struct arena *a, struct str value, void *into);
	const char *rfc;
};

enum { SMTP_PARAM_ROWS_MAX = 32 };

/* Parses all of args by the table. E_SYNTAX (also for a parameter that comes twice), E_NOTFOUND; *reterr_name as in
 * smtp_command.h. What parse wrote stays written. */
must_use int smtp_param_parse(const struct smtp_param *rows, size_t count, struct arena *a, struct str args, void *into,
                              struct str *reterr_name);

#endif
