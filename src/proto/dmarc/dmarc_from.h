/* The author domains of a message (RFC 9989 section 4.2 and 11.5): what stands in its From field, and all that may be
 * wrong with it. One parser decides for DMARC and for display (A28). */
#ifndef PROTO_DMARC_FROM_H
#define PROTO_DMARC_FROM_H

#include "base/base.h"

enum { DMARC_FROM_MAX = 5 }; /* author domains; more is no message that people write */

/* None of these passes for anybody's (A27, A28). */
enum dmarc_from_defect {
	DMARC_FROM_OK,
	DMARC_FROM_MISSING, /* no field, or no address in it */
	DMARC_FROM_SEVERAL_FIELDS,
	DMARC_FROM_MALFORMED, /* repaired by the parser, group syntax, a route, space before the colon, too many domains
			       */
	DMARC_FROM_BAD_DOMAIN, /* an address without a domain, or one that is no name in DNS (A30) */
};

struct dmarc_from {
	enum dmarc_from_defect defect;
	struct str domains[DMARC_FROM_MAX]; /* A-labels in lower case, each once */
	size_t count;
};

/* header: the raw block. Encoded words are not decoded: one as the whole address leaves no domain (A29). */
void dmarc_from_header(struct arena *a, struct str header, struct dmarc_from *ret);
/* Adds one author domain as it stands in the address. */
void dmarc_from_add(struct arena *a, struct str domain, struct dmarc_from *from);
const char *dmarc_from_reason(enum dmarc_from_defect defect);

#endif
