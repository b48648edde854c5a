/* struct buf: bytes that we own and that grow. The ceiling is given at birth; reaching it is E_TOOBIG and
 * leaves the buffer as it was. Not NUL-ended. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf { char *p; size_t n, cap, max; };

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);                                  /* frees; the ceiling is forgotten too */
void buf_clear(struct buf *b);                                 /* empties, keeps the memory */
void buf_shrink(struct buf *b);                                /* gives unused memory back */
struct str buf_str(const struct buf *b);                       /* valid until the next change */

must_use int buf_reserve(struct buf *b, size_t n);             /* room for n more bytes behind the end */
must_use int buf_put(struct buf *b, const void *p, size_t n);
must_use int buf_put_str(struct buf *b, struct str s);
must_use int buf_put_char(struct buf *b, char c);
must_use int buf_put_u64(struct buf *b, uint64_t v);           /* decimal */
must_use int buf_printf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
must_use int buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_consume(struct buf *b, size_t n);                     /* drops n bytes at the front (memmove) */

/* A run of puts is checked once: each call does nothing after the first failure, which stays in err. */
struct bufw { struct buf *b; int err; };
void bufw_put(struct bufw *w, const void *p, size_t n);
void bufw_str(struct bufw *w, struct str s);
void bufw_c(struct bufw *w, const char *c);
void bufw_char(struct bufw *w, char c);
void bufw_u64(struct bufw *w, uint64_t v);
void bufw_printf(struct bufw *w, const char *fmt, ...) printf_like(2, 3);

#endif
