/* Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183) with parameters by RFC 2231, leniently. Never fails;
 * linear in the value (A56). */
#ifndef CONTENT_TYPE_H
#define CONTENT_TYPE_H

#include "base/base.h"

enum { CONTENT_PARAMS_MAX = 256, CONTENT_SEGMENTS_MAX = 200 };

struct content_param {
	struct str name, value;
}; /* as in the field, unquoted; "filename*0*" stays that */

struct content_type {
	struct str type, subtype;     /* as given, without comments; empty when missing */
	struct content_param *params; /* what BODYSTRUCTURE shows */
	size_t count;
	bool truncated; /* more than CONTENT_PARAMS_MAX */
	bool malformed; /* something was repaired */
};

void content_type_parse(struct arena *a, struct str value, struct content_type *ret);
/* The same for "attachment; filename=x": type holds the disposition, subtype is empty. */
void content_disposition_parse(struct arena *a, struct str value, struct content_type *ret);
bool content_type_is(const struct content_type *ct, struct str type, struct str subtype); /* empty subtype: any */

/* The value of a parameter by its plain name: name*, then the pieces name*0 name*1* ... in order up to the first gap,
 * then plain name (RFC 6266 4.3 order). Charsets become UTF-8. Without encoding the bytes are as given: boundaries.
 * False: absent. */
bool content_param_find(struct arena *a, const struct content_type *ct, struct str name, struct str *ret);
/* For file names: as above, and encoded words inside a plain value, which RFC 2047 forbids and everybody sends, are
 * decoded; always valid UTF-8 without control bytes. */
bool content_param_text(struct arena *a, const struct content_type *ct, struct str name, struct str *ret);

#endif
