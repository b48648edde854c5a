/* Threading (RFC 5256 section 3): from messages to a forest, and the forest as THREAD answers it. Pure, and without
 * recursion: work is N log N in messages and references, whatever they say of each other.
 *
 * REFS is REFERENCES without the step that joins by subject, threads ordered by their newest message. */
#ifndef PROTO_IMAP_THREAD_H
#define PROTO_IMAP_THREAD_H

#include "proto/imap/imap_sort_args.h"

enum { IMAP_THREAD_CLIMB = 1000 };      /* ancestors looked at for a loop; a chain that is longer is cut there */

/* Names are hashes: two that collide are taken for one, which a sender can have for the asking anyway. */
struct imap_thread_message {
	uint32_t number;                /* what the answer calls it */
	bool is_reply;                  /* the subject had Re: or Fwd: */
	uint8_t ref_count;
	int64_t date;                   /* when it was sent */
	uint64_t id, subject;           /* 0: none */
	const uint64_t *refs;           /* oldest first */
};

struct imap_thread_node {
	uint32_t message;               /* index, or IMAP_THREAD_NONE: known by reference only */
	uint32_t parent, child, next;   /* nodes, or IMAP_THREAD_NONE */
	int64_t date;
};
#define IMAP_THREAD_NONE UINT32_MAX

struct imap_threads {
	struct imap_thread_node *v;
	uint32_t n;
	uint32_t root;                  /* the first thread; others behind it by next */
};

/* m: in order of their numbers. Everything is in the arena. */
void imap_thread(struct arena *a, enum imap_thread_algorithm algorithm, const struct imap_thread_message *m, uint32_t n,
		 struct imap_threads *ret);
/* "(2)(3 6 (4 23)(44 7 96))": one thread a call; *at begins as ret->root. False: that was the last. */
bool imap_thread_write(const struct imap_threads *t, const struct imap_thread_message *m, struct bufw *w, uint32_t *at);

#endif
