/* Text in a named charset to UTF-8, by ICU. Bytes that mean nothing become U+FFFD; nothing fails.
 *
 * Converters are dear to open, so each thread keeps a few. Result: at most CHARSET_GROWTH times the input plus some
 * bytes. */
#ifndef CHARSET_H
#define CHARSET_H

#include "base/base.h"

enum { CHARSET_GROWTH = 6 };

/* Empty and unknown names are read as UTF-8 when the bytes are valid UTF-8, else as windows-1252; *ret_unknown (may be
 * NULL) tells. The result is always valid UTF-8: the input itself where that is so already, else in the arena. */
struct str charset_to_utf8(struct arena *a, struct str charset, struct str bytes, bool *ret_unknown);
bool charset_known(struct str charset);
/* Bytes that claim to be UTF-8: what is not becomes U+FFFD, one for each maximal bad piece's byte (A58). */
struct str charset_repair_utf8(struct arena *a, struct str bytes);

/* Once a process, before a sandbox: tells ICU never to look for files. */
void charset_init(void);
/* Frees what this thread keeps. */
void charset_thread_done(void);

#endif
