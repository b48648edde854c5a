/* How old a password is at a sign-in: fine, soon to expire (its owner is told), or to be changed before it opens anything again. */
#ifndef ROLE_AUTH_AUTH_AGE_H
#define ROLE_AUTH_AUTH_AGE_H

#include "proto/password/password_policy.h"

enum { AUTH_AGE_TEXT = 200 };

/* In a fiber. Remembered for a short time; a failure of the store is returned. to_warn: it expires soon, and no mail has said so yet. */
must_use int auth_age_of(struct str address, struct password_age *ret, bool *ret_to_warn);
/* Something was changed that an answer may rest on. */
void auth_age_forget(void);
/* What to tell the person; empty when there is nothing. One line of ASCII. */
void auth_age_text(const struct password_age *age, char ret[AUTH_AGE_TEXT]);

#endif
