/* Role records, from the side of the role that keeps them (messages.def: record_get, record_put, record_list). In a fiber. */
#ifndef IPC_RECORDS_H
#define IPC_RECORDS_H

#include "ipc/ipc.h"

enum { RECORDS_KEY_MAX = 255, RECORDS_VALUE_MAX = 64 << 10, RECORDS_WRITES_MAX = 256, RECORDS_MS = 10000 };
#define RECORDS_ANY UINT64_MAX          /* expect: whatever stands there */
#define RECORDS_NONE ((uint64_t)0)      /* expect: nothing stands there */

/* The value goes into the arena. E_NOTFOUND; otherwise as the channel says (E_CLOSED, E_TIMEOUT, E_FULL ...). */
must_use int records_get(struct arena *a, struct str key, struct str *ret_value, uint64_t *ret_version);

/* Several writes that count together:
 *     struct records_batch b;
 *     records_begin(&b);
 *     records_set(&b, key, version, value);
 *     records_remove(&b, other, RECORDS_ANY);
 *     r = records_commit(&b);              E_STALE: read again and try anew. Frees what the batch held, whatever it answers. */
struct records_batch { struct buf writes; struct bufw w; };
void records_begin(struct records_batch *b);
void records_set(struct records_batch *b, struct str key, uint64_t expect, struct str value);
void records_remove(struct records_batch *b, struct str key, uint64_t expect);
must_use int records_commit(struct records_batch *b);
/* One write. */
must_use int records_put(struct str key, uint64_t expect, struct str value);

/* Every record whose key begins with prefix, in the order of bytes, until each says otherwise (which is returned). Nothing is held between
 * two answers of the store: what is written meanwhile may or may not be seen. */
struct records_item { struct str key, value; uint64_t version; };
typedef int records_each_fn(void *ctx, const struct records_item *item);
must_use int records_each(struct str prefix, records_each_fn *each, void *ctx);

#endif
