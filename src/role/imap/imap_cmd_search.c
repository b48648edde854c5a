/* SEARCH (RFC 9051 section 6.4.4; ESEARCH: RFC 4731; SEARCHRES: RFC 5182; MODSEQ: RFC 7162; PARTIAL: RFC 9394). */
#include "role/imap/imap_cmd.h"
#include "role/imap/imap_context.h"

int imap_cmd_search(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_search p;
	struct imap_hits hits;
	int r = imap_search_args(&a, &p);
	if (r != OK)
		return imap_search_refused(s, r, &a);
	if (imap_search_prepare(s, &p) != OK)
		return OK;
	r = imap_search_run(s, &p, &hits);
	if (r != OK)
		return imap_search_failed(s, &p, r);
	r = imap_search_tell(s, &p, &hits, "SEARCH");
	if (r == OK && (p.returns & IMAP_RETURN_UPDATE) && imap_context_add(s, &p, &hits) != OK)
		r = imap_no_update(s);
	return r == OK ? imap_ok(s, "searched") : r;
}
