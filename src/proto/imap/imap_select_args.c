/* Arguments of SELECT and EXAMINE (RFC 9051 section 6.3.2; CONDSTORE, QRESYNC: RFC 7162). */
#include "proto/imap/imap_command_args.h"

static bool has_star(const struct imap_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (!set->v[i].first || !set->v[i].last)
			return true;
	return set->saved;
}

/* known-uids, known-sequence-set, known-uid-set: "*" is not allowed */
static int known_set(struct imap_args *a, struct imap_set *ret)
{
	int r = imap_sequence_set(a, ret);
	return r == OK && has_star(ret) ? imap_args_bad(a, "a set without * expected") : r;
}

/* seq-match-data = "(" known-sequence-set SP known-uid-set ")" */
static int match_data(struct imap_args *a)
{
	struct imap_set numbers, uids;
	int r = imap_char(a, '(');
	if (r == OK)
		r = known_set(a, &numbers);
	if (r == OK)
		r = imap_sp(a);
	if (r == OK)
		r = known_set(a, &uids);
	return r == OK ? imap_char(a, ')') : r;
}

/* SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")" */
static int qresync(struct imap_args *a, struct imap_select *s)
{
	int r = imap_sp(a);
	s->qresync = s->condstore = true;
	if (r == OK)
		r = imap_char(a, '(');
	if (r == OK)
		r = imap_nz_number(a, &s->uidvalidity);
	if (r == OK)
		r = imap_sp(a);
	if (r == OK)
		r = imap_number64(a, &s->modseq);
	bool more = r == OK && str_take_char(&a->rest, ' ');
	if (more && !imap_next_is(a, '(')) {
		r = known_set(a, &s->known);
		if (r == OK)
			imap_set_resolve(&s->known, UINT32_MAX);
		more = r == OK && str_take_char(&a->rest, ' ');
	}
	if (r == OK && more)
		r = match_data(a);
	return r == OK ? imap_char(a, ')') : r;
}

/* select-params = SP "(" select-param *(SP select-param) ")" */
static int select_params(struct imap_args *a, struct imap_select *s)
{
	if (a->rest.n == 0)
		return OK;
	int r = imap_sp(a);
	if (r == OK)
		r = imap_char(a, '(');
	while (r == OK) {
		if (imap_word(a, STR("CONDSTORE")))
			s->condstore = true;
		else if (imap_word(a, STR("QRESYNC")))
			r = qresync(a, s);
		else
			r = imap_args_bad(a, "unknown parameter");
		if (r == OK && !str_take_char(&a->rest, ' '))
			return imap_char(a, ')');
	}
	return r;
}

int imap_select_args(struct imap_args *a, struct imap_select *ret)
{
	struct imap_select s = { 0 };
	int r = imap_mailbox_arg(a, &s.mailbox);
	if (r == OK)
		r = select_params(a, &s);
	if (r == OK)
		r = imap_args_end(a);
	if (r == OK)
		*ret = s;
	return r;
}
