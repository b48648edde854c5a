/* Words that a password may not hold, and likeness of passwords, both over a folded form: case and accents gone, and signs that stand for
 * letters ("p@55w0rd") taken for them. i, l, 1 and ! become one. */
#ifndef PASSWORD_WORDS_H
#define PASSWORD_WORDS_H

#include "proto/password/password_policy.h"

enum { PASSWORD_WORD_MAX = 64 };

struct password_folded { uint32_t c[1024 /* PASSWORD_BYTES_MAX */]; size_t n; };
void password_fold(struct str s, struct password_folded *ret);          /* s: UTF-8, what is beyond 1024 characters is cut off */

/* The words of a person: pieces of name, company and local part, labels of the domain but the last, and the given words, with at least
 * `least` characters. At most PASSWORD_WORDS_MAX; each NUL-ended, in the arena. */
struct str *password_words(struct arena *a, const struct password_person *p, size_t least, size_t *ret_count);
/* Whether one of them is in the password, forwards or backwards. */
bool password_has_word(struct str password, const struct str *words, size_t count);
/* Whether two passwords differ by at most two characters of their folded forms (inserted, removed or changed), or one is the other with
 * up to four characters at the ends. */
bool password_is_near(struct str a, struct str b);

#endif
