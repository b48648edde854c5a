/* The fields of a message header that ENVELOPE and the summary read, found in one pass. Of a repeated field the
 * first counts. */
#ifndef MIME_FIELDS_H
#define MIME_FIELDS_H

#include "base/base.h"

enum mime_field {
	MIME_DATE, MIME_SUBJECT,
	MIME_FROM, MIME_SENDER, MIME_REPLY_TO, MIME_TO, MIME_CC, MIME_BCC,      /* the address lists */
	MIME_IN_REPLY_TO, MIME_MESSAGE_ID, MIME_REFERENCES, MIME_LIST_ID,
	MIME_FIELD_COUNT
};

#define MIME_FIELDS_BYTES (1024 * 1024)     /* of a header, looked at */

/* Bodies as they stand, folds included; p is NULL where the field is absent. */
struct mime_fields { struct str value[MIME_FIELD_COUNT]; };

void mime_fields_find(struct str header, struct mime_fields *ret);

#endif
