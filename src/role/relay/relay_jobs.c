/* Lists of jobs. */
#include "role/relay/relay.h"

void relay_jobs_add(struct relay_jobs *j, struct relay_job *job)
{
	job->next = NULL;
	if (j->last)
		j->last->next = job;
	else
		j->first = job;
	j->last = job;
	j->count++;
}

void relay_jobs_move(struct relay_jobs *to, struct relay_jobs *from)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	to->count += from->count;
	*from = (struct relay_jobs){ 0 };
}

struct relay_job *relay_jobs_take(struct relay_jobs *j)
{
	struct relay_job *job = j->first;
	if (!job)
		return NULL;
	j->first = job->next;
	if (!j->first)
		j->last = NULL;
	j->count--;
	return job;
}

struct relay_jobs relay_jobs_batch(struct relay_jobs *from, size_t most)
{
	struct relay_jobs batch = { 0 }, rest = { 0 };
	struct relay_job *job = relay_jobs_take(from);
	if (!job)
		return batch;
	uint64_t message = job->e.message;
	relay_jobs_add(&batch, job);
	while (message && (job = relay_jobs_take(from)))
		relay_jobs_add(job->e.message == message && batch.count < most ? &batch : &rest, job);
	relay_jobs_move(&rest, from);
	*from = rest;
	return batch;
}
