/* SEARCH (RFC 9051 section 6.4.4; ESEARCH: RFC 4731; SEARCHRES: RFC 5182; MODSEQ: RFC 7162). */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_write.h"
#include "role/imap/imap_search.h"

enum { PUSH_EVERY = 64 << 10 };      /* octets of a long answer that collect before they are sent */

struct search_run {
	struct imap_search args;
	uint64_t *hits;                 /* a bit a row */
	uint32_t *doubtful;             /* rows that the index does not settle */
	size_t doubtful_count;
};

static void hit(struct search_run *run, size_t row)
{
	run->hits[row / 64] |= (uint64_t)1 << row % 64;
}

static bool is_hit(const struct search_run *run, size_t row)
{
	return run->hits[row / 64] >> row % 64 & 1;
}

static void ask_index(struct imap_session *s, struct search_run *run)
{
	struct imap_search_subject x = { .s = s };
	run->hits = arena_new_array(&s->command, uint64_t, s->view.told / 64 + 1);
	run->doubtful = arena_new_array(&s->command, uint32_t, s->view.told);
	for (x.row = 0; x.row < s->view.told; x.row++) {
		if (s->view.v[x.row].state & IMAP_ROW_GONE)
			continue;
		enum imap_verdict v = imap_search_ask(&x, run->args.root);
		if (v == IMAP_VERDICT_YES)
			hit(run, x.row);
		else if (v == IMAP_VERDICT_UNKNOWN)
			run->doubtful[run->doubtful_count++] = (uint32_t)x.row;
	}
}

/* What the summary leaves in doubt is asked again with the message at hand. One that cannot be read is no hit, and
 * hinders no other. */
struct asking { struct imap_session *s; struct search_run *run; };

static int ask_message(void *ctx, size_t i, struct str record)
{
	struct asking *a = ctx;
	struct imap_session *s = a->s;
	size_t row = a->run->doubtful[i];
	struct imap_content c;
	struct imap_search_subject x = { .s = s, .row = row, .content = &c };
	imap_content_init(&c, s->view.v[row].email, record);
	enum imap_verdict v = imap_search_ask(&x, a->run->args.root);
	if (v == IMAP_VERDICT_UNKNOWN && x.err == OK) {
		x.may_load = true;
		v = imap_search_ask(&x, a->run->args.root);
	}
	imap_load_done(s);
	if (x.err == OK && v == IMAP_VERDICT_YES)
		hit(a->run, row);
	return x.err == E_NOTFOUND || x.err == E_CORRUPT ? OK : x.err;
}

static int ask_doubtful(struct imap_session *s, struct search_run *run)
{
	struct asking a = { s, run };
	uint64_t *emails = arena_new_array(&s->command, uint64_t, run->doubtful_count);
	uint32_t *sizes = arena_new_array(&s->command, uint32_t, run->doubtful_count);
	for (size_t i = 0; i < run->doubtful_count; i++) {
		emails[i] = s->view.v[run->doubtful[i]].email;
		sizes[i] = s->view.v[run->doubtful[i]].size;
	}
	if (imap_search_reads_messages(run->args.root))
		imap_ahead_begin(s, emails, sizes, run->doubtful_count);
	return imap_load_summaries(s, emails, run->doubtful_count, ask_message, &a);
}

struct found { uint32_t count, min, max; uint64_t modseq; };

static uint32_t name_of(const struct imap_session *s, size_t row)
{
	return s->reader.command.uid ? s->view.v[row].uid : (uint32_t)row + 1;
}

static unsigned asked_for(const struct search_run *run)
{
	return run->args.returns & (IMAP_RETURN_MIN | IMAP_RETURN_MAX | IMAP_RETURN_ALL | IMAP_RETURN_COUNT);
}

/* MIN, MAX or both, and nothing that speaks of the messages between. */
static bool ends_only(const struct search_run *run)
{
	return asked_for(run) && !(asked_for(run) & (IMAP_RETURN_ALL | IMAP_RETURN_COUNT));
}

/* The mod-sequence told is that of what is told: of the ends, or the highest of all (RFC 4731 section 3.2). */
static struct found sum_up(const struct imap_session *s, const struct search_run *run)
{
	struct found f = { 0 };
	uint64_t first = 0, last = 0;
	for (size_t row = 0; row < s->view.told; row++) {
		if (!is_hit(run, row))
			continue;
		f.max = name_of(s, row);
		last = s->view.v[row].modseq;
		f.modseq = last > f.modseq ? last : f.modseq;
		first = f.count ? first : last;
		f.min = f.count++ ? f.min : f.max;
	}
	if (!ends_only(run))
		return f;
	first = asked_for(run) & IMAP_RETURN_MIN ? first : 0;
	last = asked_for(run) & IMAP_RETURN_MAX ? last : 0;
	f.modseq = first > last ? first : last;
	return f;
}

/* What "$" stands for from now on: with MIN or MAX alone only those (RFC 5182 section 2.4). */
static void save(struct imap_session *s, const struct search_run *run)
{
	unsigned returns = asked_for(run);
	size_t first = SIZE_MAX, last = 0;
	arena_reset(&s->mailbox);
	s->saved = (struct imap_set){ 0 };
	for (size_t row = 0; row < s->view.told; row++) {
		if (!is_hit(run, row))
			continue;
		first = first == SIZE_MAX ? row : first;
		last = row;
		if (!ends_only(run))
			imap_set_add(&s->mailbox, &s->saved, s->view.v[row].uid);
	}
	if (!ends_only(run) || first == SIZE_MAX)
		return;
	if (returns & IMAP_RETURN_MIN)
		imap_set_add(&s->mailbox, &s->saved, s->view.v[first].uid);
	if ((returns & IMAP_RETURN_MAX) && (last != first || !(returns & IMAP_RETURN_MIN)))
		imap_set_add(&s->mailbox, &s->saved, s->view.v[last].uid);
}

/* "* SEARCH 2 3 6 (MODSEQ 917162500)" */
static int tell_plain(struct imap_session *s, const struct search_run *run, const struct found *f)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* SEARCH");
	for (size_t row = 0; row < s->view.told && w.err == OK; row++) {
		if (!is_hit(run, row))
			continue;
		bufw_char(&w, ' ');
		bufw_u64(&w, name_of(s, row));
		if (w.b->n > PUSH_EVERY)
			w.err = imap_push(s, &w);
	}
	if (run->args.uses_modseq && f->count)
		bufw_printf(&w, " (MODSEQ %llu)", (unsigned long long)f->modseq);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

/* In pieces: a set of a million messages must not have to fit the output at once. */
static void write_all(struct imap_session *s, const struct search_run *run, struct bufw *w)
{
	struct imap_set all = { 0 };
	for (size_t row = 0; row < s->view.told; row++)
		if (is_hit(run, row))
			imap_set_add(&s->command, &all, name_of(s, row));
	for (size_t i = 0; i < all.n && w->err == OK; i++) {
		struct imap_set one = { .v = &all.v[i], .n = 1 };
		bufw_c(w, i ? "," : " ALL ");
		imap_set_write(w, &one);
		if (w->b->n > PUSH_EVERY)
			w->err = imap_push(s, w);
	}
}

/* "* ESEARCH (TAG "a") UID MIN 1 COUNT 3": nothing is named that was not found (RFC 4731 section 3.1) */
static int tell_extended(struct imap_session *s, const struct search_run *run, const struct found *f)
{
	unsigned returns = run->args.returns;
	struct bufw w = imap_out(s);
	bufw_c(&w, "* ESEARCH (TAG ");
	imap_write_string(&w, s->reader.command.tag, false);
	bufw_c(&w, s->reader.command.uid ? ") UID" : ")");
	if (f->count && (returns & IMAP_RETURN_MIN))
		bufw_printf(&w, " MIN %u", f->min);
	if (f->count && (returns & IMAP_RETURN_MAX))
		bufw_printf(&w, " MAX %u", f->max);
	if (f->count && (returns & IMAP_RETURN_ALL))
		write_all(s, run, &w);
	if (returns & IMAP_RETURN_COUNT)
		bufw_printf(&w, " COUNT %u", f->count);
	if (f->count && run->args.uses_modseq)
		bufw_printf(&w, " MODSEQ %llu", (unsigned long long)f->modseq);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

static int tell(struct imap_session *s, struct search_run *run)
{
	struct found f = sum_up(s, run);
	int r = OK;
	if (run->args.returns & IMAP_RETURN_SAVE)
		save(s, run);
	if (s->rev2 && !run->args.returns)
		run->args.returns = IMAP_RETURN_GIVEN | IMAP_RETURN_ALL;
	if (!run->args.returns)
		r = tell_plain(s, run, &f);
	else if (run->args.returns & ~(unsigned)(IMAP_RETURN_GIVEN | IMAP_RETURN_SAVE))
		r = tell_extended(s, run, &f);
	return r == OK ? imap_ok(s, "searched") : r;
}

/* A search that asked to save and failed leaves nothing saved (RFC 5182 section 2.1). */
static int failed(struct imap_session *s, const struct search_run *run, int r)
{
	if (run->args.returns & IMAP_RETURN_SAVE)
		s->saved = (struct imap_set){ 0 };
	return imap_failed(s, r);
}

int imap_cmd_search(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct search_run run = { 0 };
	int r = imap_search_args(&a, &run.args);
	if (r == E_UNSUPPORTED)
		return imap_no(s, "BADCHARSET (UTF-8 US-ASCII)", "character set is not known here");
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (imap_search_prepare(s, &run.args) != OK)
		return OK;
	if (run.args.uses_modseq)
		r = imap_condstore_enable(s);
	if (r != OK)
		return r;
	ask_index(s, &run);
	r = ask_doubtful(s, &run);
	return r == OK ? tell(s, &run) : failed(s, &run, r);
}
