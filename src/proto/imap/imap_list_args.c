#include "proto/imap/imap_list_args.h"

struct word { struct str name; unsigned bit; };

static const struct word status_items[] = {
	{ STR_INIT("MESSAGES"), IMAP_STATUS_MESSAGES },
	{ STR_INIT("UIDNEXT"), IMAP_STATUS_UIDNEXT },
	{ STR_INIT("UIDVALIDITY"), IMAP_STATUS_UIDVALIDITY },
	{ STR_INIT("UNSEEN"), IMAP_STATUS_UNSEEN },
	{ STR_INIT("DELETED"), IMAP_STATUS_DELETED },
	{ STR_INIT("SIZE"), IMAP_STATUS_SIZE },
	{ STR_INIT("HIGHESTMODSEQ"), IMAP_STATUS_HIGHESTMODSEQ },
	{ STR_INIT("RECENT"), IMAP_STATUS_RECENT },
	{ STR_INIT("MAILBOXID"), IMAP_STATUS_MAILBOXID },
	{ STR_INIT("APPENDLIMIT"), IMAP_STATUS_APPENDLIMIT },
};

static const struct word select_options[] = {
	{ STR_INIT("SUBSCRIBED"), IMAP_LIST_SUBSCRIBED },
	{ STR_INIT("REMOTE"), IMAP_LIST_REMOTE },
	{ STR_INIT("RECURSIVEMATCH"), IMAP_LIST_RECURSIVEMATCH },
	{ STR_INIT("SPECIAL-USE"), IMAP_LIST_SPECIAL_USE },
};

static const struct word return_options[] = {
	{ STR_INIT("SUBSCRIBED"), IMAP_LIST_SUBSCRIBED },
	{ STR_INIT("CHILDREN"), IMAP_LIST_CHILDREN },
	{ STR_INIT("SPECIAL-USE"), IMAP_LIST_SPECIAL_USE },
	{ STR_INIT("STATUS"), IMAP_LIST_STATUS },
};

static unsigned one_of(struct imap_args *a, const struct word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (imap_word(a, words[i].name))
			return words[i].bit;
	return 0;
}

/* "(" status-att *(SP status-att) ")" */
static int status_list(struct imap_args *a, unsigned *ret)
{
	int r = imap_char(a, '(');
	unsigned all = 0;
	while (r == OK) {
		unsigned bit = one_of(a, status_items, COUNT_OF(status_items));
		if (bit == 0)
			return imap_args_bad(a, "unknown STATUS item");
		all |= bit;
		if (str_take_char(&a->rest, ' '))
			continue;
		r = imap_char(a, ')');
		break;
	}
	if (r == OK)
		*ret = all;
	return r;
}

/* list-select-opts: RECURSIVEMATCH only beside an option that it can be matched with */
static int selection(struct imap_args *a, struct imap_list *l)
{
	if (!str_take_char(&a->rest, '('))
		return OK;
	l->extended = true;
	if (!imap_next_is(a, ')')) {
		do {
			unsigned bit = one_of(a, select_options, COUNT_OF(select_options));
			if (bit == 0)
				return imap_args_bad(a, "unknown selection option");
			l->select |= bit;
		} while (str_take_char(&a->rest, ' '));
	}
	if ((l->select & IMAP_LIST_RECURSIVEMATCH) && !(l->select & (IMAP_LIST_SUBSCRIBED | IMAP_LIST_SPECIAL_USE)))
		return imap_args_bad(a, "RECURSIVEMATCH needs SUBSCRIBED or SPECIAL-USE");
	int r = imap_char(a, ')');
	return r == OK ? imap_sp(a) : r;
}

static int pattern(struct imap_args *a, struct imap_list *l)
{
	if (l->pattern_count == IMAP_PATTERNS_MAX) {
		a->bad = "too many patterns";
		return E_TOOBIG;
	}
	int r = imap_list_mailbox(a, &l->patterns[l->pattern_count]);
	if (r == OK)
		l->pattern_count++;
	return r;
}

/* mbox-or-pat = list-mailbox / "(" list-mailbox *(SP list-mailbox) ")" */
static int patterns(struct imap_args *a, struct imap_list *l)
{
	if (!str_take_char(&a->rest, '('))
		return pattern(a, l);
	l->extended = true;
	int r;
	do {
		r = pattern(a, l);
	} while (r == OK && str_take_char(&a->rest, ' '));
	return r == OK ? imap_char(a, ')') : r;
}

static int return_option(struct imap_args *a, struct imap_list *l)
{
	unsigned bit = one_of(a, return_options, COUNT_OF(return_options));
	if (bit == 0)
		return imap_args_bad(a, "unknown RETURN option");
	l->returns |= bit;
	if (bit != IMAP_LIST_STATUS)
		return OK;
	int r = imap_sp(a);
	return r == OK ? status_list(a, &l->status) : r;
}

/* list-return-opts = SP "RETURN" SP "(" [return-option *(SP return-option)] ")" */
static int returns(struct imap_args *a, struct imap_list *l)
{
	if (a->rest.n == 0)
		return OK;
	int r = imap_sp(a);
	if (r == OK && !imap_word(a, STR("RETURN")))
		return imap_args_bad(a, "RETURN expected");
	l->extended = true;
	if (r == OK)
		r = imap_sp(a);
	if (r == OK)
		r = imap_char(a, '(');
	if (r == OK && !imap_next_is(a, ')')) {
		do {
			r = return_option(a, l);
		} while (r == OK && str_take_char(&a->rest, ' '));
	}
	return r == OK ? imap_char(a, ')') : r;
}

static int reference(struct imap_args *a, struct imap_list *l)
{
	int r = imap_mailbox(a, &l->reference);
	return r == OK ? imap_sp(a) : r;
}

int imap_list_args(struct imap_args *a, struct imap_list *ret)
{
	struct imap_list l = { 0 };
	int r = imap_sp(a);
	if (r == OK)
		r = selection(a, &l);
	if (r == OK)
		r = reference(a, &l);
	if (r == OK)
		r = patterns(a, &l);
	if (r == OK)
		r = returns(a, &l);
	if (r == OK)
		r = imap_args_end(a);
	if (r == OK)
		*ret = l;
	return r;
}

int imap_lsub_args(struct imap_args *a, struct imap_list *ret)
{
	struct imap_list l = { .select = IMAP_LIST_SUBSCRIBED };
	int r = imap_sp(a);
	if (r == OK)
		r = reference(a, &l);
	if (r == OK)
		r = pattern(a, &l);
	if (r == OK)
		r = imap_args_end(a);
	if (r == OK)
		*ret = l;
	return r;
}

int imap_status_args(struct imap_args *a, struct str *ret_mailbox, unsigned *ret_items)
{
	struct str mailbox;
	unsigned items;
	int r = imap_sp(a);
	if (r == OK)
		r = imap_mailbox(a, &mailbox);
	if (r == OK)
		r = imap_sp(a);
	if (r == OK)
		r = status_list(a, &items);
	if (r == OK)
		r = imap_args_end(a);
	if (r != OK)
		return r;
	*ret_mailbox = mailbox;
	*ret_items = items;
	return OK;
}

struct str imap_status_name(unsigned item)
{
	for (size_t i = 0; i < COUNT_OF(status_items); i++)
		if (status_items[i].bit == item)
			return status_items[i].name;
	return STR("");
}
