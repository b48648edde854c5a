/* A message as DKIM and ARC see it: its header fields by name from below, and hashes of its body. One pass over the body serves all
 * signatures, verified or made: begin each of them, pass the body in pieces, end each of them.
 *
 *	dkim_message_init(&m, &arena, header);
 *	dkim_verify_begin(&verify, &m); arc_verify_begin(&chain, &m); dkim_sign_begin(&sign, &m);
 *	dkim_message_body(&m, piece); ... dkim_message_body_end(&m);
 *	dkim_verify_end(&verify, &dns, now); ...
 *	dkim_message_done(&m);
 */
#ifndef PROTO_DKIM_MESSAGE_H
#define PROTO_DKIM_MESSAGE_H

#include "proto/dkim/dkim_key.h"

#include <openssl/evp.h>

enum {
	DKIM_FIELDS_MAX = 2000,         /* fields of a message that is looked at; the pairs of A36 stay few */
	DKIM_BODY_HASHES_MAX = 8,       /* kinds of body hash: canonicalization and l=; two places are kept for whole bodies */
};

/* SHA-256, for canonicalised bytes. done frees; it is safe after init only. */
struct dkim_hash { EVP_MD_CTX *md; };
void dkim_hash_init(struct dkim_hash *h);
void dkim_hash_copy(struct dkim_hash *h, const struct dkim_hash *from);        /* init, with what from has seen */
void dkim_hash_put(struct dkim_hash *h, struct str bytes);
void dkim_hash_end(struct dkim_hash *h, unsigned char ret[DKIM_HASH_SIZE]);
void dkim_hash_done(struct dkim_hash *h);
struct dkim_sink dkim_hash_sink(struct dkim_hash *h);

struct dkim_body_hash {
	struct dkim_hash hash;
	enum dkim_canon canon;
	uint64_t limit, taken;          /* at most limit octets of the canonical body were hashed */
	unsigned char digest[DKIM_HASH_SIZE];
};

struct dkim_field {
	struct header_field f;
	uint64_t name_hash;             /* of the name without case */
};

struct dkim_message {
	struct arena *a;
	struct dkim_field *fields;      /* from above */
	size_t count, cap;
	bool too_many;                  /* more than DKIM_FIELDS_MAX */
	bool odd_start;                 /* begins with white space, which would continue a field put above: not to be signed */
	struct { struct dkim_canon_body canon; uint64_t length; bool wanted; } bodies[2];       /* by enum dkim_canon */
	struct dkim_body_hash hashes[DKIM_BODY_HASHES_MAX];
	size_t hash_count;
};

/* header: the raw block, which must stay. */
void dkim_message_init(struct dkim_message *m, struct arena *a, struct str header);
void dkim_message_done(struct dkim_message *m);

/* Orders a hash before the body comes; the same one is made once. NULL: there are too many kinds, which only l= can bring about. */
const struct dkim_body_hash *dkim_message_want(struct dkim_message *m, enum dkim_canon canon, uint64_t limit);
void dkim_message_body(struct dkim_message *m, struct str piece);
void dkim_message_body_end(struct dkim_message *m);
/* Octets of the canonical body, after its end. Only for a kind that was wanted. */
uint64_t dkim_message_body_length(const struct dkim_message *m, enum dkim_canon canon);

/* The lowest field of that name above the one given (NULL: the lowest of all), or NULL. */
const struct dkim_field *dkim_message_find(const struct dkim_message *m, struct str name, const struct dkim_field *below);
/* The fields that h= selects (section 5.4.2): for each name the lowest not taken yet, nothing where there is none (A34). own, which may be
 * NULL, is the signature's field and is never taken. */
void dkim_message_put_fields(const struct dkim_message *m, enum dkim_canon canon, const struct str *names, size_t count,
			     const struct dkim_field *own, struct dkim_sink out);

/* Does that signature hold for that message? Body hash first, so that nothing is asked for a body that was changed. want is what
 * dkim_message_want gave for it. *ret_key is filled when the key was had. */
struct dkim_verdict dkim_message_verify(const struct dkim_message *m, const struct dkim_field *field, const struct dkim_signature *s,
					const struct dkim_body_hash *want, struct dns_env *dns, struct dkim_key *ret_key);

#endif
