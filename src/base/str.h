/* struct str: a view of bytes that somebody else owns. Passed by value, never freed, never NUL-ended:
 * the length is the truth, and any byte value may occur. Functions that "take" advance the view only
 * when they succeed, so that parsers chain. ASCII rules for case, whatever the locale. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str { const char *p; size_t n; };

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_INIT(lit) { "" lit, sizeof(lit) - 1 }
/* printf of a view, cut at 512 bytes. Client-safe only where the sink replaces control bytes. */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)((s).n > 512 ? 512 : (s).n), (s).p ? (s).p : ""

struct str str_c(const char *c);                          /* view of a C string; NULL gives the empty view */
struct str str_range(const char *from, const char *end);

bool str_eq(struct str a, struct str b);
bool str_ieq(struct str a, struct str b);                 /* ASCII case folded */
int str_cmp(struct str a, struct str b);                  /* bytewise, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_iends(struct str s, struct str suffix);

struct str str_skip(struct str s, size_t n);              /* without the first n bytes (all of it when shorter) */
struct str str_first(struct str s, size_t n);             /* the first n bytes at most */
struct str str_trim(struct str s);                        /* without space, tab, CR and LF at both ends */

bool str_take(struct str *s, struct str prefix);          /* true and advances when *s starts with prefix */
bool str_itake(struct str *s, struct str prefix);
bool str_take_char(struct str *s, char c);
struct str str_take_n(struct str *s, size_t n);           /* cuts n bytes, or all when shorter */
struct str str_until(struct str *s, char sep);            /* cuts up to sep (consumed) or to the end */
struct str str_word(struct str *s);                       /* cuts leading spaces, then up to a space (not consumed) */

#define STR_NPOS ((size_t)-1)
size_t str_find(struct str s, char c);                    /* index, or STR_NPOS */
size_t str_rfind(struct str s, char c);
size_t str_search(struct str hay, struct str needle);     /* index, or STR_NPOS */
size_t str_isearch(struct str hay, struct str needle);    /* ASCII case folded */
bool str_has_control(struct str s);                       /* any byte below 0x20, or 0x7f */
bool str_is_ascii(struct str s);                          /* no byte above 0x7f */

/* Decimal digits only, the whole view. E_SYNTAX, or E_TOOBIG above max. */
must_use int str_u64(struct str s, uint64_t max, uint64_t *ret);
/* Decimal digits at the front, advancing over them. Same errors. */
must_use int str_take_u64(struct str *s, uint64_t max, uint64_t *ret);
/* Copies into dst with a final NUL, for the border to C libraries. E_TOOBIG, or E_SYNTAX for an embedded NUL. */
must_use int str_to_c(struct str s, char *dst, size_t cap);

/* FNV-1a, 64 bit: for tables keyed by names that are not an attacker's to choose, and for stable keys. */
uint64_t str_hash(struct str s);

static inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static inline char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }
static inline bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool ascii_is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static inline bool ascii_is_alnum(char c) { return ascii_is_digit(c) || ascii_is_alpha(c); }
static inline bool ascii_is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

#endif
