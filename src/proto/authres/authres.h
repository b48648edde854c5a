/* Authentication-Results (RFC 8601): ours written, ours by name found in what strangers send, and read again. */
#ifndef PROTO_AUTHRES_H
#define PROTO_AUTHRES_H

#include "base/base.h"

enum { AUTHRES_RESULTS_MAX = 64, AUTHRES_PROPERTIES_MAX = 16, AUTHRES_VALUE_MAX = 255, AUTHRES_FIELD_MAX = 32 << 10 };

/* "smtp.mailfrom=ann@example.org" */
struct authres_property {
	struct str type, name, value;
};

struct authres_result {
	struct str method, result; /* "dkim", "pass" */
	struct str reason;         /* reason="...": for machines to pass on; may be empty */
	struct str comment;        /* for people, written only; may be empty */
	struct authres_property *properties;
	size_t count;
};

/* Appends the whole field with its name and CRLF, folded at 78 columns where it can be. Values and comments may hold
 * any bytes: they are quoted and escaped, control bytes become "?", what is longer than AUTHRES_VALUE_MAX is cut. id,
 * methods, results, types and names are the caller's own words. Without results it says "none". E_TOOBIG. */
must_use int authres_write(struct buf *out, struct str id, const struct authres_result *results, size_t count);

struct authres {
	struct str id;
	struct authres_result *results;
	size_t count;
};

/* The value of a field (or of an ARC-Authentication-Results field behind its "i=1;"). Comments are dropped. E_SYNTAX;
 * E_TOOBIG past the limits. */
must_use int authres_parse(struct arena *a, struct str value, struct authres *ret);

/* Whether a reader could take the field for one of that server's (A32): the authserv-id, case folded, quoted or not,
 * comments and folding around it or inside it, with or without a version or a final dot. A field so broken that readers
 * may differ counts when the id occurs in it at all. */
bool authres_claims(struct arena *a, struct str value, struct str id);
/* Appends the header block without the Authentication-Results fields that claim one of the ids, all else untouched.
 * Returns E_TOOBIG, or OK with how many were left out. */
must_use int authres_strip(struct arena *a, struct str header, const struct str *ids, size_t id_count, struct buf *out,
			   size_t *ret_removed);

#endif
