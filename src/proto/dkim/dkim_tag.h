/* Tag lists (RFC 6376 section 3.2): "v=1; a=rsa-sha256; ...", as in signatures, key records and ARC fields. */
#ifndef PROTO_DKIM_TAG_H
#define PROTO_DKIM_TAG_H

#include "base/base.h"

enum { DKIM_TAGS_MAX = 64 };

/* All are slices of the list. */
struct dkim_tag {
	struct str name;
	struct str value;       /* without white space at both ends; folding inside is left */
	struct str all;         /* from behind the "=" up to the ";" or the end: what "b=" loses when it is hashed */
};

struct dkim_tags {
	struct dkim_tag tags[DKIM_TAGS_MAX];
	size_t count;
};

/* Strict: a name twice, an empty tag in the middle, a byte that no value may hold are E_SYNTAX; E_TOOBIG past DKIM_TAGS_MAX. UTF-8 is taken
 * in values (RFC 8616 section 5). An empty list is E_SYNTAX. */
must_use int dkim_tags_parse(struct str list, struct dkim_tags *ret);
const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, struct str name);  /* NULL: absent; names keep their case */

/* Cuts the next piece up to the separator, trimmed, as in "h=from : to". False when there is none left. Start with more = true. */
bool dkim_list_next(struct str *list, char separator, bool *more, struct str *ret);
/* Whether a colon-separated list holds that word, case folded. */
bool dkim_list_has(struct str list, struct str word);
/* Base64 with white space anywhere inside, into the arena. E_SYNTAX; also when it is empty. */
must_use int dkim_base64_decode(struct arena *a, struct str value, struct str *ret);

#endif
