/* RETURN (…) of SEARCH and SORT: RFC 4731, RFC 5182, RFC 5267, RFC 9394. */
#include "proto/imap/imap_search_args.h"

static const struct { struct str name; unsigned bit; } names[] = {
	{ STR_INIT("MIN"), IMAP_RETURN_MIN },         { STR_INIT("MAX"), IMAP_RETURN_MAX },
	{ STR_INIT("ALL"), IMAP_RETURN_ALL },         { STR_INIT("COUNT"), IMAP_RETURN_COUNT },
	{ STR_INIT("SAVE"), IMAP_RETURN_SAVE },       { STR_INIT("PARTIAL"), IMAP_RETURN_PARTIAL },
	{ STR_INIT("UPDATE"), IMAP_RETURN_UPDATE },   { STR_INIT("CONTEXT"), IMAP_RETURN_CONTEXT },
};

/* partial-range-first = nz-number ":" nz-number; partial-range-last = MINUS nz-number ":" MINUS nz-number */
int imap_partial(struct imap_args *a, struct imap_partial *ret)
{
	struct imap_partial p = { .from_end = imap_next_is(a, '-') };
	int r = p.from_end ? imap_char(a, '-') : OK;
	if (r == OK)
		r = imap_nz_number(a, &p.first);
	if (r == OK)
		r = imap_char(a, ':');
	if (r == OK && p.from_end)
		r = imap_char(a, '-');
	if (r == OK)
		r = imap_nz_number(a, &p.last);
	if (r != OK)
		return r;
	*ret = p.first <= p.last ? p : (struct imap_partial){ p.last, p.first, p.from_end };
	return OK;
}

static int option(struct imap_args *a, struct imap_search *s)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!imap_word(a, names[i].name))
			continue;
		s->returns |= names[i].bit;
		if (names[i].bit != IMAP_RETURN_PARTIAL)
			return OK;
		int r = imap_sp(a);
		return r == OK ? imap_partial(a, &s->partial) : r;
	}
	return imap_args_bad(a, "unknown RETURN option");
}

static int check(struct imap_args *a, struct imap_search *s)
{
	const unsigned what = IMAP_RETURN_MIN | IMAP_RETURN_MAX | IMAP_RETURN_ALL | IMAP_RETURN_COUNT | IMAP_RETURN_SAVE |
			      IMAP_RETURN_PARTIAL | IMAP_RETURN_UPDATE;
	if ((s->returns & IMAP_RETURN_PARTIAL) && (s->returns & IMAP_RETURN_ALL))
		return imap_args_bad(a, "PARTIAL and ALL exclude each other");
	if (!(s->returns & what))
		s->returns |= IMAP_RETURN_ALL;
	return OK;
}

/* search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" */
int imap_search_return(struct imap_args *a, struct imap_search *into)
{
	struct imap_args at = *a;
	if (imap_sp(&at) != OK || !imap_word(&at, STR("RETURN")))
		return OK;
	int r = imap_sp(&at);
	if (r == OK)
		r = imap_char(&at, '(');
	into->returns = IMAP_RETURN_GIVEN;
	if (r == OK && !imap_next_is(&at, ')')) {
		do {
			r = option(&at, into);
		} while (r == OK && str_take_char(&at.rest, ' '));
	}
	if (r == OK)
		r = imap_char(&at, ')');
	if (r == OK)
		r = check(&at, into);
	*a = at;
	return r;
}
