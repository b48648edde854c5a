/* THREAD (RFC 5256): what summaries say of each message, then proto/imap/imap_thread.h. */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_fold.h"
#include "proto/imap/imap_thread.h"
#include "role/imap/imap_search.h"

enum { PUSH_EVERY = 64 << 10 };      /* octets of a long answer that collect before they are sent */

struct thread_run { struct imap_session *s; const struct imap_hits *hits; struct imap_thread_message *m; };

/* References, or where there are none In-Reply-To (RFC 5256 section 3, step 1 A). */
static void take_references(struct imap_session *s, const struct mime_summary *from, struct imap_thread_message *m)
{
	size_t n = from->reference_count;
	uint64_t *refs = arena_new_array(&s->results, uint64_t, n + 1);
	for (size_t i = 0; i < n; i++)
		refs[i] = str_hash(from->references[i]);
	if (n == 0 && from->in_reply_to.n)
		refs[n++] = str_hash(from->in_reply_to);
	m->refs = refs;
	m->ref_count = (uint8_t)n;
}

static int read_one(void *ctx, size_t i, struct str record)
{
	struct thread_run *run = ctx;
	struct imap_session *s = run->s;
	size_t row = run->hits->rows[i];
	struct imap_content c;
	struct imap_thread_message *m = &run->m[i];
	imap_content_init(&c, s->view.v[row].email, record);
	m->number = s->reader.command.uid ? s->view.v[row].uid : (uint32_t)row + 1;
	m->date = c.summary.has_date ? c.summary.date : s->view.v[row].date;
	m->is_reply = c.summary.is_reply;
	m->id = c.summary.message_id.n ? str_hash(c.summary.message_id) : 0;
	m->subject = c.summary.base_subject.n ? str_hash(imap_fold(&s->scratch, c.summary.base_subject)) : 0;
	take_references(s, &c.summary, m);
	arena_reset(&s->scratch);
	return OK;
}

static int tell(struct imap_session *s, const struct thread_run *run, const struct imap_threads *t)
{
	struct bufw w = imap_out(s);
	uint32_t at = t->root;
	bufw_c(&w, at == IMAP_THREAD_NONE ? "* THREAD" : "* THREAD ");
	while (w.err == OK && imap_thread_write(t, run->m, &w, &at))
		if (w.b->n > PUSH_EVERY)
			w.err = imap_push(s, &w);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

static int run(struct imap_session *s, enum imap_thread_algorithm algorithm, const struct imap_hits *hits)
{
	struct thread_run run = { s, hits, arena_new_array(&s->results, struct imap_thread_message, hits->n) };
	uint64_t *emails = arena_new_array(&s->results, uint64_t, hits->n);
	struct imap_threads threads;
	for (size_t i = 0; i < hits->n; i++)
		emails[i] = s->view.v[hits->rows[i]].email;
	int r = imap_load_summaries(s, emails, hits->n, read_one, &run);
	if (r != OK)
		return imap_failed(s, r);
	imap_thread(&s->results, algorithm, run.m, (uint32_t)hits->n, &threads);
	r = tell(s, &run, &threads);
	return r == OK ? imap_ok(s, "threaded") : r;
}

int imap_cmd_thread(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	enum imap_thread_algorithm algorithm;
	struct imap_search p;
	struct imap_hits hits;
	int r = imap_thread_args(&a, &algorithm, &p);
	if (r != OK)
		return imap_search_refused(s, r, &a);
	if (imap_search_prepare(s, &p) != OK)
		return OK;
	r = imap_search_run(s, &p, &hits);
	return r == OK ? run(s, algorithm, &hits) : imap_failed(s, r);
}
