/* BIMI (draft-brand-indicators-for-message-identification): the record that names a logo, and whether a logo is SVG
 * Tiny Portable/Secure (draft-svg-tiny-ps-abrotman), which is what may be shown. */
#ifndef PROTO_BIMI_H
#define PROTO_BIMI_H

#include "base/base.h"

enum { BIMI_SVG_MAX = 32 << 10 /* octets; the draft asks for no more */, BIMI_URI_MAX = 1024 };

struct bimi_record {
	struct str location, authority; /* l, a: "https:" URIs, or empty */
	bool declined;                  /* both empty: the domain wants no logo shown */
};
/* The record at <selector>._bimi.<domain>. E_SYNTAX: none, or a URI that is not https. */
must_use int bimi_record_parse(struct str txt, struct bimi_record *ret);
/* The record for these, in the arena; authority may be empty. E_SYNTAX: a URI that is not https, too long, or has what cannot stand in a tag
 * list or in the text of a zone as it is: such octets are to be percent-encoded. */
must_use int bimi_record_write(struct arena *a, struct str location, struct str authority, struct str *ret);

enum bimi_svg {
	BIMI_SVG_OK,
	BIMI_SVG_INVALID_FILE,
	BIMI_SVG_INVALID_PROFILE,
	BIMI_SVG_INVALID_ROOT,
	BIMI_SVG_NO_TITLE,
	BIMI_SVG_INVALID_ELEMENT,
	BIMI_SVG_REFERENCE,
	BIMI_SVG_TOO_BIG,
	BIMI_SVG_RESULTS
};

/* The first thing wrong. Elements are held against a list of those that the profile has; script, animation, event
 * attributes and every reference that does not stay inside the file are refused (A79, A80). */
enum bimi_svg bimi_svg_check(struct arena *a, struct str svg);
/* All that is wrong: 1 << BIMI_SVG_... of each; 0 when nothing is. */
unsigned bimi_svg_faults(struct arena *a, struct str svg);
const char *bimi_svg_reason(enum bimi_svg result);

#endif
