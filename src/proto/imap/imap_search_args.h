/* Arguments of SEARCH and UID SEARCH (RFC 9051 section 6.4.4, RFC 3501's keys too; RETURN and SAVE: RFC 4731
 * and RFC 5182; MODSEQ: RFC 7162).
 *
 * Depth is limited by IMAP_SEARCH_DEPTH and counted where a key nests to the left: chains of OR (which
 * clients write with hundreds of keys) and of NOT are folded into one node by loops. (A51) */
#ifndef PROTO_IMAP_SEARCH_ARGS_H
#define PROTO_IMAP_SEARCH_ARGS_H

#include "proto/imap/imap_set.h"

enum { IMAP_SEARCH_DEPTH = 32, IMAP_SEARCH_KEYS_MAX = 8192 };

enum imap_key {
	IMAP_KEY_AND,           /* all of child, child->next, … ; ALL is an AND of nothing */
	IMAP_KEY_OR,            /* one of them */
	IMAP_KEY_FLAGS,         /* (flags & mask) == want */
	IMAP_KEY_KEYWORD,       /* text */
	IMAP_KEY_SEQUENCE,      /* set */
	IMAP_KEY_UID,           /* set */
	IMAP_KEY_BEFORE,        /* arrival (INTERNALDATE, its own zone), day */
	IMAP_KEY_ON,
	IMAP_KEY_SINCE,
	IMAP_KEY_SENTBEFORE,    /* Date field, its own zone, day */
	IMAP_KEY_SENTON,
	IMAP_KEY_SENTSINCE,
	IMAP_KEY_LARGER,        /* number, octets */
	IMAP_KEY_SMALLER,
	IMAP_KEY_MODSEQ,        /* number: mod-sequence at least this */
	IMAP_KEY_HEADER,        /* field contains text; empty text: the field exists */
	IMAP_KEY_BODY,          /* text */
	IMAP_KEY_TEXT
};

struct imap_search_key {
	enum imap_key key;
	bool negated;
	struct imap_search_key *child, *next;
	unsigned mask, want;
	struct imap_set set;
	int64_t day;
	uint64_t number;
	struct str field, text;         /* text is valid UTF-8 */
};

enum imap_search_return {
	IMAP_RETURN_MIN = 1 << 0,
	IMAP_RETURN_MAX = 1 << 1,
	IMAP_RETURN_ALL = 1 << 2,
	IMAP_RETURN_COUNT = 1 << 3,
	IMAP_RETURN_SAVE = 1 << 4,
	IMAP_RETURN_GIVEN = 1 << 5      /* RETURN was there: answer with ESEARCH */
};

struct imap_search {
	unsigned returns;               /* RETURN () means ALL */
	bool uses_modseq;               /* the answer names the highest mod-sequence */
	bool uses_sequence;             /* a key names sequence numbers */
	struct imap_search_key *root;   /* an AND */
};

/* E_UNSUPPORTED: a CHARSET other than UTF-8 and US-ASCII; answer NO [BADCHARSET (UTF-8)]. */
must_use int imap_search_args(struct imap_args *a, struct imap_search *ret);

#endif
