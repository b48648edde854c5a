/* Patterns that make a long password easy to guess. All take the normal form (password_hash.h). */
#ifndef PASSWORD_PATTERNS_H
#define PASSWORD_PATTERNS_H

#include "base/base.h"

size_t password_characters(struct str s);           /* code points */
bool password_has_few_different(struct str s);      /* fewer than five different bytes */
bool password_is_row(struct str s);                 /* "abcdefgh", "987654321098" */
struct str password_core(struct str s);             /* without digits and signs at both ends */
bool password_is_common(struct str s);              /* its core is a word that everybody tries first */

#endif
