/* Reports to senders: built from verdicts, taken apart by scan like any message that will be stored. */
#include "role/relay/relay.h"

#include "os/random.h"
#include "proto/dsn/dsn.h"

enum { SCAN_MS = 30000, SUMMARY_MAX = 128 << 10 };

void relay_report_init(struct relay_report *p)
{
	buf_init(&p->bytes, DSN_MAX);
	buf_init(&p->summary, SUMMARY_MAX);
}

void relay_report_done(struct relay_report *p)
{
	buf_done(&p->bytes);
	buf_done(&p->summary);
}

static struct dsn_recipient recipient_of(const struct relay *r, const struct relay_job *job, int action, int64_t now)
{
	struct relay_schedule s = relay_schedule_of(r->conf);
	return (struct dsn_recipient){
		.action = (enum dsn_action)action,
		.address = job->e.recipient,
		.original = job->e.orcpt,
		.status = job->verdict.status,
		.remote = str_c(job->verdict.remote),
		.diagnostic = str_c(job->verdict.text),
		.replied = job->verdict.replied,
		.last_attempt = now,
		.retry_until = relay_expiry(&s, job->e.created, job->e.expires),
	};
}

static int take_apart(struct relay *r, struct relay_report *p)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_scan_rep a = { 0 };
	struct ipc_scan_req q = { .purpose = SCAN_REPORT, .bytes = buf_str(&p->bytes), .body = -1 };
	int e = r->env->scan(r->ctx, &q, &a, &hold);
	if (e == OK)
		e = buf_put_str(&p->summary, a.summary);
	ipc_release(&hold);
	return e;
}

int relay_report_make(struct relay *r, struct relay_job *const *jobs, const int *actions, size_t count,
		      struct str message, struct relay_report *ret)
{
	struct arena a;
	const struct queue_entry *e = &jobs[0]->e;
	int64_t now = r->env->now(r->ctx);
	arena_init(&a, 64 << 10, NULL, NULL);
	struct dsn_recipient *recipients = arena_new_array(&a, struct dsn_recipient, count);
	for (size_t i = 0; i < count; i++)
		recipients[i] = recipient_of(r, jobs[i], actions[i], now);
	/* RFC 8689 section 5: of a message that may only go over verified TLS, the header is enough */
	bool full = e->flags & DELIVERY_RET_FULL && !(e->flags & DELIVERY_REQUIRETLS);
	struct dsn d = {
		.reporting_mta = str_c(r->conf->server.hostname),
		.to = e->sender,
		.envid = e->envid,
		.unique = random_u64(),
		.now = now,
		.arrival = e->created,
		.recipient = recipients,
		.count = count,
		.message = message,
		.full = full,
		.utf8 = (e->flags & DELIVERY_UTF8) != 0,
	};
	buf_clear(&ret->bytes);
	buf_clear(&ret->summary);
	/* as final delivery adds it (RFC 5321 section 4.4): most senders are ours; it is taken off again where the
	 * report leaves */
	int err = buf_put_str(&ret->bytes, STR("Return-Path: <>\r\n"));
	if (err == OK)
		err = dsn_build(&d, &dsn_english, &ret->bytes);
	arena_done(&a);
	return err == OK ? take_apart(r, ret) : err;
}
