/* Mail to the addresses for reports (proto/policy/dns_wanted.h) goes into no mailbox: it is taken apart by scan and kept as a record. What
 * cannot be read is logged and gone; nobody is told, since reports are sent by programs to programs. */
#include "role/relay/relay.h"

#include "ipc/records.h"
#include "os/fd.h"
#include "os/log.h"

#include <time.h>

enum { SCAN_MS = 120000, A_DAY_MOST = 500 /* reports about one domain */, KEPT_DAYS = 400, KEY_MAX = 255, DATE_MAX = 16 };

static struct str domain_of(struct str address) { return str_skip(address, str_rfind(address, '@') + 1); }

/* "in/example.org/20261125/dmarc/0123456789abcdef": the same report twice is one record. */
static struct str key_of(struct arena *a, struct str domain, int64_t end, int64_t now, const struct ipc_report_read_rep *p)
{
	char date[DATE_MAX] = "";
	struct tm tm;
	time_t when = (time_t)(end > 0 && end <= now ? end : now);
	if (gmtime_r(&when, &tm))
		strftime(date, sizeof date, "%Y%m%d", &tm);
	struct str who = arena_printf(a, STR_FMT "\n" STR_FMT "\n", STR_ARG(p->org), STR_ARG(p->id));
	uint64_t hash = str_hash(p->id.n ? who : p->json);
	return arena_printf(a, "in/" STR_FMT "/%s/" STR_FMT "/%016llx", STR_ARG(domain), date, STR_ARG(p->kind), (unsigned long long)hash);
}

static int too_many(struct str key)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_record_list_rep a;
	struct ipc_record_list_req q = { .prefix = str_first(key, str_rfind(str_first(key, str_rfind(key, '/')), '/')), .after = STR(""), .limit = A_DAY_MOST };
	int r = ipc_call_record_list(NULL, &q, &a, &hold, RECORDS_MS);
	if (r == OK && a.more)
		r = E_DENIED;
	ipc_release(&hold);
	return r;
}

static int keep(struct relay *r, struct str domain, const struct ipc_report_read_rep *p)
{
	struct arena a;
	arena_init(&a, 64 << 10, NULL, NULL);
	struct str key = key_of(&a, domain, p->end, r->env->now(r->ctx), p);
	int e = too_many(key);
	if (e == OK)
		e = records_put(key, RECORDS_ANY, p->json);
	arena_done(&a);
	return e;
}

static int read_and_keep(struct relay *r, struct relay_job *job)
{
	struct ipc_hold message = IPC_HOLD, hold = IPC_HOLD;
	struct ipc_queue_message_req which = { .id = job->e.id };
	struct ipc_queue_message_rep m = { .body = -1 };
	struct ipc_report_read_rep p = { .end = 0 };
	int e = r->env->message(r->ctx, &which, &m, &message);
	struct ipc_report_read_req q = { .bytes = m.bytes, .body = m.body };
	if (e == OK)
		e = ipc_call_report_read(NULL, &q, &p, &hold, SCAN_MS);
	if (e == OK)
		e = keep(r, domain_of(job->e.recipient), &p);
	log_event(e == OK ? LOG_INFO : LOG_WARNING, "relay.report-in", LOG_U("id", job->e.id), LOG_S("to", job->e.recipient), LOG_S("kind", p.kind),
		LOG_S("from", p.org), LOG_E(e), LOG_END);
	fd_close(&m.body);
	ipc_release(&message);
	ipc_release(&hold);
	return e;
}

/* What may be otherwise in a while is tried again; the rest was looked at, and that is all that can be done with it. */
static bool may_change(int e) { return e == E_CLOSED || e == E_TIMEOUT || e == E_BUSY || e == E_FULL || e == E_IO; }

static void take(struct relay *r, struct relay_job *job)
{
	struct relay_jobs one = { 0 };
	int e = read_and_keep(r, job);
	relay_verdict_set(&job->verdict, may_change(e) ? QUEUE_DEFERRED : QUEUE_DELIVERED, may_change(e) ? "4.3.0" : "2.0.0", "%s", err_name(e));
	relay_jobs_add(&one, job);
	relay_settle(r, &one, NULL);
}

/* One at a time: a flood of reports takes its turn behind itself. */
static void intake(void *arg)
{
	struct relay *r = arg;
	struct relay_job *job;
	while (!r->stopping && (job = relay_jobs_take(&r->reports)))
		take(r, job);
	r->intake = false;
	if (r->stopping)
		relay_release(r, &r->reports);
}

void relay_intake_add(struct relay *r, struct relay_job *job)
{
	relay_jobs_add(&r->reports, job);
	if (r->intake)
		return;
	r->intake = true;
	fiber_start(intake, r);
}

/* ---- the end of what was kept ---- */

struct pruning { struct records_batch gone; size_t count; char oldest[DATE_MAX]; };

/* "in/DOMAIN/DATE/..." */
static int prune_one(void *ctx, const struct records_item *item)
{
	struct pruning *p = ctx;
	struct str rest = str_skip(item->key, 3);
	(void)str_until(&rest, '/');
	if (str_cmp(str_until(&rest, '/'), str_c(p->oldest)) >= 0)
		return OK;
	records_remove(&p->gone, item->key, RECORDS_ANY);
	return ++p->count == RECORDS_WRITES_MAX ? E_FULL : OK;
}

void relay_intake_prune(struct relay *r)
{
	struct pruning p = { .count = 0 };
	struct tm tm;
	time_t then = (time_t)(r->env->now(r->ctx) - KEPT_DAYS * 86400L);
	if (!gmtime_r(&then, &tm) || !strftime(p.oldest, sizeof p.oldest, "%Y%m%d", &tm))
		return;
	records_begin(&p.gone);
	int e = records_each(STR("in/"), prune_one, &p);
	int done = p.count ? records_commit(&p.gone) : OK;
	if (!p.count)
		buf_done(&p.gone.writes);
	if ((e != OK && e != E_FULL) || done != OK)
		log_event(LOG_WARNING, "relay.reports", LOG_C("why", "old reports could not be removed"), LOG_E(done != OK ? done : e), LOG_END);
}

/* ---- what was kept, for the command line ---- */

void relay_on_report_list(const struct ipc_request *rq, const struct ipc_report_list_req *q)
{
	enum { AT_ONCE = 200 };
	char prefix[KEY_MAX + 8];
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_record_list_rep a = { 0 };
	struct buf b;
	buf_init(&b, sizeof prefix);
	int r = buf_printf(&b, q->domain.n ? "in/" STR_FMT "/" : "in/", STR_ARG(q->domain));
	struct ipc_record_list_req all = { .prefix = buf_str(&b), .after = q->after, .limit = AT_ONCE };
	if (r == OK)
		r = ipc_call_record_list(NULL, &all, &a, &hold, RECORDS_MS);
	ipc_reply_report_list(rq, r, &(struct ipc_report_list_rep){ .records = a.records, .more = a.more });
	ipc_release(&hold);
	buf_done(&b);
}
