/* "v=DMARC1; p=none;": the tag lists of DMARC, MTA-STS, TLS-RPT and BIMI records. */
#ifndef PROTO_TAG_LIST_H
#define PROTO_TAG_LIST_H

#include "base/base.h"

struct tag {
	struct str name, value; /* white space around both taken off */
	bool has_equals;        /* "name" alone is no tag */
};

/* Takes the next piece up to ";" or the end. False: nothing but white space is left. An empty piece between two ";" is
 * a tag without a name. */
bool tag_next(struct str *list, struct tag *ret);
/* Whether the list starts with that version, exactly: "v" of either case, "=", the value in its own case, then ";" or
 * the end. */
bool tag_list_is(struct str list, struct str version);

/* ASCII letters, digits and inner or final "-", "_", ".", starting with a letter or digit, 1 to 32 octets (RFC 8461
 * section 3.1). */
bool tag_extension_name(struct str name);

#endif
