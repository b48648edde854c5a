/* SORT (RFC 5256; SORT=DISPLAY: RFC 5957; ESORT: RFC 5267). Each hit is read once for what its keys need; texts are
 * compared folded (i;unicode-casemap). */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_fold.h"
#include "proto/imap/imap_sort_args.h"
#include "role/imap/imap_context.h"

#include <stdlib.h>

enum { TEXT_MAX = 256 };      /* octets of a text that count: what is equal so far is ordered by number */

union sort_value { int64_t number; struct str text; };
struct sort_row { const struct imap_sort *sort; uint32_t row; union sort_value *values; };
struct sort_run { struct imap_session *s; const struct imap_sort *sort; struct sort_row *rows; };

static bool is_text(enum imap_sort_key key)
{
	return key != IMAP_SORT_ARRIVAL && key != IMAP_SORT_DATE && key != IMAP_SORT_SIZE;
}

static bool needs_summary(const struct imap_sort *sort)
{
	for (size_t i = 0; i < sort->n; i++)
		if (sort->keys[i].key != IMAP_SORT_ARRIVAL && sort->keys[i].key != IMAP_SORT_SIZE)
			return true;
	return false;
}

static struct str text_of(const struct mime_summary *m, enum imap_sort_key key)
{
	const struct str texts[] = {
		[IMAP_SORT_CC] = m->sort_cc, [IMAP_SORT_FROM] = m->sort_from, [IMAP_SORT_TO] = m->sort_to,
		[IMAP_SORT_SUBJECT] = m->base_subject, [IMAP_SORT_DISPLAYFROM] = m->display_from,
		[IMAP_SORT_DISPLAYTO] = m->display_to,
	};
	return texts[key];
}

/* i;unicode-casemap compares title case: "_" and "[" come behind letters (RFC 5051). */
static struct str sort_text(struct imap_session *s, struct str text)
{
	struct str folded = imap_fold(&s->scratch, utf8_first(text, TEXT_MAX));
	char *p = arena_alloc(&s->results, folded.n);
	for (size_t i = 0; i < folded.n; i++)
		p[i] = ascii_upper(folded.p[i]);
	return (struct str){ p, folded.n };
}

static union sort_value value_of(struct imap_session *s, const struct imap_message *m, const struct imap_content *c,
				 enum imap_sort_key key)
{
	union sort_value v = { 0 };
	if (is_text(key)) {
		v.text = sort_text(s, text_of(&c->summary, key));
	} else if (key == IMAP_SORT_SIZE) {
		v.number = m->size;
	} else {      /* a message without a date is dated by its arrival (RFC 5256 section 2.2) */
		v.number = key == IMAP_SORT_DATE && c->summary.has_date ? c->summary.date : m->date;
	}
	return v;
}

static int read_one(void *ctx, size_t i, struct str record)
{
	struct sort_run *run = ctx;
	struct sort_row *row = &run->rows[i];
	const struct imap_message *m = &run->s->view.v[row->row];
	struct imap_content c;
	imap_content_init(&c, m->email, record);
	row->values = arena_new_array(&run->s->results, union sort_value, run->sort->n);
	for (size_t k = 0; k < run->sort->n; k++)
		row->values[k] = value_of(run->s, m, &c, run->sort->keys[k].key);
	arena_reset(&run->s->scratch);
	return OK;
}

static int compare(const void *x, const void *y)
{
	const struct sort_row *a = x, *b = y;
	for (size_t k = 0; k < a->sort->n; k++) {
		int64_t p = a->values[k].number, q = b->values[k].number;
		int c = is_text(a->sort->keys[k].key) ? str_cmp(a->values[k].text, b->values[k].text) : (p > q) - (p < q);
		if (c)
			return a->sort->keys[k].reverse ? -c : c;
	}
	return (a->row > b->row) - (a->row < b->row);
}

static int read_values(struct sort_run *run, const struct imap_hits *h)
{
	struct imap_session *s = run->s;
	uint64_t *emails = arena_new_array(&s->results, uint64_t, h->n);
	for (size_t i = 0; i < h->n; i++) {
		run->rows[i] = (struct sort_row){ .sort = run->sort, .row = h->rows[i] };
		emails[i] = s->view.v[h->rows[i]].email;
	}
	if (needs_summary(run->sort))
		return imap_load_summaries(s, emails, h->n, read_one, run);
	int r = OK;
	for (size_t i = 0; i < h->n && r == OK; i++)
		r = read_one(run, i, STR(""));
	return r;
}

static int sort(struct imap_session *s, const struct imap_sort *sort, struct imap_hits *h)
{
	struct sort_run run = { s, sort, arena_new_array(&s->results, struct sort_row, h->n) };
	int r = read_values(&run, h);
	if (r != OK || h->n == 0)
		return r;
	qsort(run.rows, h->n, sizeof run.rows[0], compare);
	for (size_t i = 0; i < h->n; i++)
		h->rows[i] = run.rows[i].row;
	return OK;
}

int imap_cmd_sort(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_sort p;
	struct imap_hits hits;
	int r = imap_sort_args(&a, &p);
	if (r != OK)
		return imap_search_refused(s, r, &a);
	if (imap_search_prepare(s, &p.search) != OK)
		return OK;
	r = imap_search_run(s, &p.search, &hits);
	if (r == OK)
		r = sort(s, &p, &hits);
	if (r != OK)
		return imap_search_failed(s, &p.search, r);
	r = imap_search_tell(s, &p.search, &hits, "SORT");
	if (r == OK && (p.search.returns & IMAP_RETURN_UPDATE))      /* places in an order are not followed (RFC 5267 section 4.3.1) */
		r = imap_no_update(s);
	return r == OK ? imap_ok(s, "sorted") : r;
}
