/* Arguments of SEARCH and UID SEARCH (RFC 9051 section 6.4.4, RFC 3501's keys too; RETURN and SAVE: RFC 4731
 * and RFC 5182; MODSEQ: RFC 7162; PARTIAL: RFC 9394; OLDER, YOUNGER: RFC 5032; SAVED…: RFC 8514; EMAILID: RFC 8474).
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
	IMAP_KEY_SAVEDBEFORE,   /* when it came into this mailbox, day (RFC 8514) */
	IMAP_KEY_SAVEDON,
	IMAP_KEY_SAVEDSINCE,
	IMAP_KEY_OLDER,         /* number: seconds since arrival (RFC 5032) */
	IMAP_KEY_YOUNGER,
	IMAP_KEY_EMAILID,       /* text (RFC 8474) */
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
	IMAP_RETURN_GIVEN = 1 << 5,     /* RETURN was there: answer with ESEARCH */
	IMAP_RETURN_PARTIAL = 1 << 6,   /* (RFC 9394, RFC 5267) */
	IMAP_RETURN_UPDATE = 1 << 7,    /* tell what changes in the result (RFC 5267) */
	IMAP_RETURN_CONTEXT = 1 << 8    /* a hint that more will be asked (RFC 5267) */
};

/* partial-range: places in the result, 1 the first; from the end: -1 the last. first <= last in both. */
struct imap_partial { uint32_t first, last; bool from_end; };

struct imap_search {
	unsigned returns;               /* enum imap_search_return; RETURN () means ALL */
	struct imap_partial partial;
	uint64_t changed_after;         /* not of the grammar: only messages that changed after this mod-sequence are asked */
	bool uses_modseq;               /* the answer names the highest mod-sequence */
	bool uses_sequence;             /* a key names sequence numbers */
	struct imap_search_key *root;   /* an AND */
};

/* E_UNSUPPORTED: a CHARSET other than UTF-8 and US-ASCII; answer NO [BADCHARSET (UTF-8)]. */
must_use int imap_search_args(struct imap_args *a, struct imap_search *ret);
/* search-criteria = charset 1*(SP search-key), with the SP in front and to the end: of SORT and THREAD (RFC 5256). */
must_use int imap_search_criteria(struct imap_args *a, struct imap_search *into);
/* search-return-opts, if they are there: imap_search_return.c */
must_use int imap_search_return(struct imap_args *a, struct imap_search *into);
/* partial-range (RFC 9394): "1:100" or "-1:-100". */
must_use int imap_partial(struct imap_args *a, struct imap_partial *ret);

#endif
