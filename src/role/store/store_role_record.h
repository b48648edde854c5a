/* Small records that other roles keep here, opaque to the store: policies, second factors, tokens, bans. Each role has a space
 * of its own, named by one letter that never changes, and sees no other.
 *
 * A record has a version, which is a digest of its value: who read a record and wants to change it names the version it saw, and is
 * told E_STALE when another value stands there now. */
#ifndef STORE_ROLE_RECORD_H
#define STORE_ROLE_RECORD_H

#include "role/store/store.h"

enum { STORE_RECORD_KEY_MAX = 255, STORE_RECORD_VALUE_MAX = 64 << 10, STORE_RECORD_WRITES_MAX = 256 };

/* What a write expects to find. */
#define STORE_RECORD_ANY UINT64_MAX     /* whatever it is */
#define STORE_RECORD_NONE 0             /* nothing under this key */

struct store_role_record { struct str key, value; uint64_t version; };
struct store_record_write { struct str key, value; uint64_t expect; bool remove; };

/* Never STORE_RECORD_ANY nor STORE_RECORD_NONE. */
uint64_t store_record_version(struct str value);

/* The value goes into the arena. E_NOTFOUND. */
must_use int store_record_get(struct store *st, char space, struct str key, struct arena *a, struct store_role_record *ret);
/* All or nothing. E_STALE: a version is not what was expected. E_TOOBIG: a key that is empty or too long, a value too long, too many
 * writes. Removing what is not there is no error unless a version was expected. */
must_use int store_record_put(struct store *st, char space, const struct store_record_write *w, size_t n);
/* Records whose key begins with prefix and lies behind `after` (empty: from the first), in the order of bytes, at most max, and of no more
 * than `bytes` in all, but at least one. *ret_more: others follow. */
must_use int store_record_list(struct store *st, char space, struct str prefix, struct str after, size_t max, size_t bytes, struct arena *a,
			       struct store_role_record **ret, size_t *ret_n, bool *ret_more);

#endif
