#include "proto/imap/imap_search_args.h"

#include "base/utf8.h"
#include "proto/imap/imap_date.h"
#include "proto/imap/imap_flags.h"

struct parser {
	struct imap_args *a;
	struct imap_search *search;
	size_t keys;
};

struct row;
typedef int key_fn(struct parser *p, struct imap_search_key *k, const struct row *row);
struct row { struct str name; key_fn *parse; enum imap_key key; unsigned mask, want; struct str field; };

static int key_none(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	(void)p;
	k->mask = row->mask;
	k->want = row->want;
	return OK;
}

static int sp_text(struct parser *p, struct str *ret)
{
	int r = imap_sp(p->a);
	if (r == OK)
		r = imap_astring(p->a, ret);
	if (r == OK && !utf8_valid(*ret))
		r = imap_args_bad(p->a, "search text is not UTF-8");
	return r;
}

static int key_text(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	k->field = row->field;
	return sp_text(p, &k->text);
}

static int key_header(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	(void)row;
	int r = sp_text(p, &k->field);
	return r == OK ? sp_text(p, &k->text) : r;
}

static int key_keyword(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	k->negated = row->want == 0;
	int r = imap_sp(p->a);
	return r == OK ? imap_atom(p->a, &k->text) : r;
}

static int key_date(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	(void)row;
	int r = imap_sp(p->a);
	return r == OK ? imap_date(p->a, &k->day) : r;
}

static int key_number(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	(void)row;
	int r = imap_sp(p->a);
	return r == OK ? imap_number64(p->a, &k->number) : r;
}

/* OLDER and YOUNGER: nz-number seconds (RFC 5032). */
static int key_interval(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	uint32_t seconds = 0;
	(void)row;
	int r = imap_sp(p->a);
	if (r == OK)
		r = imap_nz_number(p->a, &seconds);
	k->number = seconds;
	return r;
}

/* SP objectid (RFC 8474 section 4.2) */
static int key_object(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	(void)row;
	int r = imap_sp(p->a);
	return r == OK ? imap_astring(p->a, &k->text) : r;
}

static int key_uid(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	(void)row;
	int r = imap_sp(p->a);
	return r == OK ? imap_sequence_set(p->a, &k->set) : r;
}

/* search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer. The entry narrows
 * the search to one flag; a server that keeps one mod-sequence a message may ignore it (RFC 7162 3.1.5). */
static int key_modseq(struct parser *p, struct imap_search_key *k, const struct row *row)
{
	struct str entry;
	int r = imap_sp(p->a);
	p->search->uses_modseq = true;
	if (r == OK && imap_next_is(p->a, '"')) {
		r = imap_string(p->a, &entry);
		if (r == OK)
			r = imap_sp(p->a);
		if (r == OK && !imap_word(p->a, STR("priv")) && !imap_word(p->a, STR("shared")) &&
		    !imap_word(p->a, STR("all")))
			r = imap_args_bad(p->a, "priv, shared or all expected");
		return r == OK ? key_number(p, k, row) : r;
	}
	return r == OK ? imap_number64(p->a, &k->number) : r;
}

#define FLAGS(name, mask, want) { STR_INIT(name), key_none, IMAP_KEY_FLAGS, mask, want, STR_INIT("") }
#define SIMPLE(name, fn, key)   { STR_INIT(name), fn, key, 0, 0, STR_INIT("") }
#define FIELD(name, field)      { STR_INIT(name), key_text, IMAP_KEY_HEADER, 0, 0, STR_INIT(field) }
static const struct row rows[] = {
	SIMPLE("ALL", key_none, IMAP_KEY_AND),
	FLAGS("ANSWERED", IMAP_ANSWERED, IMAP_ANSWERED),
	FLAGS("DELETED", IMAP_DELETED, IMAP_DELETED),
	FLAGS("DRAFT", IMAP_DRAFT, IMAP_DRAFT),
	FLAGS("FLAGGED", IMAP_FLAGGED, IMAP_FLAGGED),
	FLAGS("SEEN", IMAP_SEEN, IMAP_SEEN),
	FLAGS("RECENT", IMAP_RECENT, IMAP_RECENT),
	FLAGS("UNANSWERED", IMAP_ANSWERED, 0),
	FLAGS("UNDELETED", IMAP_DELETED, 0),
	FLAGS("UNDRAFT", IMAP_DRAFT, 0),
	FLAGS("UNFLAGGED", IMAP_FLAGGED, 0),
	FLAGS("UNSEEN", IMAP_SEEN, 0),
	FLAGS("OLD", IMAP_RECENT, 0),
	FLAGS("NEW", IMAP_RECENT | IMAP_SEEN, IMAP_RECENT),
	{ STR_INIT("KEYWORD"), key_keyword, IMAP_KEY_KEYWORD, 0, 1, STR_INIT("") },
	{ STR_INIT("UNKEYWORD"), key_keyword, IMAP_KEY_KEYWORD, 0, 0, STR_INIT("") },
	SIMPLE("BEFORE", key_date, IMAP_KEY_BEFORE),
	SIMPLE("ON", key_date, IMAP_KEY_ON),
	SIMPLE("SINCE", key_date, IMAP_KEY_SINCE),
	SIMPLE("SENTBEFORE", key_date, IMAP_KEY_SENTBEFORE),
	SIMPLE("SENTON", key_date, IMAP_KEY_SENTON),
	SIMPLE("SENTSINCE", key_date, IMAP_KEY_SENTSINCE),
	SIMPLE("SAVEDBEFORE", key_date, IMAP_KEY_SAVEDBEFORE),
	SIMPLE("SAVEDON", key_date, IMAP_KEY_SAVEDON),
	SIMPLE("SAVEDSINCE", key_date, IMAP_KEY_SAVEDSINCE),
	SIMPLE("SAVEDATESUPPORTED", key_none, IMAP_KEY_AND),
	SIMPLE("OLDER", key_interval, IMAP_KEY_OLDER),
	SIMPLE("YOUNGER", key_interval, IMAP_KEY_YOUNGER),
	SIMPLE("EMAILID", key_object, IMAP_KEY_EMAILID),
	SIMPLE("LARGER", key_number, IMAP_KEY_LARGER),
	SIMPLE("SMALLER", key_number, IMAP_KEY_SMALLER),
	SIMPLE("MODSEQ", key_modseq, IMAP_KEY_MODSEQ),
	SIMPLE("UID", key_uid, IMAP_KEY_UID),
	SIMPLE("HEADER", key_header, IMAP_KEY_HEADER),
	SIMPLE("BODY", key_text, IMAP_KEY_BODY),
	SIMPLE("TEXT", key_text, IMAP_KEY_TEXT),
	FIELD("FROM", "From"),
	FIELD("TO", "To"),
	FIELD("CC", "Cc"),
	FIELD("BCC", "Bcc"),
	FIELD("SUBJECT", "Subject"),
};

static struct imap_search_key *new_key(struct parser *p, enum imap_key key)
{
	struct imap_search_key *k = arena_new(p->a->arena, struct imap_search_key);
	k->key = key;
	return k;
}

static int one_key(struct parser *p, unsigned depth, struct imap_search_key **ret);

static int nested(struct parser *p, unsigned depth, struct imap_search_key **ret)
{
	if (depth >= IMAP_SEARCH_DEPTH) {
		p->a->bad = "search is nested too deeply";
		return E_TOOBIG;
	}
	return one_key(p, depth + 1, ret);
}

/* search-key *(SP search-key), up to the end or a ")" */
static int key_list(struct parser *p, unsigned depth, struct imap_search_key **ret)
{
	struct imap_search_key *all = new_key(p, IMAP_KEY_AND), **tail = &all->child;
	do {
		int r = nested(p, depth, tail);
		if (r != OK)
			return r;
		tail = &(*tail)->next;
	} while (str_take_char(&p->a->rest, ' '));
	*ret = all;
	return OK;
}

/* "OR" SP search-key SP search-key: as long as the second key is an OR again it joins the same node. */
static int or_chain(struct parser *p, unsigned depth, struct imap_search_key **ret)
{
	struct imap_search_key *any = new_key(p, IMAP_KEY_OR), **tail = &any->child;
	int r;
	do {
		r = imap_sp(p->a);
		if (r == OK)
			r = nested(p, depth, tail);
		if (r != OK)
			return r;
		tail = &(*tail)->next;
		r = imap_sp(p->a);
	} while (r == OK && imap_word(p->a, STR("OR")));
	if (r == OK)
		r = nested(p, depth, tail);
	*ret = any;
	return r;
}

static int in_parentheses(struct parser *p, unsigned depth, struct imap_search_key **ret)
{
	p->a->rest = str_skip(p->a->rest, 1);
	int r = key_list(p, depth, ret);
	return r == OK ? imap_char(p->a, ')') : r;
}

static int sequence(struct parser *p, struct imap_search_key **ret)
{
	*ret = new_key(p, IMAP_KEY_SEQUENCE);
	int r = imap_sequence_set(p->a, &(*ret)->set);
	p->search->uses_sequence = p->search->uses_sequence || !(*ret)->set.saved;
	return r;
}

static int named(struct parser *p, struct imap_search_key **ret)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (imap_word(p->a, rows[i].name)) {
			*ret = new_key(p, rows[i].key);
			return rows[i].parse(p, *ret, &rows[i]);
		}
	return imap_args_bad(p->a, "unknown search key");
}

static bool is_set_char(char c)
{
	return ascii_is_digit(c) || c == '*' || c == '$';
}

static int one_key(struct parser *p, unsigned depth, struct imap_search_key **ret)
{
	bool negated = false;
	int r;
	if (++p->keys > IMAP_SEARCH_KEYS_MAX) {
		p->a->bad = "too many search keys";
		return E_TOOBIG;
	}
	while (str_itake(&p->a->rest, STR("NOT ")))
		negated = !negated;
	if (imap_next_is(p->a, '('))
		r = in_parentheses(p, depth, ret);
	else if (p->a->rest.n && is_set_char(p->a->rest.p[0]))
		r = sequence(p, ret);
	else if (imap_word(p->a, STR("OR")))
		r = or_chain(p, depth, ret);
	else
		r = named(p, ret);
	if (r == OK)
		(*ret)->negated ^= negated;
	return r;
}

static int known_charset(struct str name)
{
	return str_ieq(name, STR("UTF-8")) || str_ieq(name, STR("US-ASCII")) ? OK : E_UNSUPPORTED;
}

static int charset_name(struct imap_args *a)
{
	struct str name;
	int r = imap_astring(a, &name);
	return r == OK ? known_charset(name) : r;
}

/* ["CHARSET" SP charset SP] */
static int charset(struct imap_args *a)
{
	if (!imap_word(a, STR("CHARSET")))
		return OK;
	int r = imap_sp(a);
	if (r == OK)
		r = charset_name(a);
	return r == OK ? imap_sp(a) : r;
}

static int program(struct imap_args *a, struct imap_search *s)
{
	struct parser p = { .a = a, .search = s };
	int r = key_list(&p, 0, &s->root);
	return r == OK ? imap_args_end(a) : r;
}

int imap_search_args(struct imap_args *a, struct imap_search *ret)
{
	struct imap_args at = *a;
	struct imap_search s = { 0 };
	int r = imap_search_return(&at, &s);
	if (r == OK)
		r = imap_sp(&at);
	if (r == OK)
		r = charset(&at);
	if (r == OK)
		r = program(&at, &s);
	a->bad = at.bad;
	if (r != OK)
		return r;
	a->rest = at.rest;
	*ret = s;
	return OK;
}

int imap_search_criteria(struct imap_args *a, struct imap_search *into)
{
	int r = imap_sp(a);
	if (r == OK)
		r = charset_name(a);
	if (r == OK)
		r = imap_sp(a);
	return r == OK ? program(a, into) : r;
}
