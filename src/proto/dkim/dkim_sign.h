/* Signing (RFC 6376 section 5): relaxed/relaxed, the whole body, SHA-256. Pure: who holds the key is called for each
 * signature, and is given all that goes into it, so that it can look at what it signs.
 *
 * Signed are the fields that people read and programs act upon. Those marked in the table of dkim_sign.c are named one time more than they
 * occur, so that nobody can add another one above ours (A34): From, To, Cc, Subject, Date, Message-ID, Reply-To, Sender, MIME-Version,
 * Content-Type, Content-Transfer-Encoding, In-Reply-To, References. Not so List-*, Resent-* and the like, which others add in good faith. */
#ifndef PROTO_DKIM_SIGN_H
#define PROTO_DKIM_SIGN_H

#include "proto/dkim/dkim_message.h"

struct dkim_signer {
	struct str domain, selector;    /* A-labels */
	enum dkim_algorithm algorithm;  /* not DKIM_RSA_SHA1 */
	/* input: the canonical header fields and the field to be signed (RFC 6376 section 3.7, RFC 8617 section 5.1.1). Appends the signature of
	 * its SHA-256: RSASSA-PKCS1-v1_5, or Ed25519 with the hash as its message. */
	int (*sign)(void *ctx, enum dkim_algorithm algorithm, struct str input, struct buf *signature);
	void *ctx;
};

struct dkim_sign {
	struct dkim_message *m;
	const struct dkim_body_hash *want;
	struct str *names;
	size_t name_count;
};

/* Before the body. E_SYNTAX: no From field, or several, or a header that begins with white space; E_TOOBIG: more fields than can be signed. */
must_use int dkim_sign_begin(struct dkim_sign *s, struct dkim_message *m);
/* After it: appends one DKIM-Signature field with its CRLF, folded at 76 columns. Once for each key: the fields belong above the message,
 * in any order. lifetime: seconds until x= (A35); 0: none. Errors of the callback, or E_TOOBIG. */
must_use int dkim_sign_end(const struct dkim_sign *s, const struct dkim_signer *signer, uint64_t now, uint64_t lifetime, struct buf *out);

/* The default list for that message. extra, which may be empty, is a name signed as often as it occurs. E_TOOBIG. */
must_use int dkim_sign_names(const struct dkim_message *m, struct str extra, struct str **ret, size_t *ret_count);
/* What is signed, collected: a message's header may be as large as DKIM_INPUT_MAX. */
enum { DKIM_INPUT_MAX = 512 << 10 };
struct dkim_input { struct buf bytes; struct bufw w; };
void dkim_input_init(struct dkim_input *i);
void dkim_input_done(struct dkim_input *i);
struct dkim_sink dkim_input_sink(struct dkim_input *i);
/* The base64 of what the signer makes of it, in the arena. E_TOOBIG: it did not fit. */
must_use int dkim_input_sign(struct arena *a, const struct dkim_signer *signer, const struct dkim_input *i, struct str *ret);

/* A tag of a field to be written. */
struct dkim_out_tag { const char *name; struct str value; };
enum { DKIM_COLUMNS = 76, DKIM_COLUMNS_MOST = 900 };
/* Appends "Name: a=...; b=...\r\n". Lines break at 76 columns: between tags, behind the colons of h=, and inside b= at signature_columns. b=
 * has lines of its own, so that the rest looks the same with b= empty and with b= filled. *ret_hole is the offset in out at which the value of
 * b= begins. */
must_use int dkim_field_write(struct buf *out, struct str name, const struct dkim_out_tag *tags, size_t count, size_t signature_columns,
			      size_t *ret_hole);
/* Passes a field that dkim_field_write made with an empty b=, as the signature's own. */
void dkim_field_put(struct str field, size_t hole, struct dkim_sink out);
/* "from:to:subject" */
struct str dkim_names_join(struct arena *a, const struct str *names, size_t count);

#endif
