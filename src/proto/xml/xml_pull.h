/* A pull parser for the little XML that mail needs: aggregate reports and logos. Ours and not libxml2, because
 * strangers send it: no document type, so no entities but the five of XML and character references, nothing is ever
 * fetched, no namespaces resolved (prefixes are cut off), depth and attributes bounded, one pass, linear time, nothing
 * allocated but decoded text (A77). What is not well formed is refused. UTF-8 only; bytes that are none become U+FFFD.
 */
#ifndef PROTO_XML_PULL_H
#define PROTO_XML_PULL_H

#include "base/base.h"

enum { XML_DEPTH_MAX = 64, XML_ATTRIBUTES_MAX = 64, XML_NAME_MAX = 100 };

enum xml_event { XML_START, XML_END, XML_TEXT, XML_EOF };

struct xml_attribute {
	struct str name, value;
}; /* local name; decoded */

struct xml_pull {
	struct arena *a;
	struct str rest;
	struct str open[XML_DEPTH_MAX]; /* full names of the open elements */
	size_t depth;
	bool pending_end; /* of "<x/>" */
	bool root_seen;
	/* Of the last event: */
	struct str name;                                     /* XML_START, XML_END: without prefix */
	struct str text;                                     /* XML_TEXT: one piece; CDATA and text come apart */
	struct xml_attribute attributes[XML_ATTRIBUTES_MAX]; /* XML_START */
	size_t attribute_count;
};

void xml_pull_init(struct xml_pull *x, struct arena *a, struct str document);
/* E_SYNTAX: not well formed; E_UNSUPPORTED: a document type or an entity of its own; E_TOOBIG: too deep or too many
 * attributes. After an error nothing more may be asked. */
must_use int xml_pull_next(struct xml_pull *x, enum xml_event *ret);
/* The attribute's value, or NULL. */
const struct str *xml_pull_attribute(const struct xml_pull *x, struct str name);

/* Writes text with what must be escaped escaped; what XML 1.0 cannot hold becomes U+FFFD. */
void xml_put_text(struct bufw *w, struct str text);

#endif
