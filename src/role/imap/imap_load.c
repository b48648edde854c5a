#include "role/imap/imap.h"

#include "os/fd.h"
#include "proto/mime/mime_summary.h"

enum { BATCH = 512 };      /* summaries asked for at once; the store sends as many of them as fit 2 MiB */

void imap_load_done(struct imap_session *s)
{
	if (s->mapped.n)
		fd_unmap(s->mapped);
	s->mapped = (struct str){ 0 };
	imap_job_free(s->loaded);
	s->loaded = NULL;
	arena_reset(&s->scratch);
}

int imap_load_message(struct imap_session *s, uint64_t email, struct str *ret)
{
	imap_load_done(s);
	struct imap_job *job = imap_ahead_take(s, email);
	if (!job)
		job = imap_job_message(s, email);
	int r = imap_job_wait(s, job);
	if (r == E_CANCELLED)
		return r;
	s->loaded = job;
	if (r != OK)
		return r;
	*ret = job->message.bytes;
	if (job->message.body < 0)
		return OK;
	r = fd_map(job->message.body, MESSAGE_MAX, &s->mapped);
	fd_close(&job->message.body);
	if (r == OK)
		*ret = s->mapped;
	return r;
}

static struct imap_job *next_batch(struct imap_session *s, const uint64_t *emails, size_t left)
{
	return left ? imap_job_summaries(s, emails, left < BATCH ? left : BATCH) : NULL;
}

static size_t count_records(const struct imap_job *job)
{
	struct reader r = reader_of(job->summaries.summaries);
	size_t n = 0;
	while (r.rest.n && r.err == OK && n < job->count) {
		(void)read_str(&r, MIME_SUMMARY_MAX);
		n++;
	}
	return r.err == OK ? n : 0;
}

static int each_record(const struct imap_job *job, size_t from, size_t n,
		       int (*each)(void *ctx, size_t i, struct str record), void *ctx)
{
	struct reader records = reader_of(job->summaries.summaries);
	int r = OK;
	for (size_t i = 0; i < n && r == OK; i++)
		r = each(ctx, from + i, read_str(&records, MIME_SUMMARY_MAX));
	return r;
}

int imap_load_summaries(struct imap_session *s, const uint64_t *emails, size_t n,
                        int (*each)(void *ctx, size_t i, struct str record), void *ctx)
{
	struct imap_job *job = next_batch(s, emails, n);
	int r = OK;
	for (size_t at = 0; at < n && r == OK;) {
		r = imap_job_wait(s, job);
		if (r == E_CANCELLED)
			return r;
		s->summaries = job;
		size_t got = r == OK ? count_records(job) : 0;
		if (r == OK && got == 0)
			r = E_PROTO;
		struct imap_job *next = r == OK ? next_batch(s, emails + at + got, n - at - got) : NULL;
		if (r == OK)
			r = each_record(job, at, got, each, ctx);
		imap_job_free(s->summaries);
		s->summaries = NULL;
		at += got;
		job = next;
	}
	return r;
}
