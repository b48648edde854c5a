/* What of mail is signed here: looked at before it is (A34, A35). Whoever asks has parsed messages of strangers and may have been taken over
 * by one; the keys of a domain shall not serve it for more than mail of that domain, from now, in the form that this server writes.
 *
 * input is all that goes into the signature (RFC 6376 section 3.7; RFC 8617 section 5.1.1), fields in relaxed form, the field to be signed
 * last with an empty b=. */
#ifndef ROLE_KEYS_KEYS_MAIL_H
#define ROLE_KEYS_KEYS_MAIL_H

#include "proto/dkim/dkim_signature.h"

enum { KEYS_MAIL_LIFETIME_MAX = 14 * 86400, KEYS_MAIL_CLOCK_SLACK = 300, KEYS_MAIL_ARENA = 4 << 20 };

struct keys_mail {
	struct str domain, selector;    /* of the key */
	enum dkim_algorithm algorithm;
	uint64_t now;
	bool (*own)(struct str domain); /* is there a key for this domain, or for one above it? */
};

/* DKIM-Signature: this key's d=, s= and a=, relaxed/relaxed, the whole body, made now, with an end (x=); fields only as h= names them; exactly
 * one From field, which no other can be put beside, and whose authors are all of domains of ours. ARC-Message-Signature and ARC-Seal: this
 * key, made now, and nothing but what belongs into them. E_DENIED: anything else. */
must_use int keys_mail_check(struct arena *a, const struct keys_mail *k, struct str input);

#endif
