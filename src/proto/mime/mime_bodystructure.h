/* BODY and BODYSTRUCTURE of a message in wire form (RFC 3501 section 7.4.2, RFC 9051 section 7.5.2).
 *
 * Always fits the grammar (THREATS B50). Types, encodings and parameters are sent as they came: clients join RFC 2231
 * pieces. A text part without charset shows ("charset" "us-ascii"), as RFC 2046 section 4.1.2 has it. */
#ifndef MIME_BODYSTRUCTURE_H
#define MIME_BODYSTRUCTURE_H

#include "proto/mime/mime_parse.h"

enum mime_bodystructure_form { MIME_BODY, MIME_BODYSTRUCTURE };

#define MIME_BODYSTRUCTURE_TEXT 8192        /* bytes of each string; the rest is cut */
#define MIME_BODYSTRUCTURE_LANGUAGES 32

/* The tree of that message, from mime_parse. */
void mime_bodystructure_write(struct arena *scratch, struct str message, const struct mime_tree *tree,
                              enum mime_bodystructure_form form, struct bufw *out);

#endif
