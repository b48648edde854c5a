/* Browsers between the password, which was right, and the code of the second factor. In memory only, of a fixed number; a restart or a crowd sends
 * people back to the password. */
#ifndef ROLE_AUTH_AUTH_PENDING_H
#define ROLE_AUTH_AUTH_PENDING_H

#include "base/base.h"

enum { AUTH_PENDING_MAX = 1024, AUTH_PENDING_MS = 5 * 60 * 1000, AUTH_PENDING_TRIES = 3, AUTH_PENDING_TEXT = 44 /* with its NUL */ };

/* stored: the hash of the password that was right; when another stands there later, the password was changed meanwhile. */
struct auth_pending { uint8_t mark[32], stored[32]; char address[321]; int64_t until; unsigned tries; };

/* *ret: 256 random bits, for the page to give back; what is kept is a digest. The oldest makes room. */
void auth_pending_new(struct str address, struct str stored, int64_t now_ms, char ret[AUTH_PENDING_TEXT]);
/* A copy, since the place may be another's by the time an answer has come. Counts one try. E_DENIED: unknown, over, or tried too often. */
must_use int auth_pending_take(struct str token, int64_t now_ms, struct auth_pending *ret);
bool auth_pending_fits(const struct auth_pending *p, struct str stored);
void auth_pending_end(const struct auth_pending *p);

#endif
