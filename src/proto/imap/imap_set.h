/* Sequence sets (RFC 9051 section 9, `sequence-set`): numbers, ranges, "*" and "$" (SEARCHRES, RFC 5182).
 *
 * After imap_set_resolve the ranges are sorted, disjoint and not adjacent, so that everything else is a
 * binary search or a walk. */
#ifndef PROTO_IMAP_SET_H
#define PROTO_IMAP_SET_H

#include "base/buf.h"
#include "proto/imap/imap_args.h"

struct imap_range { uint32_t first, last; };     /* both included */

struct imap_set {
	struct imap_range *v;
	size_t n, cap;
	bool saved;             /* "$": the result of the last SEARCH with SAVE */
};

/* As written: 0 stands for "*". The array is in the arena, one range a comma. */
must_use int imap_sequence_set(struct imap_args *a, struct imap_set *ret);
/* Gives "*" its value (the highest number in use, 0 when there is none), sorts and merges, in place.
 * With max 0 the set becomes empty. */
void imap_set_resolve(struct imap_set *set, uint32_t max);

/* Resolved sets only. */
bool imap_set_has(const struct imap_set *set, uint32_t n);
uint64_t imap_set_count(const struct imap_set *set);
uint32_t imap_set_last(const struct imap_set *set);             /* 0 when empty */

/* Adds a number that is larger than all before it; the array grows in the arena. */
void imap_set_add(struct arena *arena, struct imap_set *set, uint32_t n);
/* "1:3,7": the shortest form. An empty set writes nothing, which is no sequence-set: the caller's business. */
void imap_set_write(struct bufw *w, const struct imap_set *set);

#endif
