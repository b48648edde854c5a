/* Message identifiers (RFC 5322 3.6.4) in Message-ID, In-Reply-To and References, leniently. */
#ifndef MESSAGE_ID_H
#define MESSAGE_ID_H

#include "base/base.h"

enum { MESSAGE_ID_MAX = 998 };

/* Takes the next "<id>" off the value and gives what is between the brackets, trimmed. Phrases of old In-Reply-To
 * fields are skipped, quoted ">" is no end, an unclosed "<" ends at white space. Empty and over-long ids are skipped.
 * Linear time. */
bool message_id_next(struct str *value, struct str *ret);
/* The id of a Message-ID field: the first one, or without any bracket the first word. False: none. */
bool message_id_first(struct str value, struct str *ret);
/* The form in which ids are compared (RFC 5256 section 2.2 "normalized"): white space, comments and needless quoting
 * gone. Case stays. A view when there was nothing to do. */
struct str message_id_normalize(struct arena *a, struct str id);

#endif
