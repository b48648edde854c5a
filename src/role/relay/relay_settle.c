/* What becomes of jobs after an attempt: the outcome, the next attempt or the end, and the report, in one commit of the
 * store. */
#include "role/relay/relay.h"

#include "os/fd.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/dsn/dsn.h"

enum { RESULT_TRIES = 120, RESULT_WAIT_MS = 1000, NO_REPORT = -1, HOUR = 3600 };

/* ---- the message */

int relay_message_get(struct relay *r, uint64_t id, struct relay_message *ret)
{
	struct relay_message m = { .hold = IPC_HOLD };
	struct ipc_queue_message_req q = { .id = id };
	struct ipc_queue_message_rep a = { .body = -1 };
	int e = r->env->message(r->ctx, &q, &a, &m.hold);
	auto_fd body = e == OK ? a.body : -1;
	if (e == OK && body >= 0) {
		e = fd_map(body, MESSAGE_MAX, &m.bytes);
		m.mapped = e == OK;
	} else if (e == OK) {
		m.bytes = a.bytes;
	}
	if (e != OK) {
		ipc_release(&m.hold);
		return e;
	}
	*ret = m;
	return OK;
}

void relay_message_done(struct relay_message *m)
{
	if (m->mapped)
		fd_unmap(m->bytes);
	ipc_release(&m->hold);
	*m = (struct relay_message){ .hold = IPC_HOLD };
}

/* ---- what happens to one job */

struct plan {
	struct relay_job *job;
	enum queue_outcome outcome;
	int64_t next;
	int action;
};

static bool wants(const struct queue_entry *e, uint32_t what)
{
	bool unsaid = e->notify == 0 && what != NOTIFY_SUCCESS;
	return e->sender.n && !(e->notify & NOTIFY_NEVER) &&
	       (unsaid || e->notify & what); /* A24: never about a report */
}

static void give_up(struct relay_job *job, int64_t now)
{
	char last[RELAY_TEXT_MAX];
	long long hours = (now - job->e.created) / HOUR;
	memcpy(last, job->verdict.text, sizeof last);
	relay_verdict_set(&job->verdict, QUEUE_FAILED, "5.4.7",
			  "given up after %lld hours and %u attempts; the last: %s", hours, job->e.attempts + 1, last);
}

static void plan_deferred(struct relay *r, struct plan *p, int64_t now)
{
	struct relay_schedule s = relay_schedule_of(r->conf);
	const struct queue_entry *e = &p->job->e;
	int64_t expires = relay_expiry(&s, e->created, e->expires);
	p->next = relay_retry_at(&s, e->attempts + 1, now, expires, random_u64());
	if (!e->delay_reported && relay_is_late(&s, e->created, now) && wants(e, NOTIFY_DELAY))
		p->action = DSN_DELAYED;
}

static struct plan plan_for(struct relay *r, struct relay_job *job, int64_t now)
{
	struct relay_schedule s = relay_schedule_of(r->conf);
	if (job->verdict.outcome == QUEUE_DEFERRED && now >= relay_expiry(&s, job->e.created, job->e.expires))
		give_up(job, now);
	struct plan p = { .job = job, .outcome = job->verdict.outcome, .action = NO_REPORT };
	if (p.outcome == QUEUE_DEFERRED)
		plan_deferred(r, &p, now);
	else if (p.outcome == QUEUE_FAILED && wants(&job->e, NOTIFY_FAILURE))
		p.action = DSN_FAILED;
	else if (p.outcome == QUEUE_RELAYED && wants(&job->e, NOTIFY_SUCCESS))
		p.action = DSN_RELAYED;
	return p;
}

/* ---- into the store */

static void log_job(const struct plan *p, int err)
{
	static const char *const events[] = {
		[QUEUE_DELIVERED] = "relay.delivered", [QUEUE_RELAYED] = "relay.delivered",
		[QUEUE_FAILED] = "relay.failed",       [QUEUE_DEFERRED] = "relay.deferred",
		[QUEUE_RELEASED] = "relay.released",
	};
	const struct relay_job *j = p->job;
	bool bad = p->outcome == QUEUE_FAILED || p->outcome == QUEUE_DEFERRED;
	if (j->verdict.doubt)
		log_event(LOG_WARNING, "relay.doubt", LOG_U("id", j->e.id), LOG_S("recipient", j->e.recipient),
			  LOG_C("remote", j->verdict.remote), LOG_END);
	log_event(err != OK ? LOG_ERROR
		  : bad     ? LOG_WARNING
			    : LOG_INFO,
		  events[p->outcome], LOG_U("id", j->e.id), LOG_S("sender", j->e.sender),
		  LOG_S("recipient", j->e.recipient), LOG_C("remote", j->verdict.remote),
		  LOG_C("status", j->verdict.status), LOG_C("reply", j->verdict.text),
		  LOG_U("attempts", j->e.attempts + 1), LOG_I("next", p->next), LOG_E(err), LOG_END);
}

/* The store may be restarting: what was delivered must become known, or it is sent again. Takes the job. */
static void record(struct relay *r, const struct plan *p, const struct relay_report *report)
{
	struct relay_job *j = p->job;
	struct ipc_queue_result_req q = {
		.id = j->e.id,
		.outcome = p->outcome,
		.next_attempt = p->next,
		.status = str_c(j->verdict.status),
		.diagnostic = str_c(j->verdict.text),
		.remote = str_c(j->verdict.remote),
		.dsn = report ? buf_str(&report->bytes) : STR(""),
		.dsn_summary = report ? buf_str(&report->summary) : STR(""),
	};
	int e = r->env->result(r->ctx, &q);
	for (int i = 0; i < RESULT_TRIES && (e == E_CLOSED || e == E_TIMEOUT || e == E_BUSY || e == E_FULL); i++) {
		e = fiber_sleep(RESULT_WAIT_MS);
		if (e == OK)
			e = r->env->result(r->ctx, &q);
	}
	if (e == E_CANCELLED) {
		relay_jobs_add(&r->left, j);
		return;
	}
	log_job(p, e);
	relay_job_free(r, j);
}

/* A failure that cannot be reported now stays in the queue; what was passed on is not sent again for the sake of its
 * report. */
static void without_report(struct relay *r, struct plan *p, int err)
{
	log_event(LOG_ERROR, "relay.report", LOG_U("id", p->job->e.id), LOG_S("sender", p->job->e.sender), LOG_E(err),
		  LOG_END);
	p->action = NO_REPORT;
	if (p->outcome != QUEUE_FAILED || err == E_SYNTAX)
		return;
	relay_verdict_defer(&p->job->verdict);
	p->outcome = QUEUE_DEFERRED;
	p->next = r->env->now(r->ctx) + (int64_t)r->conf->relay.retry_first;
}

/* One report for all plans given. The first carries it into the store and goes first: cut off behind it, the others are
 * tried, fail and are reported again; nobody is forgotten. */
static void record_reported(struct relay *r, struct plan *const *plans, size_t count, struct str message)
{
	struct relay_report report;
	struct relay_job *jobs[RELAY_BATCH_MAX];
	int actions[RELAY_BATCH_MAX];
	for (size_t i = 0; i < count; i++) {
		jobs[i] = plans[i]->job;
		actions[i] = plans[i]->action;
	}
	relay_report_init(&report);
	int e = relay_report_make(r, jobs, actions, count, message, &report);
	for (size_t i = 0; i < count; i++) {
		if (e != OK)
			without_report(r, plans[i], e);
		record(r, plans[i], e == OK && i == 0 ? &report : NULL);
	}
	relay_report_done(&report);
}

/* Late ones each have a report of their own, since the store notes by it that the sender knows; the rest is grouped
 * (B07). */
static void record_all(struct relay *r, struct plan *plans, size_t count, struct str message)
{
	struct plan *grouped[RELAY_BATCH_MAX];
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		struct plan *p = &plans[i];
		if (p->action == DSN_DELAYED)
			record_reported(r, &p, 1, message);
		else if (p->action == NO_REPORT)
			record(r, p, NULL);
		else
			grouped[n++] = p;
	}
	if (n)
		record_reported(r, grouped, n, message);
}

static bool any_report(const struct plan *plans, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (plans[i].action != NO_REPORT)
			return true;
	return false;
}

void relay_settle(struct relay *r, struct relay_jobs *batch, const struct relay_message *message)
{
	struct plan plans[RELAY_BATCH_MAX];
	struct relay_message own = { .hold = IPC_HOLD };
	struct relay_job *job;
	size_t count = 0;
	int64_t now = r->env->now(r->ctx);
	while (count < RELAY_BATCH_MAX && (job = relay_jobs_take(batch)))
		plans[count++] = plan_for(r, job, now);
	if (!message && any_report(plans, count) && relay_message_get(r, plans[0].job->e.id, &own) != OK)
		own.bytes = STR(""); /* the report then says what became of it, without its header */
	record_all(r, plans, count, message ? message->bytes : own.bytes);
	relay_message_done(&own);
}

void relay_release(struct relay *r, struct relay_jobs *jobs)
{
	struct relay_job *job;
	while ((job = relay_jobs_take(jobs))) {
		struct plan p = { .job = job, .outcome = QUEUE_RELEASED };
		record(r, &p, NULL);
	}
}
