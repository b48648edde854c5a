/* SEARCH: what each key says of a message, with as much of it at hand as there is. */
#ifndef ROLE_IMAP_SEARCH_H
#define ROLE_IMAP_SEARCH_H

#include "proto/imap/imap_search_args.h"
#include "role/imap/imap_part.h"

/* Cannot say yet: the summary, or the message, is needed. A program is asked with the index alone first, so that only
 * messages about which that leaves doubt are read (three-valued logic of Kleene). */
enum imap_verdict { IMAP_VERDICT_NO, IMAP_VERDICT_YES, IMAP_VERDICT_UNKNOWN };

struct imap_search_subject {
	struct imap_session *s;
	size_t row;
	struct imap_content *content;   /* NULL: the index alone */
	bool may_load;                  /* the message may be read: no verdict stays unknown */
	int err;                        /* of reading it */
};

/* Once a command: texts are folded, sets become row numbers. E_SYNTAX: answered. */
must_use int imap_search_prepare(struct imap_session *s, struct imap_search *p);
/* Only the message itself answers: the program is a BODY or TEXT that nothing else limits, so reading ahead is worth
 * while. */
bool imap_search_reads_messages(const struct imap_search_key *root);
enum imap_verdict imap_search_ask(struct imap_search_subject *subject, const struct imap_search_key *k);

/* What was found: rows, ascending, in the results arena. */
struct imap_hits { uint32_t *rows; size_t n; };
must_use int imap_search_run(struct imap_session *s, const struct imap_search *p, struct imap_hits *ret);
/* Tells the hits as p->returns asks, in their order, and saves them. word: "SEARCH" or "SORT". */
must_use int imap_search_tell(struct imap_session *s, struct imap_search *p, const struct imap_hits *h, const char *word);
/* The grammar refused. */
int imap_search_refused(struct imap_session *s, int err, const struct imap_args *a);
/* A search that asked to save and failed leaves nothing saved (RFC 5182 section 2.1). */
must_use int imap_search_failed(struct imap_session *s, const struct imap_search *p, int r);

#endif
