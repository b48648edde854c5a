/* One fiber that asks the store for what is due, whenever something is due and there is room for it. */
#include "role/relay/relay.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"

enum { LOOK_AGAIN_MS = 60000 /* should a note get lost */, LOOK_LEAST_MS = 50, STORE_GONE_MS = 1000, LEFT_MS = 1000 };

void relay_job_free(struct relay *r, struct relay_job *job)
{
	map_remove(&r->held, job->e.id);
	buf_done(&job->record);
	mem_free(job);
	if (r->jobs-- == RELAY_JOBS_MAX)
		relay_due(r, 0);
}

struct relay_schedule relay_schedule_of(const struct conf *c)
{
	return (struct relay_schedule){ .first = (int64_t)c->relay.retry_first,
					.most = (int64_t)c->relay.retry_most,
					.warn_after = (int64_t)c->relay.warn_after,
					.expire_after = (int64_t)c->relay.expire_after };
}

void relay_configure(struct relay *r, const struct conf *conf)
{
	r->conf = conf;
	r->self.name = r->link.own_name = str_c(conf->server.hostname);
	r->self.allow_loopback = conf->relay.allow_loopback;
	r->link.user = str_c(conf->relay.smarthost_user);
	r->link.password = str_c(conf->relay.smarthost_password);
}

void relay_init(struct relay *r, const struct relay_env *env, void *ctx, const struct conf *conf)
{
	*r = (struct relay){ .env = env, .ctx = ctx, .noted = INT64_MAX };
	r->link = (struct relay_link){ .connect = env->connect, .ctx = ctx, .times = &relay_times_rfc };
	relay_configure(r, conf);
	map_init(&r->destinations, random_u64());
	map_init(&r->held, random_u64());
	waiters_init(&r->wake);
	relay_results_init(&r->results);
}

void relay_done(struct relay *r)
{
	relay_prefixes_free(r);
	map_done(&r->destinations);
	map_done(&r->held);
}

void relay_due(struct relay *r, int64_t at_ms)
{
	if (at_ms < r->noted)
		r->noted = at_ms;
	waiters_wake_all(&r->wake);
}

/* The record is copied: the views of the reply end with it. */
static void take_entry(struct relay *r, const struct queue_entry *e)
{
	if (map_get(&r->held, e->id))
		return;
	struct relay_job *job = mem_new(struct relay_job);
	buf_init(&job->record, IPC_MAX);
	struct bufw w = { .b = &job->record };
	queue_entry_put(&w, e);
	struct reader copy = reader_of(buf_str(&job->record));
	if (w.err != OK || queue_entry_get(&copy, &job->e) != OK) {
		buf_done(&job->record);
		mem_free(job);
		return;
	}
	map_put(&r->held, job->e.id, job);
	r->jobs++;
	if (job->e.flags & DELIVERY_REPORT)
		relay_intake_add(r, job);
	else
		relay_destination_add(r, job);
}

/* Returns how many came, or an error. */
static int lease(struct relay *r, size_t max)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_queue_lease_req q = { .max = (uint32_t)max, .lease_ms = RELAY_LEASE_MS };
	struct ipc_queue_lease_rep a = { 0 };
	struct queue_entry e;
	int count = 0;
	r->noted = INT64_MAX; /* a note that comes from here on is about something newer than the answer */
	int err = r->env->lease(r->ctx, &q, &a, &hold);
	if (err != OK)
		return err;
	r->due = a.next > 0 ? a.next : INT64_MAX;
	for (struct reader in = reader_of(a.entries); in.rest.n && queue_entry_get(&in, &e) == OK;) {
		take_entry(r, &e);
		count++;
	}
	ipc_release(&hold);
	return count;
}

static int64_t until_due(const struct relay *r, int64_t most)
{
	int64_t due = r->noted < r->due ? r->noted : r->due;
	int64_t wait = due == INT64_MAX ? most : due - r->env->now(r->ctx) * 1000;
	return wait > most ? most : wait < LOOK_LEAST_MS ? LOOK_LEAST_MS : wait;
}

/* A note may change how long to wait. */
static void wait_until_due(struct relay *r, int64_t most)
{
	int64_t from = clock_mono_ms();
	while (!r->stopping && clock_mono_ms() < from + until_due(r, most))
		if (waiters_wait(&r->wake, from + until_due(r, most)) == E_CANCELLED)
			return;
}

static void schedule(void *arg)
{
	struct relay *r = arg;
	while (!r->stopping && !fiber_cancelled()) {
		size_t room = RELAY_JOBS_MAX - r->jobs, max = room < RELAY_LEASE_COUNT ? room : RELAY_LEASE_COUNT;
		int n = max ? lease(r, max) : 0;
		if (n < 0)
			r->due = INT64_MAX; /* the store is restarting */
		if (n <= 0 || (size_t)n < max)
			wait_until_due(r, n < 0 ? STORE_GONE_MS : LOOK_AGAIN_MS);
	}
	r->scheduler = NULL;
}

void relay_start(struct relay *r) { r->scheduler = fiber_start(schedule, r); }

/* ---- the end */

struct stop {
	struct relay *relay;
	int64_t within_ms;
};

static void release_waiting(struct relay *r)
{
	struct relay_jobs waiting = { 0 };
	relay_destinations_empty(r, &waiting);
	relay_release(r, &waiting);
}

/* Jobs of connections that were cut off: judged ones are told to the store, the others given back. */
static void settle_left(struct relay *r)
{
	struct relay_job *job;
	while ((job = relay_jobs_take(&r->left))) {
		struct relay_jobs one = { 0 };
		relay_jobs_add(&one, job);
		if (job->verdict.outcome)
			relay_settle(r, &one, NULL);
		else
			relay_release(r, &one);
	}
}

static bool wait_for_connections(struct relay *r, int64_t deadline)
{
	while (r->connections && clock_mono_ms() < deadline)
		if (fiber_sleep(20) != OK)
			return false;
	return r->connections == 0;
}

static void stop(void *arg)
{
	struct stop *s = arg;
	struct relay *r = s->relay;
	int64_t deadline = clock_mono_ms() + s->within_ms - (s->within_ms > 4 * LEFT_MS ? LEFT_MS : s->within_ms / 4);
	mem_free(s);
	release_waiting(r);
	if (!wait_for_connections(r, deadline)) {
		relay_connections_cancel(r);
		(void)!wait_for_connections(r, clock_mono_ms() + LEFT_MS);
	}
	release_waiting(r);
	settle_left(r);
	relay_results_stop(r, LEFT_MS);
	relay_destinations_free(r);
	r->env->stopped(r->ctx);
}

void relay_stop(struct relay *r, int64_t within_ms)
{
	struct stop *s = mem_new(struct stop);
	*s = (struct stop){ r, within_ms };
	r->stopping = true;
	waiters_wake_all(&r->wake);
	fiber_start(stop, s);
}
