/* Arguments of SORT and THREAD (RFC 5256; DISPLAYFROM, DISPLAYTO: RFC 5957; RETURN: RFC 5267). */
#ifndef PROTO_IMAP_SORT_ARGS_H
#define PROTO_IMAP_SORT_ARGS_H

#include "proto/imap/imap_search_args.h"

enum imap_sort_key {
	IMAP_SORT_ARRIVAL, IMAP_SORT_CC, IMAP_SORT_DATE, IMAP_SORT_FROM, IMAP_SORT_SIZE, IMAP_SORT_SUBJECT, IMAP_SORT_TO,
	IMAP_SORT_DISPLAYFROM, IMAP_SORT_DISPLAYTO
};

enum { IMAP_SORT_KEYS_MAX = 9 };      /* a key that comes again orders nothing that it has not ordered before */

struct imap_sort {
	struct { enum imap_sort_key key; bool reverse; } keys[IMAP_SORT_KEYS_MAX];
	size_t n;
	struct imap_search search;
};

enum imap_thread_algorithm { IMAP_THREAD_ORDEREDSUBJECT, IMAP_THREAD_REFERENCES, IMAP_THREAD_REFS };

/* E_UNSUPPORTED: an unknown charset. */
must_use int imap_sort_args(struct imap_args *a, struct imap_sort *ret);
must_use int imap_thread_args(struct imap_args *a, enum imap_thread_algorithm *ret, struct imap_search *ret_search);

#endif
