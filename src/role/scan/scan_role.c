/* The process that takes messages apart, and finds out who wrote those that come from elsewhere. It reads bytes that strangers wrote, and has
 * nothing that is worth taking: no file, no socket, no secret; it can ask the resolver, and that is all. A message that breaks it costs that
 * one call; the parent starts it again.
 *
 * Each call is a fiber: one that waits for DNS holds up no other. */
#include "role/scan/scan_cache.h"
#include "role/scan/scan_dns.h"
#include "role/scan/scan_message.h"
#include "role/scan/scan_report.h"
#include "role/scan/scan_seen.h"
#include "role/scan/scan_sender.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/random.h"

#include "proto/addr/addr_normal.h"
#include "proto/mime/mime_summary.h"

/* Up to this size a message is done at once on the loop; larger ones go to the pool. WAITING_MAX: messages that wait for DNS at once, each
 * with its memory; more are deferred (B01). */
enum { AT_ONCE = 256 << 10, WAITING_MAX = 1000 };

struct job {
	const struct ipc_scan_req *q;
	char *room;                     /* SCAN_PREFIX_MAX bytes for our fields, then the message; NULL when it is not verified */
	struct str mapped, message, whole;
	uint64_t now;
	struct scan_sender *sender;     /* NULL: not verified */
	struct arena arena;
	struct buf summary;
	struct scan_result result;
	int err;
};

static unsigned waiting;

/* The fields that we add are written in front of the message, so that all readers see the whole; a large body is not copied. */
static int open_message(struct job *j, int body)
{
	int r = OK;
	if (body >= 0 && !j->sender)
		r = fd_map(body, MESSAGE_MAX, &j->mapped);
	else if (body >= 0)
		r = fd_map_behind(body, MESSAGE_MAX, SCAN_PREFIX_MAX, &j->mapped);
	if (r != OK)
		return r;
	j->message = body >= 0 ? str_skip(j->mapped, j->sender ? SCAN_PREFIX_MAX : 0) : j->q->bytes;
	if (j->sender && body < 0) {
		j->room = mem_alloc(SCAN_PREFIX_MAX + j->message.n);
		memcpy(j->room + SCAN_PREFIX_MAX, j->message.p, j->message.n);
		j->message.p = j->room + SCAN_PREFIX_MAX;
	}
	j->whole = j->message;
	return OK;
}

static void close_message(struct job *j)
{
	fd_unmap(j->mapped);
	mem_free(j->room);
}

static void run(struct job *j, void (*fn)(void *arg))
{
	if (j->message.n <= AT_ONCE)
		fn(j);
	else
		pool_run(fn, j);
}

static void begin_sender(void *arg)
{
	struct job *j = arg;
	j->err = scan_sender_begin(j->sender, j->message, j->now);
}

static void summarise(void *arg)
{
	struct job *j = arg;
	j->err = scan_message(&j->arena, j->whole, &j->summary, &j->result);
}

/* All names together are far shorter than the ceiling. */
static void name_marks(const struct verdict *v, struct buf *out)
{
	struct bufw w = { .b = out };
	for (unsigned i = 0; i < VERDICT_MARK_COUNT; i++)
		if (verdict_has(v, i))
			bufw_printf(&w, "%s%s", out->n ? " " : "", verdict_mark_name(i));
}

static void log_verdict(const struct ipc_scan_req *q, const struct verdict *v)
{
	struct buf marks;
	buf_init(&marks, 1024);
	name_marks(v, &marks);
	log_event(LOG_INFO, "scan.verdict", LOG_S("peer", q->peer), LOG_S("sender", q->sender), LOG_S("from", v->dmarc.from_domain),
		  LOG_C("dmarc", dmarc_code_name(v->dmarc.code)), LOG_C("action", verdict_action_name(v->action)),
		  LOG_C("override", verdict_override_name(v->override)), LOG_S("marks", buf_str(&marks)), LOG_U("questions", v->asked),
		  LOG_S("reason", v->action == VERDICT_ACCEPT ? STR("") : v->reason), LOG_END);
	buf_done(&marks);
}

static int judge_sender(struct job *j)
{
	struct scan_dns dns;
	if (waiting >= WAITING_MAX)
		return E_BUSY;
	waiting++;
	scan_dns_init(&dns);
	int r = scan_sender_judge(j->sender, scan_dns_source(&dns), SCAN_DNS_LIMITS);
	scan_dns_done(&dns);
	waiting--;
	/* who could not be verified because of us comes again: he is neither refused nor let past a policy */
	return r == OK && dns.unable && verdict_has(&j->sender->verdict, VERDICT_UNCERTAIN) ? E_BUSY : r;
}

/* Their values are the same by design. */
static uint32_t scan_verdict_of(enum verdict_action action)
{
	static const enum scan_verdict verdicts[] = { SCAN_ACCEPT, SCAN_JUNK, SCAN_REJECT, SCAN_DEFER };
	return verdicts[action];
}

static int verify(struct job *j)
{
	run(j, begin_sender);
	if (j->err == OK)
		j->err = judge_sender(j);
	if (j->err != OK)
		return j->err;
	struct str prefix = buf_str(&j->sender->prefix);
	char *at = (char *)(uintptr_t)j->message.p - prefix.n;
	memcpy(at, prefix.p, prefix.n);
	j->whole = (struct str){ at, prefix.n + j->message.n };
	log_verdict(j->q, &j->sender->verdict);
	scan_seen_tell(&j->sender->verdict);
	return OK;
}

static void answer(const struct ipc_request *rq, const struct job *j)
{
	struct ipc_scan_rep a = { .flags = j->result.flags, .received = j->result.received, .from = j->result.from, .summary = j->result.summary };
	if (j->sender && j->err == OK) {
		a.verdict = scan_verdict_of(j->sender->verdict.action);
		a.reason = j->sender->verdict.reason;
		a.marks = j->sender->verdict.marks;
		a.prefix = buf_str(&j->sender->prefix);
	}
	ipc_reply_scan(rq, j->err, &a);
}

static void on_scan(const struct ipc_request *rq, const struct ipc_scan_req *q)
{
	auto_fd body = q->body;
	struct job j = { .q = q, .now = (uint64_t)clock_real() };
	arena_init(&j.arena, SCAN_ARENA, NULL, NULL);
	buf_init(&j.summary, MIME_SUMMARY_MAX);
	if (q->purpose == SCAN_INBOUND) {
		j.sender = mem_new(struct scan_sender);
		scan_sender_init(j.sender, role_conf(), q);
	}
	j.err = open_message(&j, body);
	if (j.err == OK && j.sender)
		j.err = verify(&j);
	if (j.err == OK)
		run(&j, summarise);
	answer(rq, &j);
	if (j.sender)
		scan_sender_done(j.sender);
	mem_free(j.sender);
	close_message(&j);
	arena_done(&j.arena);
	buf_done(&j.summary);
}

/* ICU and libidn2 load their tables at the first use: before the walls. */
static int prepare(const struct conf *c, int dir)
{
	struct arena a;
	struct str address;
	(void)c;
	(void)dir;
	arena_init(&a, 4096, NULL, NULL);
	int r = addr_normalize(&a, STR("\xc3\xa4"), STR("\xc3\xa4.test"), &address);
	arena_done(&a);
	scan_cache_clear(random_u64());
	return r == OK ? verdict_prepare() : r;
}

static const struct ipc_service services[] = { IPC_SERVE_FIBER(scan, on_scan), IPC_SERVE_FIBER(report_read, scan_on_report_read) };

const struct role_spec scan_role = {
	.role = ROLE_SCAN,
	.policy = { .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.prepare = prepare,
};
