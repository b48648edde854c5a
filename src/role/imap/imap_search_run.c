/* Runs a search program: first with the index alone, then with what is needed of the messages it leaves in doubt. */
#include "role/imap/imap_search.h"

enum { PROGRESS_MS = 10000 };

struct search_run {
	const struct imap_search *args;
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
		if ((s->view.v[x.row].state & IMAP_ROW_GONE) || s->view.v[x.row].modseq <= run->args->changed_after)
			continue;
		enum imap_verdict v = imap_search_ask(&x, run->args->root);
		if (v == IMAP_VERDICT_YES)
			hit(run, x.row);
		else if (v == IMAP_VERDICT_UNKNOWN)
			run->doubtful[run->doubtful_count++] = (uint32_t)x.row;
	}
}

/* What the summary leaves in doubt is asked again with the message at hand. One that cannot be read is no hit, and
 * hinders no other. */
struct asking { struct imap_session *s; struct search_run *run; int64_t told; };

/* A search that takes long says that it goes on (RFC 9585). Tags hold nothing that would have to be escaped. */
static int tell_progress(struct asking *a, size_t done)
{
	struct imap_session *s = a->s;
	int64_t now = s->env->now();
	if (now - a->told < PROGRESS_MS)
		return OK;
	a->told = now;
	int r = imap_untagged(s, "OK [INPROGRESS (\"" STR_FMT "\" %zu %zu)] searching", STR_ARG(s->reader.command.tag), done, a->run->doubtful_count);
	return r == OK ? s->env->flush(s->io) : r;
}

static int ask_message(void *ctx, size_t i, struct str record)
{
	struct asking *a = ctx;
	struct imap_session *s = a->s;
	size_t row = a->run->doubtful[i];
	struct imap_content c;
	struct imap_search_subject x = { .s = s, .row = row, .content = &c };
	imap_content_init(&c, s->view.v[row].email, record);
	enum imap_verdict v = imap_search_ask(&x, a->run->args->root);
	if (v == IMAP_VERDICT_UNKNOWN && x.err == OK) {
		x.may_load = true;
		v = imap_search_ask(&x, a->run->args->root);
	}
	imap_load_done(s);
	int told = tell_progress(a, i + 1);
	if (told != OK)
		return told;
	if (x.err == OK && v == IMAP_VERDICT_YES)
		hit(a->run, row);
	return x.err == E_NOTFOUND || x.err == E_CORRUPT ? OK : x.err;
}

static int ask_doubtful(struct imap_session *s, struct search_run *run)
{
	struct asking a = { s, run, s->env->now() };
	uint64_t *emails = arena_new_array(&s->command, uint64_t, run->doubtful_count);
	uint32_t *sizes = arena_new_array(&s->command, uint32_t, run->doubtful_count);
	for (size_t i = 0; i < run->doubtful_count; i++) {
		emails[i] = s->view.v[run->doubtful[i]].email;
		sizes[i] = s->view.v[run->doubtful[i]].size;
	}
	if (imap_search_reads_messages(run->args->root))
		imap_ahead_begin(s, emails, sizes, run->doubtful_count);
	return imap_load_summaries(s, emails, run->doubtful_count, ask_message, &a);
}

static struct imap_hits collect(struct imap_session *s, const struct search_run *run)
{
	struct imap_hits h = { 0 };
	for (size_t i = 0; i <= s->view.told / 64; i++)
		h.n += (size_t)__builtin_popcountll(run->hits[i]);
	h.rows = arena_new_array(&s->results, uint32_t, h.n);
	h.n = 0;
	for (size_t row = 0; row < s->view.told; row++)
		if (is_hit(run, row))
			h.rows[h.n++] = (uint32_t)row;
	return h;
}

int imap_search_run(struct imap_session *s, const struct imap_search *p, struct imap_hits *ret)
{
	struct search_run run = { .args = p };
	int r = p->uses_modseq ? imap_condstore_enable(s) : OK;
	if (r != OK)
		return r;
	ask_index(s, &run);
	r = ask_doubtful(s, &run);
	if (r == OK)
		*ret = collect(s, &run);
	return r;
}
