/* The rule of an organisation or a domain: a profile, and what the check cannot know of itself: the company's name and words that may not
 * occur in a password.
 *
 *     u8 version 1, str profile (password_profile_write), str company, varint count, that many words */
#ifndef PASSWORD_RULE_H
#define PASSWORD_RULE_H

#include "proto/password/password_policy.h"

enum { PASSWORD_COMPANY_MAX = 255, PASSWORD_RULE_WORDS_MAX = 32, PASSWORD_RULE_WORD_MAX = 64, PASSWORD_RULE_BYTES = 8 << 10 };

struct password_rule {
	struct password_profile profile;    /* its name says which built-in one it began as */
	struct str company, words[PASSWORD_RULE_WORDS_MAX];
	size_t word_count;
};

must_use int password_rule_write(struct buf *out, const struct password_rule *p);
must_use int password_rule_read(struct str bytes, struct password_rule *ret);     /* views; E_CORRUPT; E_UNSUPPORTED */

#endif
