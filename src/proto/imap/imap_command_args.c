#include "proto/imap/imap_command_args.h"

int imap_mailbox_arg(struct imap_args *a, struct str *ret)
{
	int r = imap_sp(a);
	return r == OK ? imap_mailbox(a, ret) : r;
}

static int use_attribute(struct imap_args *a, struct str *ret)
{
	int r = imap_char(a, '\\');
	return r == OK ? imap_atom(a, ret) : r;
}

static int create_use(struct imap_args *a, struct str *ret)
{
	if (!str_take(&a->rest, STR(" (")) || !imap_word(a, STR("USE")) || !str_take(&a->rest, STR(" (")))
		return imap_args_bad(a, "USE expected");
	if (imap_next_is(a, ')'))
		return str_take(&a->rest, STR("))")) ? OK : imap_args_bad(a, ") expected");
	int r = use_attribute(a, ret);
	if (r == OK && imap_next_is(a, ' ')) {
		a->bad = "one special use a mailbox";
		return E_UNSUPPORTED;
	}
	if (r == OK)
		r = imap_char(a, ')');
	return r == OK ? imap_char(a, ')') : r;
}

int imap_create_args(struct imap_args *a, struct str *ret_mailbox, struct str *ret_use)
{
	struct str mailbox, use = STR("");
	int r = imap_mailbox_arg(a, &mailbox);
	if (r == OK && a->rest.n)
		r = create_use(a, &use);
	if (r == OK)
		r = imap_args_end(a);
	if (r != OK)
		return r;
	*ret_mailbox = mailbox;
	*ret_use = use;
	return OK;
}

int imap_two_mailboxes(struct imap_args *a, struct str *ret_1, struct str *ret_2)
{
	struct str one, two;
	int r = imap_mailbox_arg(a, &one);
	if (r == OK)
		r = imap_mailbox_arg(a, &two);
	if (r == OK)
		r = imap_args_end(a);
	if (r != OK)
		return r;
	*ret_1 = one;
	*ret_2 = two;
	return OK;
}

static int set_arg(struct imap_args *a, struct imap_set *ret)
{
	int r = imap_sp(a);
	return r == OK ? imap_sequence_set(a, ret) : r;
}

int imap_set_and_mailbox(struct imap_args *a, struct imap_set *ret_set, struct str *ret_mailbox)
{
	struct imap_set set;
	struct str mailbox;
	int r = set_arg(a, &set);
	if (r == OK)
		r = imap_mailbox_arg(a, &mailbox);
	if (r == OK)
		r = imap_args_end(a);
	if (r != OK)
		return r;
	*ret_set = set;
	*ret_mailbox = mailbox;
	return OK;
}

/* store-modifiers = "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP */
static int store_modifiers(struct imap_args *a, struct imap_store *s)
{
	if (!str_take_char(&a->rest, '('))
		return OK;
	if (!imap_word(a, STR("UNCHANGEDSINCE")))
		return imap_args_bad(a, "unknown store modifier");
	int r = imap_sp(a);
	if (r == OK)
		r = imap_number64(a, &s->since);
	if (r == OK)
		r = imap_char(a, ')');
	s->unchanged_since = true;
	return r == OK ? imap_sp(a) : r;
}

/* store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag))) */
static int store_att_flags(struct imap_args *a, struct imap_store *s)
{
	if (str_take_char(&a->rest, '+'))
		s->mode = IMAP_STORE_ADD;
	else if (str_take_char(&a->rest, '-'))
		s->mode = IMAP_STORE_REMOVE;
	s->silent = imap_word(a, STR("FLAGS.SILENT"));
	if (!s->silent && !imap_word(a, STR("FLAGS")))
		return imap_args_bad(a, "FLAGS expected");
	int r = imap_sp(a);
	return r == OK ? imap_flags_of_store(a, &s->flags) : r;
}

int imap_store_args(struct imap_args *a, struct imap_store *ret)
{
	struct imap_store s = { .mode = IMAP_STORE_REPLACE };
	int r = set_arg(a, &s.set);
	if (r == OK)
		r = imap_sp(a);
	if (r == OK)
		r = store_modifiers(a, &s);
	if (r == OK)
		r = store_att_flags(a, &s);
	if (r == OK)
		r = imap_args_end(a);
	if (r == OK)
		*ret = s;
	return r;
}

/* The reader stopped behind "{n}": its digits were checked there. */
static int literal_announced(struct imap_args *a, bool *binary)
{
	*binary = str_take_char(&a->rest, '~');
	size_t end = str_find(a->rest, '}');
	if (!imap_next_is(a, '{') || end == STR_NPOS)
		return imap_args_bad(a, "message literal expected");
	a->rest = str_skip(a->rest, end + 1);
	return imap_args_end(a);
}

/* cat-part = "TEXT" SP literal / "URL" SP astring */
static int cat_part(struct imap_args *a, struct imap_append *p, size_t *cap)
{
	struct imap_catenate part = { .url = imap_word(a, STR("URL")) };
	if (!part.url && !imap_word(a, STR("TEXT")))
		return imap_args_bad(a, "TEXT or URL expected");
	int r = imap_sp(a);
	if (r == OK)
		r = part.url ? imap_astring(a, &part.text) : imap_string(a, &part.text);
	if (r != OK)
		return r;
	if (p->part_count == IMAP_CATENATE_MAX) {
		a->bad = "too many parts";
		return E_TOOBIG;
	}
	*(struct imap_catenate *)arena_push(a->arena, &p->parts, &p->part_count, cap, sizeof part) = part;
	return OK;
}

static int catenate(struct imap_args *a, struct imap_append *p)
{
	size_t cap = 0;
	int r = imap_sp(a);
	if (r == OK)
		r = imap_char(a, '(');
	if (r != OK)
		return r;
	do {
		r = cat_part(a, p, &cap);
	} while (r == OK && str_take_char(&a->rest, ' '));
	return r == OK ? imap_char(a, ')') : r;
}

int imap_append_message(struct imap_args *a, struct imap_append *ret)
{
	struct imap_append p = { 0 };
	int r = imap_sp(a);
	if (r == OK && imap_next_is(a, '(')) {
		r = imap_flag_list(a, &p.flags);
		if (r == OK)
			r = imap_sp(a);
	}
	if (r == OK && imap_next_is(a, '"')) {
		p.dated = true;
		r = imap_date_time(a, &p.date);
		if (r == OK)
			r = imap_sp(a);
	}
	if (r == OK)
		r = imap_word(a, STR("CATENATE")) ? catenate(a, &p) : literal_announced(a, &p.binary);
	if (r == OK)
		*ret = p;
	return r;
}

/* id-params-list = "(" [string SP nstring *(SP string SP nstring)] ")" / nil */
int imap_id_args(struct imap_args *a, struct imap_id_pair *pairs, size_t *ret_count)
{
	size_t n = 0;
	int r = imap_sp(a);
	if (r == OK && !imap_word(a, STR("NIL"))) {
		r = imap_char(a, '(');
		bool more = r == OK && !imap_next_is(a, ')');
		while (r == OK && more) {
			if (n == IMAP_ID_PAIRS_MAX)
				return imap_args_bad(a, "too many fields");
			r = imap_string(a, &pairs[n].field);
			if (r == OK)
				r = imap_sp(a);
			if (r == OK)
				r = imap_nstring(a, &pairs[n].value, &pairs[n].nil);
			n++;
			more = r == OK && str_take_char(&a->rest, ' ');
		}
		if (r == OK)
			r = imap_char(a, ')');
	}
	if (r == OK)
		r = imap_args_end(a);
	if (r == OK)
		*ret_count = n;
	return r;
}

int imap_enable_args(struct imap_args *a, struct str *names, size_t *ret_count)
{
	size_t n = 0;
	do {
		if (n == IMAP_ENABLE_MAX)
			return imap_args_bad(a, "too many capabilities");
		int r = imap_sp(a);
		if (r == OK)
			r = imap_atom(a, &names[n++]);
		if (r != OK)
			return r;
	} while (a->rest.n);
	*ret_count = n;
	return OK;
}
