/* What SEARCH and SORT answer (RFC 9051 section 7.3.4; RFC 4731, RFC 5182, RFC 5267, RFC 9394). The hits come in the
 * order in which they are told. */
#include "proto/imap/imap_write.h"
#include "role/imap/imap_search.h"

#include <stdlib.h>

enum { PUSH_EVERY = 64 << 10 };      /* octets of a long answer that collect before they are sent */

static uint32_t name_of(const struct imap_session *s, size_t row)
{
	return s->reader.command.uid ? s->view.v[row].uid : (uint32_t)row + 1;
}

static unsigned asked_for(const struct imap_search *p)
{
	return p->returns & (IMAP_RETURN_MIN | IMAP_RETURN_MAX | IMAP_RETURN_ALL | IMAP_RETURN_COUNT | IMAP_RETURN_PARTIAL);
}

/* MIN, MAX or both, and nothing that speaks of the messages between. */
static bool ends_only(const struct imap_search *p)
{
	return asked_for(p) && !(asked_for(p) & ~(unsigned)(IMAP_RETURN_MIN | IMAP_RETURN_MAX));
}

/* The mod-sequence told is that of what is told: of the ends, or the highest of all (RFC 4731 section 3.2). */
static uint64_t modseq_of(const struct imap_session *s, const struct imap_search *p, const struct imap_hits *h)
{
	uint64_t highest = 0;
	for (size_t i = 0; i < h->n; i++) {
		bool counts = !ends_only(p) || (i == 0 && (p->returns & IMAP_RETURN_MIN)) ||
			      (i + 1 == h->n && (p->returns & IMAP_RETURN_MAX));
		uint64_t modseq = s->view.v[h->rows[i]].modseq;
		highest = counts && modseq > highest ? modseq : highest;
	}
	return highest;
}

static int by_row(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;
	return (*a > *b) - (*a < *b);
}

/* The places of the result that PARTIAL asks for. */
static struct imap_hits slice(const struct imap_partial *p, const struct imap_hits *h)
{
	size_t from, to;
	if (p->from_end) {
		to = p->first - 1 < h->n ? h->n - (p->first - 1) : 0;
		from = p->last < h->n ? h->n - p->last : 0;
	} else {
		from = p->first - 1 < h->n ? p->first - 1 : h->n;
		to = p->last < h->n ? p->last : h->n;
	}
	return (struct imap_hits){ h->rows + from, from < to ? to - from : 0 };
}

/* What "$" stands for from now on: with MIN, MAX or PARTIAL alone only those (RFC 5182 section 2.4, RFC 9394 section 3.1). */
static void save(struct imap_session *s, const struct imap_search *p, const struct imap_hits *h)
{
	struct imap_hits kept = *h;
	if (asked_for(p) == IMAP_RETURN_PARTIAL)
		kept = slice(&p->partial, h);
	if (ends_only(p) && h->n) {
		kept = (struct imap_hits){ arena_new_array(&s->command, uint32_t, 2), 0 };
		if (p->returns & IMAP_RETURN_MIN)
			kept.rows[kept.n++] = h->rows[0];
		if ((p->returns & IMAP_RETURN_MAX) && (h->n > 1 || kept.n == 0))
			kept.rows[kept.n++] = h->rows[h->n - 1];
	}
	uint32_t *rows = arena_new_array(&s->results, uint32_t, kept.n);
	if (kept.n) {
		memcpy(rows, kept.rows, kept.n * sizeof rows[0]);
		qsort(rows, kept.n, sizeof rows[0], by_row);
	}
	arena_reset(&s->mailbox);
	s->saved = (struct imap_set){ 0 };
	for (size_t i = 0; i < kept.n; i++)
		imap_set_add(&s->mailbox, &s->saved, s->view.v[rows[i]].uid);
}

/* "* SEARCH 2 3 6 (MODSEQ 917162500)" */
static int tell_plain(struct imap_session *s, const struct imap_search *p, const struct imap_hits *h, const char *word)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* ");
	bufw_c(&w, word);
	for (size_t i = 0; i < h->n && w.err == OK; i++) {
		bufw_char(&w, ' ');
		bufw_u64(&w, name_of(s, h->rows[i]));
		if (w.b->n > PUSH_EVERY)
			w.err = imap_push(s, &w);
	}
	if (p->uses_modseq && h->n)
		bufw_printf(&w, " (MODSEQ %llu)", (unsigned long long)modseq_of(s, p, h));
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

/* Runs of ascending numbers, in the order of the hits. In pieces: a set of a million messages must not have to fit the
 * output at once. */
static void write_hits(struct imap_session *s, const struct imap_hits *h, struct bufw *w)
{
	for (size_t i = 0, end; i < h->n && w->err == OK; i = end) {
		uint32_t first = name_of(s, h->rows[i]), last = first;
		for (end = i + 1; end < h->n && name_of(s, h->rows[end]) == last + 1; end++)
			last++;
		bufw_c(w, i ? "," : "");
		bufw_u64(w, first);
		if (last > first) {
			bufw_char(w, ':');
			bufw_u64(w, last);
		}
		if (w->b->n > PUSH_EVERY)
			w->err = imap_push(s, w);
	}
}

/* PARTIAL (1:100 4:7,9) */
static void write_partial(struct imap_session *s, const struct imap_partial *p, const struct imap_hits *h, struct bufw *w)
{
	struct imap_hits part = slice(p, h);
	const char *sign = p->from_end ? "-" : "";
	bufw_printf(w, " PARTIAL (%s%u:%s%u ", sign, p->first, sign, p->last);
	if (part.n)
		write_hits(s, &part, w);
	else
		bufw_c(w, "NIL");
	bufw_char(w, ')');
}

/* "* ESEARCH (TAG "a") UID MIN 1 COUNT 3": nothing is named that was not found (RFC 4731 section 3.1) */
static int tell_extended(struct imap_session *s, const struct imap_search *p, const struct imap_hits *h)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* ESEARCH (TAG ");
	imap_write_string(&w, s->reader.command.tag, false);
	bufw_c(&w, s->reader.command.uid ? ") UID" : ")");
	if (h->n && (p->returns & IMAP_RETURN_MIN))
		bufw_printf(&w, " MIN %u", name_of(s, h->rows[0]));
	if (h->n && (p->returns & IMAP_RETURN_MAX))
		bufw_printf(&w, " MAX %u", name_of(s, h->rows[h->n - 1]));
	if (h->n && (p->returns & IMAP_RETURN_ALL)) {
		bufw_c(&w, " ALL ");
		write_hits(s, h, &w);
	}
	if (p->returns & IMAP_RETURN_PARTIAL)
		write_partial(s, &p->partial, h, &w);
	if (p->returns & IMAP_RETURN_COUNT)
		bufw_printf(&w, " COUNT %zu", h->n);
	if (h->n && p->uses_modseq)
		bufw_printf(&w, " MODSEQ %llu", (unsigned long long)modseq_of(s, p, h));
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

int imap_search_tell(struct imap_session *s, struct imap_search *p, const struct imap_hits *h, const char *word)
{
	if (p->returns & IMAP_RETURN_SAVE)
		save(s, p, h);
	if (s->rev2 && !p->returns && str_eq(str_c(word), STR("SEARCH")))
		p->returns = IMAP_RETURN_GIVEN | IMAP_RETURN_ALL;
	if (!p->returns)
		return tell_plain(s, p, h, word);
	return p->returns & ~(unsigned)(IMAP_RETURN_GIVEN | IMAP_RETURN_SAVE) ? tell_extended(s, p, h) : OK;
}

int imap_search_refused(struct imap_session *s, int err, const struct imap_args *a)
{
	if (err == E_UNSUPPORTED)
		return imap_no(s, "BADCHARSET (UTF-8 US-ASCII)", "character set is not known here");
	return imap_bad_args(s, err, a);
}

int imap_search_failed(struct imap_session *s, const struct imap_search *p, int r)
{
	if (p->returns & IMAP_RETURN_SAVE)
		s->saved = (struct imap_set){ 0 };
	return imap_failed(s, r);
}
