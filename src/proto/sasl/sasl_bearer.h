/* Bearer tokens in SASL: OAUTHBEARER (RFC 7628) and XOAUTH2, which came before it and which most programs still speak. Pure.
 *
 *    OAUTHBEARER   n,a=user@example.com,^Ahost=…^Aport=143^Aauth=Bearer TOKEN^A^A
 *    XOAUTH2       user=user@example.com^Aauth=Bearer TOKEN^A^A
 *
 * A refusal goes over two steps: a challenge with an error in JSON, an answer of the client that says nothing, then the failure (3.2.2, 3.2.3). */
#ifndef SASL_BEARER_H
#define SASL_BEARER_H

#include "base/base.h"

enum { SASL_BEARER_TOKEN_MAX = 1024 };

/* user: empty where OAUTHBEARER names none. Views into the message, but a user with escapes, which is in the arena. E_SYNTAX: not of this
 * form, channel binding asked for, a key twice, another kind of token; E_TOOBIG. */
must_use int sasl_oauthbearer_parse(struct arena *a, struct str message, struct str *ret_user, struct str *ret_token);
must_use int sasl_xoauth2_parse(struct str message, struct str *ret_user, struct str *ret_token);

/* The challenge after a refusal, in base64: {"status":"invalid_token","scope":"imap"}. scope: one word of ours. */
must_use int sasl_bearer_error(struct buf *out, const char *scope);

#endif
