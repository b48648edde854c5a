/* The server's side of SASL PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), OAUTHBEARER (RFC 7628) and XOAUTH2: from base64 lines to a
 * user and a password or token.
 * Pure; a fresh struct for every attempt (A14).
 *
 *    r = sasl_begin(&x, arena, mechanism);                      E_UNSUPPORTED: not ours
 *    r = initial_given ? sasl_answer(&x, initial) : E_AGAIN;
 *    while (r == E_AGAIN) {                                     send x.challenge, read a line
 *            r = sasl_answer(&x, line);
 *    }
 *    OK: x.user and x.password;  E_SYNTAX: bad base64 or form (A15);  E_CANCELLED: the client sent "*";
 *    E_TOOBIG;  E_DENIED: it wants to act for somebody else.
 *    sasl_done(&x);                                             wipes the password
 *
 * An initial response of "=" is the empty one (RFC 4954 4, RFC 4959 3). */
#ifndef SASL_H
#define SASL_H

#include "base/base.h"

enum { SASL_LINE_MAX = 12288 /* RFC 4954 4.9 */, SASL_USER_MAX = 320, SASL_PASSWORD_MAX = 1024 };

struct sasl_mechanism;
struct sasl {
	const struct sasl_mechanism *mechanism;
	struct arena *arena;
	unsigned step;
	struct str challenge;           /* base64, without line end; constant */
	struct str user, password;      /* in the arena */
	bool bearer;                    /* password is an access token, and user may be empty */
};

must_use int sasl_begin(struct sasl *s, struct arena *a, struct str mechanism);
must_use int sasl_answer(struct sasl *s, struct str base64);
void sasl_done(struct sasl *s);
/* The mechanisms, separated by spaces, for EHLO; for capabilities with a prefix each. */
#define SASL_MECHANISMS "PLAIN LOGIN OAUTHBEARER XOAUTH2"

/* The name that a person signs in with, in the form under which accounts are kept: the whole address, normalised as addr_normalize
 * does. In the arena. E_SYNTAX: no address; E_TOOBIG. */
must_use int sasl_user_normalize(struct arena *a, struct str user, struct str *ret);

#endif
