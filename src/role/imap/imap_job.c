#include "role/imap/imap_job.h"

#include "os/fd.h"
#include "role/imap/imap.h"

static int run_message(struct imap_job *job)
{
	return job->env->message(&(struct ipc_message_req){ .grant = job->grant, .email = job->email }, &job->message, &job->hold);
}

static int run_summaries(struct imap_job *job)
{
	struct ipc_summaries_req q = { .grant = job->grant, .emails = { job->ids, 8 * job->count } };
	return job->env->summaries(&q, &job->summaries, &job->hold);
}

static struct imap_job *start(struct imap_session *s, struct imap_job *job)
{
	job->env = s->env;
	job->grant = s->grant;
	job->hold = (struct ipc_hold)IPC_HOLD;
	job->message.body = -1;
	job->next = s->jobs;
	s->jobs = job;
	s->env->job_start(job);
	return job;
}

struct imap_job *imap_job_message(struct imap_session *s, uint64_t email)
{
	struct imap_job *job = mem_new(struct imap_job);
	job->run = run_message;
	job->email = email;
	return start(s, job);
}

struct imap_job *imap_job_summaries(struct imap_session *s, const uint64_t *emails, size_t n)
{
	struct imap_job *job = mem_new(struct imap_job);
	job->run = run_summaries;
	job->count = n;
	job->ids = mem_alloc(8 * n);
	for (size_t i = 0; i < n; i++)
		put_le64(job->ids + 8 * i, emails[i]);
	return start(s, job);
}

static void unlink_job(struct imap_session *s, const struct imap_job *job)
{
	struct imap_job **at = &s->jobs;
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
}

int imap_job_wait(struct imap_session *s, struct imap_job *job)
{
	int r = s->env->job_wait(job);
	if (r != OK)
		return r;
	unlink_job(s, job);
	return job->result;
}

void imap_job_free(struct imap_job *job)
{
	if (!job)
		return;
	if (job->result == OK && job->run == run_message)
		fd_close(&job->message.body);
	ipc_release(&job->hold);
	mem_free(job->ids);
	mem_free(job);
}

void imap_job_abandon_all(struct imap_session *s)
{
	while (s->jobs) {
		struct imap_job *job = s->jobs;
		s->jobs = job->next;
		if (job->done)
			imap_job_free(job);
		else
			job->abandoned = true;      /* whoever runs it frees it */
	}
}

/* ---- messages ahead ---- */

void imap_ahead_begin(struct imap_session *s, const uint64_t *emails, const uint32_t *sizes, size_t n)
{
	imap_ahead_end(s);
	s->ahead = (struct imap_ahead){ .emails = emails, .sizes = sizes, .n = n };
}

static struct imap_job *pop(struct imap_ahead *a)
{
	struct imap_job *job = a->ring[a->first];
	a->first = (a->first + 1) % IMAP_AHEAD;
	a->count--;
	a->bytes -= job->size;
	return job;
}

static void forget(struct imap_session *s, struct imap_job *job)
{
	unlink_job(s, job);
	if (job->done)
		imap_job_free(job);
	else
		job->abandoned = true;
}

void imap_ahead_end(struct imap_session *s)
{
	while (s->ahead.count)
		forget(s, pop(&s->ahead));
	s->ahead = (struct imap_ahead){ 0 };
}

static bool has_room(const struct imap_ahead *a)
{
	return a->count < IMAP_AHEAD && a->at < a->n &&
	       (a->count == 0 || a->bytes + a->sizes[a->at] <= IMAP_AHEAD_BYTES);
}

static void fill(struct imap_session *s)
{
	struct imap_ahead *a = &s->ahead;
	while (has_room(a)) {
		struct imap_job *job = imap_job_message(s, a->emails[a->at]);
		job->size = a->sizes[a->at++];
		a->bytes += job->size;
		a->ring[(a->first + a->count++) % IMAP_AHEAD] = job;
	}
}

struct imap_job *imap_ahead_take(struct imap_session *s, uint64_t email)
{
	fill(s);
	while (s->ahead.count) {
		struct imap_job *job = pop(&s->ahead);
		fill(s);
		if (job->email == email)
			return job;
		forget(s, job);
	}
	return NULL;
}
