#include "role/imap/imap_search.h"

#include "proto/header/date.h"
#include "proto/header/encoded_word.h"
#include "proto/header/header.h"
#include "proto/imap/imap_flags.h"
#include "proto/imap/imap_fold.h"
#include "proto/mime/mime_text.h"

enum { TEXT_PART_MAX = 4 << 20 };      /* bytes looked at in each text part */

typedef enum imap_verdict ask_fn(struct imap_search_subject *x, const struct imap_search_key *k);

static enum imap_verdict verdict(bool yes)
{
	return yes ? IMAP_VERDICT_YES : IMAP_VERDICT_NO;
}

static const struct imap_message *index_of(const struct imap_search_subject *x)
{
	return &x->s->view.v[x->row];
}

static enum imap_verdict ask_flags(struct imap_search_subject *x, const struct imap_search_key *k)
{
	const struct imap_message *m = index_of(x);
	unsigned flags = (unsigned)(m->flags & (IMAP_RECENT - 1)) | (m->state & IMAP_ROW_RECENT ? IMAP_RECENT : 0u);
	return verdict((flags & k->mask) == k->want);
}

static enum imap_verdict ask_keyword(struct imap_search_subject *x, const struct imap_search_key *k)
{
	uint64_t bit;
	return verdict(imap_keyword_find(x->s, k->text, &bit) && (index_of(x)->flags & bit));
}

static enum imap_verdict ask_set(struct imap_search_subject *x, const struct imap_search_key *k)
{
	return verdict(imap_set_has(&k->set, (uint32_t)x->row + 1));
}

static enum imap_verdict ask_saved(struct imap_search_subject *x, const struct imap_search_key *k)
{
	int64_t day = date_day_of(index_of(x)->saved);
	return verdict(k->key == IMAP_KEY_SAVEDBEFORE ? day < k->day
		       : k->key == IMAP_KEY_SAVEDON   ? day == k->day
						      : day >= k->day);
}

/* RFC 5032: a message of exactly that age is both. */
static enum imap_verdict ask_age(struct imap_search_subject *x, const struct imap_search_key *k)
{
	int64_t age = x->s->env->real() - index_of(x)->date, limit = (int64_t)k->number;
	return verdict(k->key == IMAP_KEY_OLDER ? age >= limit : age <= limit);
}

static enum imap_verdict ask_emailid(struct imap_search_subject *x, const struct imap_search_key *k)
{
	char id[IMAP_EMAILID_MAX];
	return verdict(str_eq(imap_emailid(index_of(x)->email, id), k->text));
}

static enum imap_verdict ask_arrival(struct imap_search_subject *x, const struct imap_search_key *k)
{
	int64_t day = date_day_of(index_of(x)->date);
	return verdict(k->key == IMAP_KEY_BEFORE ? day < k->day
		       : k->key == IMAP_KEY_ON   ? day == k->day
						 : day >= k->day);
}

static enum imap_verdict ask_size(struct imap_search_subject *x, const struct imap_search_key *k)
{
	uint64_t size = index_of(x)->size;
	return verdict(k->key == IMAP_KEY_LARGER ? size > k->number : size < k->number);
}

static enum imap_verdict ask_modseq(struct imap_search_subject *x, const struct imap_search_key *k)
{
	return verdict(index_of(x)->modseq >= k->number);
}

/* The Date field in its own zone; what has none is dated by its arrival (B51). */
static bool sent_day(struct imap_search_subject *x, int64_t *ret)
{
	struct imap_content *c = x->content;
	if (!c || (!c->summarised && !x->may_load))
		return false;
	struct header_field f;
	struct str header;
	struct date d;
	*ret = date_day_of(index_of(x)->date);
	if (c->summarised) {
		if (c->summary.has_date)
			*ret = date_local_day((struct date){ c->summary.date, c->summary.zone_minutes });
	} else if ((x->err = imap_content_header(x->s, c, &header)) == OK && header_find(header, STR("Date"), &f) &&
		   date_parse(f.value, &d) == OK) {
		*ret = date_local_day(d);
	}
	return true;
}

static enum imap_verdict ask_sent(struct imap_search_subject *x, const struct imap_search_key *k)
{
	int64_t day;
	if (!sent_day(x, &day))
		return IMAP_VERDICT_UNKNOWN;
	return verdict(k->key == IMAP_KEY_SENTBEFORE ? day < k->day
		       : k->key == IMAP_KEY_SENTON   ? day == k->day
						     : day >= k->day);
}

static bool contains(struct imap_search_subject *x, struct str text, struct str needle)
{
	return str_search(imap_fold(&x->s->scratch, text), needle) != STR_NPOS;
}

static bool field_contains(struct imap_search_subject *x, const struct header_field *f, struct str needle)
{
	return needle.n == 0 || contains(x, encoded_word_decode(&x->s->scratch, f->value), needle);
}

/* A summary holds the readable text of these fields. */
static bool summary_text(const struct imap_content *c, struct str field, struct str *ret)
{
	const struct { struct str name, text; } texts[] = {
		{ STR("Subject"), c->summary.subject }, { STR("From"), c->summary.from }, { STR("To"), c->summary.to },
		{ STR("Cc"), c->summary.cc },           { STR("Bcc"), c->summary.bcc },
	};
	if (!c->summarised || (c->summary.lost & MIME_LOST_TEXTS))
		return false;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (str_ieq(texts[i].name, field)) {
			*ret = texts[i].text;
			return true;
		}
	return false;
}

static enum imap_verdict ask_header(struct imap_search_subject *x, const struct imap_search_key *k)
{
	struct str text, header;
	struct header_field f;
	if (!x->content)
		return IMAP_VERDICT_UNKNOWN;
	if (k->text.n && summary_text(x->content, k->field, &text) && contains(x, text, k->text))
		return IMAP_VERDICT_YES;
	if (!imap_content_has_header(x->content) && !x->may_load)
		return IMAP_VERDICT_UNKNOWN;
	x->err = imap_content_header(x->s, x->content, &header);
	while (x->err == OK && header_next(&header, &f))
		if (str_ieq(f.name, k->field) && field_contains(x, &f, k->text))
			return IMAP_VERDICT_YES;
	return IMAP_VERDICT_NO;
}

static enum imap_verdict ask_body(struct imap_search_subject *x, const struct imap_search_key *k)
{
	struct mime_text_iter it;
	struct str text;
	if (!x->content || !x->may_load)
		return IMAP_VERDICT_UNKNOWN;
	x->err = imap_content_load(x->s, x->content);
	if (x->err == OK)
		x->err = imap_content_parts(x->s, x->content);
	if (x->err != OK)
		return IMAP_VERDICT_NO;
	mime_text_start(&it, x->content->message, x->content->parts, x->content->part_count, MIME_TEXT_ATTACHED,
			TEXT_PART_MAX);
	while (mime_text_next(&it, &x->s->scratch, &text, NULL))
		if (contains(x, text, k->text))
			return IMAP_VERDICT_YES;
	return IMAP_VERDICT_NO;
}

static enum imap_verdict ask_text(struct imap_search_subject *x, const struct imap_search_key *k)
{
	struct str header;
	struct header_field f;
	if (!x->content || !x->may_load)
		return IMAP_VERDICT_UNKNOWN;
	x->err = imap_content_header(x->s, x->content, &header);
	while (x->err == OK && header_next(&header, &f))
		if (contains(x, f.whole, k->text) || field_contains(x, &f, k->text))
			return IMAP_VERDICT_YES;
	return x->err == OK ? ask_body(x, k) : IMAP_VERDICT_NO;
}

/* AND stops at NO, OR at YES; whatever is unknown meanwhile leaves the whole unknown. Depth: the parser's limit. */
static enum imap_verdict ask_group(struct imap_search_subject *x, const struct imap_search_key *k)
{
	enum imap_verdict stop = k->key == IMAP_KEY_AND ? IMAP_VERDICT_NO : IMAP_VERDICT_YES;
	enum imap_verdict all = k->key == IMAP_KEY_AND ? IMAP_VERDICT_YES : IMAP_VERDICT_NO;
	for (const struct imap_search_key *c = k->child; c; c = c->next) {
		enum imap_verdict v = imap_search_ask(x, c);
		if (v == stop)
			return v;
		if (v == IMAP_VERDICT_UNKNOWN)
			all = v;
	}
	return all;
}

static ask_fn *const asks[] = {
	[IMAP_KEY_AND] = ask_group,       [IMAP_KEY_OR] = ask_group,        [IMAP_KEY_FLAGS] = ask_flags,
	[IMAP_KEY_KEYWORD] = ask_keyword, [IMAP_KEY_SEQUENCE] = ask_set,    [IMAP_KEY_UID] = ask_set,
	[IMAP_KEY_BEFORE] = ask_arrival,  [IMAP_KEY_ON] = ask_arrival,      [IMAP_KEY_SINCE] = ask_arrival,
	[IMAP_KEY_SENTBEFORE] = ask_sent, [IMAP_KEY_SENTON] = ask_sent,     [IMAP_KEY_SENTSINCE] = ask_sent,
	[IMAP_KEY_SAVEDBEFORE] = ask_saved, [IMAP_KEY_SAVEDON] = ask_saved, [IMAP_KEY_SAVEDSINCE] = ask_saved,
	[IMAP_KEY_OLDER] = ask_age,       [IMAP_KEY_YOUNGER] = ask_age,     [IMAP_KEY_EMAILID] = ask_emailid,
	[IMAP_KEY_LARGER] = ask_size,     [IMAP_KEY_SMALLER] = ask_size,    [IMAP_KEY_MODSEQ] = ask_modseq,
	[IMAP_KEY_HEADER] = ask_header,   [IMAP_KEY_BODY] = ask_body,       [IMAP_KEY_TEXT] = ask_text,
};

enum imap_verdict imap_search_ask(struct imap_search_subject *x, const struct imap_search_key *k)
{
	enum imap_verdict v = asks[k->key](x, k);
	if (!k->negated || v == IMAP_VERDICT_UNKNOWN)
		return v;
	return v == IMAP_VERDICT_YES ? IMAP_VERDICT_NO : IMAP_VERDICT_YES;
}

static int prepare(struct imap_session *s, struct imap_search_key *k)
{
	struct imap_set rows;
	for (struct imap_search_key *c = k->child; c; c = c->next)
		if (prepare(s, c) != OK)
			return E_SYNTAX;
	if (k->key == IMAP_KEY_HEADER || k->key == IMAP_KEY_BODY || k->key == IMAP_KEY_TEXT)
		k->text = imap_fold(&s->command, k->text);
	if (k->key != IMAP_KEY_SEQUENCE && k->key != IMAP_KEY_UID)
		return OK;
	if (k->key == IMAP_KEY_SEQUENCE && !k->set.saved) {      /* a number that no message has finds nothing */
		imap_set_resolve(&k->set, (uint32_t)s->view.told);
		return OK;
	}
	if (imap_rows(s, &k->set, k->key == IMAP_KEY_UID, &rows) != OK)
		return E_SYNTAX;
	k->set = rows;
	return OK;
}

int imap_search_prepare(struct imap_session *s, struct imap_search *p)
{
	if (s->uidonly && p->uses_sequence) {
		(void)imap_bad(s, "[UIDREQUIRED] messages are named by UID only");
		return E_SYNTAX;
	}
	return prepare(s, p->root);
}

bool imap_search_reads_messages(const struct imap_search_key *root)
{
	for (const struct imap_search_key *k = root->child; k; k = k->next) {
		bool summarised = k->key == IMAP_KEY_HEADER || k->key == IMAP_KEY_SENTBEFORE ||
				  k->key == IMAP_KEY_SENTON || k->key == IMAP_KEY_SENTSINCE;
		if (summarised || k->key == IMAP_KEY_OR || (k->key == IMAP_KEY_AND && k->child))
			return false;
	}
	return true;
}
