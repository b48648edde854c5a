/* What is published, held against what should be (dns_wanted.h). Values are as in a zone file, names with their final dot; of TXT the bare
 * text. */
#ifndef PROTO_DNS_PUBLISHED_H
#define PROTO_DNS_PUBLISHED_H

#include "proto/policy/dns_wanted.h"

enum dns_published { PUBLISHED_OK, PUBLISHED_MISSING, PUBLISHED_DIFFERENT, PUBLISHED_AMBIGUOUS };

/* *ret_text: what is wrong, for people; "" when nothing is. */
enum dns_published dns_published_judge(const struct dns_wanted *w, const struct str *values, size_t count, const char **ret_text);
const char *dns_published_name(enum dns_published state);

/* One RDATA as such a value; E_SYNTAX, E_UNSUPPORTED. type: enum dns_type. */
must_use int dns_published_value(struct arena *a, unsigned type, struct str rdata, struct str *ret);

#endif
