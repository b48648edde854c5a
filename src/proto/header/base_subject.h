/* The base subject (RFC 5256 section 2.1): for SORT, THREAD and conversations. */
#ifndef BASE_SUBJECT_H
#define BASE_SUBJECT_H

#include "base/base.h"

/* Of a raw Subject value (folded, with encoded words). UTF-8, white space runs one space; case is left (compare by
 * i;unicode-casemap). *ret_is_reply (may be NULL): "Re:", "Fwd:" or "(fwd)" was taken off, as THREAD=REFERENCES step 5
 * asks. Linear. */
struct str base_subject(struct arena *a, struct str raw_subject, bool *ret_is_reply);
/* The same of a subject that is UTF-8 already. */
struct str base_subject_of_utf8(struct arena *a, struct str subject, bool *ret_is_reply);

#endif
