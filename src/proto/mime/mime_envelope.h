/* ENVELOPE of a message header in wire form (RFC 3501 section 7.4.2, RFC 9051 section 7.5.2).
 *
 * Always fits the grammar. Field bodies are unfolded and sent as they came, encoded words not decoded; strings by
 * mime_wire.h. From stands in for an absent or empty Sender and Reply-To. A mailbox without a domain, or without a
 * local part, has an empty string there: NIL would mean a group. */
#ifndef MIME_ENVELOPE_H
#define MIME_ENVELOPE_H

#include "proto/addr/addr_list.h"
#include "proto/mime/mime_fields.h"

struct mime_envelope_limits {
	size_t addresses;       /* of each field; the rest is left out, its group closed */
	size_t text;            /* bytes of each string; the rest is cut */
};
extern const struct mime_envelope_limits mime_envelope_limits_default;      /* 1000, 8192 */

/* The address fields, parsed once for all who read them. */
struct mime_addresses { struct addr_list of[MIME_FIELD_COUNT]; };
void mime_addresses_parse(struct arena *a, const struct mime_fields *fields, size_t max, struct mime_addresses *ret);

/* header: the header block of a message, with or without its empty line. Parsed addresses go to scratch. */
void mime_envelope_write(struct arena *scratch, struct str header, const struct mime_envelope_limits *limits,
                         struct bufw *out);
/* The same from what was read already. False when addresses were left out. */
bool mime_envelope_of(struct arena *scratch, const struct mime_fields *fields, const struct mime_addresses *addresses,
                      const struct mime_envelope_limits *limits, struct bufw *out);

#endif
