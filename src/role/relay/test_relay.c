/* The whole relay in one process: a store that is a table, a DNS that is a function, mail servers in fibers, and a clock of our own.
 *
 * A mail server answers by the recipient: "ok" 250, "later" 450, "never" 550; what the test sets may differ. */
#include "role/relay/relay.h"

#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "proto/dns/dns_rdata.h"
#include "proto/dsn/dsn_parse.h"
#include "proto/smtp/smtp_data.h"
#include "proto/smtp/smtp_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { ENTRIES = 64, START = 1700000000 };

/* ---- the store */

struct entry { struct queue_entry e; int64_t next; bool leased, gone; enum queue_outcome outcome; char status[16], diagnostic[700]; };

static struct {
	struct entry entry[ENTRIES];
	size_t count;
	int64_t now;
	const char *message;
	uint64_t unreadable;            /* id of the entry whose message cannot be read */
	int result_error, scan_error;
	unsigned results_failing, results, released;
	struct buf dsn[8];
	size_t dsns;
} store;

static struct relay relay;
static struct conf conf;
static const struct relay_times quick = { 200, 500, 500, 500, 500, 500 };

static void reset(void)
{
	for (size_t i = 0; i < COUNT_OF(store.dsn); i++)
		buf_done(&store.dsn[i]);
	memset(&store, 0, sizeof store);
	for (size_t i = 0; i < COUNT_OF(store.dsn); i++)
		buf_init(&store.dsn[i], 256 << 10);
	store.now = START;
	store.message = "Return-Path: <me@own.test>\r\nSubject: hello\r\n\r\nbody\r\n";
}

static struct entry *add(const char *recipient, uint64_t message)
{
	struct entry *x = &store.entry[store.count++];
	*x = (struct entry){ .next = store.now, .e = { .id = store.count, .message = message, .sender = STR("me@own.test"),
		.recipient = str_c(recipient), .created = store.now, .size = 40 } };
	return x;
}

static int fake_lease(void *ctx, const struct ipc_queue_lease_req *q, struct ipc_queue_lease_rep *ret, struct ipc_hold *hold)
{
	static struct buf out;
	(void)ctx;
	(void)hold;
	buf_done(&out);
	buf_init(&out, 1 << 20);
	struct bufw w = { .b = &out };
	size_t n = 0;
	for (size_t i = 0; i < store.count && n < q->max; i++) {
		struct entry *x = &store.entry[i];
		if (x->gone || x->leased || x->next > store.now)
			continue;
		x->leased = true;
		queue_entry_put(&w, &x->e);
		n++;
	}
	*ret = (struct ipc_queue_lease_rep){ .entries = buf_str(&out) };
	return OK;
}

static int fake_message(void *ctx, const struct ipc_queue_message_req *q, struct ipc_queue_message_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	(void)hold;
	if (q->id == store.unreadable)
		return E_CORRUPT;
	*ret = (struct ipc_queue_message_rep){ .bytes = str_c(store.message), .body = -1 };
	return OK;
}

static int fake_result(void *ctx, const struct ipc_queue_result_req *q)
{
	struct entry *x = &store.entry[q->id - 1];
	(void)ctx;
	store.results++;
	if (store.results_failing) {
		store.results_failing--;
		return store.result_error;
	}
	if (x->gone || !x->leased)
		return E_STALE;
	x->leased = false;
	x->outcome = q->outcome;
	snprintf(x->status, sizeof x->status, STR_FMT, STR_ARG(q->status));
	snprintf(x->diagnostic, sizeof x->diagnostic, STR_FMT, STR_ARG(q->diagnostic));
	store.released += q->outcome == QUEUE_RELEASED;
	if (q->outcome == QUEUE_DEFERRED) {
		x->next = q->next_attempt;
		x->e.attempts++;
		x->e.delay_reported |= q->dsn.n > 0;
	} else {
		x->gone = q->outcome != QUEUE_RELEASED;
	}
	if (q->dsn.n) {
		assert_true(str_eq(q->dsn_summary, STR("summary")));
		assert_int_equal(buf_put_str(&store.dsn[store.dsns++ % COUNT_OF(store.dsn)], q->dsn), OK);
	}
	return OK;
}

static int fake_scan(void *ctx, const struct ipc_scan_req *q, struct ipc_scan_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	(void)hold;
	assert_int_equal(q->purpose, SCAN_REPORT);
	*ret = (struct ipc_scan_rep){ .summary = STR("summary") };
	return store.scan_error;
}

/* ---- the DNS: every domain is a host; two addresses where the test wants a dead one first */

static struct { int error; bool dead_first, any_asked; } net;

static int fake_dns(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold)
{
	static const char one[] = "\4\300\0\2\1", two[] = "\4\300\0\2\11\4\300\0\2\1";
	(void)ctx;
	(void)hold;
	net.any_asked = true;
	*ret = (struct ipc_dns_rep){ 0 };
	static const char rua[] = "\050" "\047v=TLSRPTv1; rua=mailto:tls@reports.test";
	if (str_eq(name, STR("_smtp._tls.a.test")) && type == DNS_TXT)
		ret->answers = (struct str){ rua, sizeof rua - 1 };
	else if (str_eq(name, STR("gone.test")))
		ret->rcode = DNS_NXDOMAIN;
	else if (type == DNS_A)
		ret->answers = net.dead_first ? (struct str){ two, 10 } : (struct str){ one, 5 };
	return net.error;
}

/* ---- the mail server */

static struct {
	unsigned connections, copies, data_code, close_after, greeting, auth_code;
	bool dead, cut_after_dot, later_is_ok, never_answers_data;
	struct buf delivered;           /* "recipient\n" for each copy */
} mx;

static int next_line(struct stream *s, struct str *ret)
{
	static char line[2048];
	struct smtp_line l;
	smtp_line_init(&l, sizeof line);
	for (;;) {
		struct str in = stream_in(s), got;
		size_t before = in.n;
		int r = smtp_line_next(&l, &in, &got);
		if (r == OK) {
			memcpy(line, got.p, got.n);
			*ret = (struct str){ line, got.n };
		}
		stream_consume(s, before - in.n);
		if (r != E_AGAIN)
			return r;
		r = stream_read(s, clock_mono_ms() + 5000);
		if (r != OK)
			return r;
	}
}

static int take_data(struct stream *s)
{
	struct smtp_data d;
	struct str run;
	smtp_data_init(&d, SMTP_DATA_STRICT, 1 << 20);
	while (!d.ended) {
		struct str in = stream_in(s);
		size_t before = in.n;
		while (smtp_data_next(&d, &in, &run))
			;
		stream_consume(s, before - in.n);
		int r = d.ended ? OK : stream_read(s, clock_mono_ms() + 5000);
		if (r != OK)
			return r;
	}
	return d.bare ? E_PROTO : OK;
}

static unsigned rcpt_code(struct str line)
{
	if (str_search(line, STR("never")) != STR_NPOS)
		return 550;
	return str_search(line, STR("later")) != STR_NPOS && !mx.later_is_ok ? 450 : 250;
}

static void serve_mail(struct stream *s)
{
	struct str line;
	char taken[ENTRIES][80];
	unsigned n = 0, messages = 0;
	int r = stream_printf(s, "%u mx.test\r\n", mx.greeting ? mx.greeting : 220);
	while (r == OK && next_line(s, &line) == OK) {
		if (str_starts(line, STR("EHLO"))) {
			r = stream_printf(s, "250-mx.test\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n");
		} else if (str_starts(line, STR("AUTH"))) {
			r = stream_printf(s, "%u auth\r\n", mx.auth_code);
		} else if (str_starts(line, STR("RCPT"))) {
			unsigned code = rcpt_code(line);
			if (code == 250)
				snprintf(taken[n++], sizeof taken[0], STR_FMT, STR_ARG(line));
			r = stream_printf(s, "%u rcpt\r\n", code);
		} else if (str_eq(line, STR("DATA"))) {
			r = stream_printf(s, "354 go\r\n");
			if (r != OK || take_data(s) != OK)
				return;
			for (unsigned i = 0; i < n && (!mx.data_code || mx.data_code == 250); i++)
				if (buf_printf(&mx.delivered, "%s\n", taken[i]) != OK)
					return;
			n = 0;
			mx.copies++;
			if (mx.cut_after_dot)
				return;
			if (mx.never_answers_data && fiber_sleep(10000) != OK)
				return;
			r = stream_printf(s, "%u 2.0.0 data\r\n", mx.data_code ? mx.data_code : 250);
			if (mx.close_after && ++messages >= mx.close_after)
				return;
		} else {
			n = 0;
			r = stream_printf(s, "250 ok\r\n");
		}
	}
}

static void serve(void *arg)
{
	serve_mail(arg);
	stream_close(arg, clock_mono_ms() + 100);
}

static int fake_connect(void *ctx, const struct net_address *to, int64_t deadline, struct stream **ret)
{
	int fds[2];
	(void)ctx;
	(void)deadline;
	if (mx.dead || to->bytes[3] == 9 || to->port == 1)
		return E_TIMEOUT;
	assert_int_equal(fd_pair(fds), OK);
	mx.connections++;
	fiber_start(serve, stream_new(fds[1]));
	*ret = stream_new(fds[0]);
	return OK;
}

static int64_t fake_now(void *ctx)
{
	(void)ctx;
	return store.now;
}

static bool stopped;
static void fake_stopped(void *ctx)
{
	(void)ctx;
	stopped = true;
}

static int signers_answer = E_NOTFOUND;

static int fake_signers(void *ctx, struct str name, struct ipc_dkim_signers_rep *ret, struct ipc_hold *hold)
{
	(void)ctx, (void)name, (void)ret, (void)hold;
	return signers_answer;
}

static int fake_sign(void *ctx, const struct ipc_dkim_sign_req *q, struct ipc_dkim_sign_rep *ret, struct ipc_hold *hold)
{
	(void)ctx, (void)q, (void)ret, (void)hold;
	return E_CLOSED;
}

static int fake_sts(void *ctx, struct str domain, struct arena *a, struct sts_policy *ret)
{
	(void)ctx, (void)domain, (void)a, (void)ret;
	return E_NOTFOUND;
}

/* One record: the last that was written. */
static struct { char key[300]; struct buf value; unsigned puts; } records;

static int fake_record_get(void *ctx, struct arena *a, struct str key, struct str *ret)
{
	(void)ctx;
	if (!str_eq(key, str_c(records.key)))
		return E_NOTFOUND;
	*ret = arena_dup(a, buf_str(&records.value));
	return OK;
}

static int fake_record_put(void *ctx, struct str key, struct str value)
{
	(void)ctx;
	snprintf(records.key, sizeof records.key, STR_FMT, STR_ARG(key));
	buf_done(&records.value);
	buf_init(&records.value, 1 << 20);
	records.puts++;
	return buf_put_str(&records.value, value);
}

static int fake_record_drop(void *ctx, struct str key)
{
	(void)ctx;
	assert_true(str_eq(key, str_c(records.key)));
	records.key[0] = '\0';
	return OK;
}

static int fake_record_each(void *ctx, struct str prefix, records_each_fn *each, void *each_ctx)
{
	(void)ctx;
	struct records_item item = { .key = str_c(records.key), .value = buf_str(&records.value) };
	return str_starts(item.key, prefix) ? each(each_ctx, &item) : OK;
}

static struct { char to[100]; struct buf bytes; int error; unsigned sent; } report;

static int fake_report_send(void *ctx, const struct ipc_report_send_req *q)
{
	(void)ctx;
	if (report.error != OK)
		return report.error;
	snprintf(report.to, sizeof report.to, STR_FMT, STR_ARG(q->to));
	buf_done(&report.bytes);
	buf_init(&report.bytes, 256 << 10);
	report.sent++;
	return buf_put_str(&report.bytes, q->bytes);
}

static const struct relay_env env = { fake_lease, fake_message, fake_result, fake_scan, fake_dns, fake_connect, fake_now, fake_stopped,
				      fake_signers, fake_sign, fake_sts, fake_record_get, fake_record_put, fake_record_drop,
				      fake_record_each, fake_report_send };

/* ---- driving */

static void must_sleep(int64_t ms)
{
	if (fiber_sleep(ms) != OK)
		fail();
}

/* Lets the relay look at the queue, and waits until nothing is in hand. */
static void look(void)
{
	relay_due(&relay, 0);
	for (int i = 0; i < 5000; i++) {
		bool busy = relay.jobs > 0;
		for (size_t k = 0; k < store.count; k++)
			busy = busy || (!store.entry[k].gone && !store.entry[k].leased && store.entry[k].next <= store.now);
		if (!busy)
			return;
		must_sleep(2);
	}
	fail_msg("the relay does not come to rest");
}

static void (*body)(void);

static void in_fiber(void *arg)
{
	(void)arg;
	relay_init(&relay, &env, NULL, &conf);
	relay.link.times = &quick;
	relay_start(&relay);
	body();
	stopped = false;
	relay_stop(&relay, 400);
	for (int i = 0; i < 2000 && !stopped; i++)
		must_sleep(2);
	assert_true(stopped);
	assert_int_equal(relay.jobs, 0);
	assert_int_equal(relay.connections, 0);
	relay_done(&relay);
	must_sleep(5);
	loop_stop();
}

static void run(void (*fn)(void))
{
	reset();
	memset(&net, 0, sizeof net);
	buf_done(&mx.delivered);
	memset(&mx, 0, sizeof mx);
	buf_init(&mx.delivered, 1 << 20);
	body = fn;
	fiber_start(in_fiber, NULL);
	loop_run();
}

static size_t copies_of(const char *recipient)
{
	struct str rest = buf_str(&mx.delivered);
	size_t n = 0, at;
	while ((at = str_search(rest, str_c(recipient))) != STR_NPOS) {
		n++;
		rest = str_skip(rest, at + 1);
	}
	return n;
}

static struct arena memory;
static struct dsn_parsed dsn(size_t i)
{
	struct dsn_parsed p = { 0 };
	assert_int_equal(dsn_parse(&memory, buf_str(&store.dsn[i]), &p), OK);
	return p;
}

/* ---- the tests */

/* B07: 250, 450, 550; after the retry exactly one copy each, and one report. */
static void body_B07(void)
{
	struct entry *ok = add("ok@a.test", 7), *later = add("later@a.test", 7), *never = add("never@a.test", 7), *nono = add("never2@a.test", 7);
	look();
	assert_int_equal(ok->outcome, QUEUE_DELIVERED);
	assert_int_equal(later->outcome, QUEUE_DEFERRED);
	assert_in_range(later->next, START + 260, START + 340);
	assert_int_equal(never->outcome, QUEUE_FAILED);
	assert_int_equal(nono->outcome, QUEUE_FAILED);
	mx.later_is_ok = true;
	store.now = later->next;
	look();
	assert_int_equal(later->outcome, QUEUE_DELIVERED);
	assert_int_equal(copies_of("<ok@"), 1);
	assert_int_equal(copies_of("<later@"), 1);
	assert_int_equal(mx.copies, 2);
	assert_int_equal(store.dsns, 1);
	struct dsn_parsed p = dsn(0);
	assert_int_equal(p.count, 2);
	assert_true(str_eq(p.recipient[0].action, STR("failed")));
	assert_true(str_eq(p.recipient[0].status, STR("5.0.0")));
	assert_true(str_search(p.original, STR("Subject: hello")) != STR_NPOS);
}

/* B05: 5xx behind the dot: no retry, one report. */
static void body_B05(void)
{
	struct entry *x = add("ok@a.test", 0);
	mx.data_code = 550;
	look();
	assert_int_equal(x->outcome, QUEUE_FAILED);
	assert_int_equal(store.dsns, 1);
	assert_int_equal(mx.copies, 1);
}

/* B29: 4xx for ever: a late report, then the end; nothing more. */
static void body_B29(void)
{
	struct entry *x = add("later@a.test", 0);
	unsigned rounds = 0;
	while (!x->gone && rounds++ < 100) {
		look();
		if (!x->gone) {
			assert_true(x->next > store.now);
			store.now = x->next;
		}
	}
	assert_int_equal(x->outcome, QUEUE_FAILED);
	assert_string_equal(x->status, "5.4.7");
	assert_int_equal(store.now, START + (int64_t)conf.relay.expire_after);
	assert_in_range(x->e.attempts, 30, 45);
	assert_int_equal(store.dsns, 2);
	assert_true(str_eq(dsn(0).recipient[0].action, STR("delayed")));
	assert_true(str_eq(dsn(0).recipient[0].status, STR("4.0.0")));
	assert_true(str_eq(dsn(1).recipient[0].action, STR("failed")));
	assert_true(str_search(dsn(1).recipient[0].diagnostic, STR("450 rcpt")) != STR_NPOS);
}

/* B01: the DNS is out for ten minutes. */
static void body_B01(void)
{
	struct entry *x = add("ok@a.test", 0), *y = add("ok@b.test", 0);
	static const int errors[] = { E_TIMEOUT, E_IO, E_CLOSED };
	for (int i = 0; store.now < START + 600; i++, store.now += 60) {
		net.error = errors[i % 3];
		x->next = y->next = store.now;
		look();
		assert_int_equal(x->outcome, QUEUE_DEFERRED);
	}
	net.error = OK;
	x->next = y->next = store.now;
	look();
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
	assert_int_equal(y->outcome, QUEUE_DELIVERED);
	assert_int_equal(store.dsns, 0);
}

static void body_no_domain(void)
{
	struct entry *x = add("ok@gone.test", 0);
	look();
	assert_int_equal(x->outcome, QUEUE_FAILED);
	assert_string_equal(x->status, "5.1.2");
	assert_true(str_eq(dsn(0).recipient[0].status, STR("5.1.2")));
}

/* B28: what cannot be read stands first, and the rest goes out. */
static void body_B28(void)
{
	struct entry *poison = add("ok@a.test", 0), *x = add("ok2@a.test", 0), *y = add("ok3@a.test", 0);
	store.unreadable = poison->e.id;
	look();
	assert_int_equal(poison->outcome, QUEUE_DEFERRED);
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
	assert_int_equal(y->outcome, QUEUE_DELIVERED);
}

/* A24: a report that fails is the end of it; and who wants no report gets none. */
static void body_A24(void)
{
	struct entry *bounce = add("never@a.test", 0), *quiet = add("never@b.test", 0);
	bounce->e.sender = STR("");
	quiet->e.notify = NOTIFY_NEVER;
	look();
	assert_int_equal(bounce->outcome, QUEUE_FAILED);
	assert_int_equal(quiet->outcome, QUEUE_FAILED);
	assert_int_equal(store.dsns, 0);
}

/* B12: the first address is a black hole. */
static void body_B12(void)
{
	struct entry *x = add("ok@a.test", 0);
	net.dead_first = true;
	look();
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
}

/* B10: the server closes after each message: a new line, no penalty. */
static void body_B10(void)
{
	mx.close_after = 1;
	for (int i = 0; i < 5; i++)
		add("ok@a.test", 0);
	look();
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(store.entry[i].outcome, QUEUE_DELIVERED);
		assert_int_equal(store.entry[i].e.attempts, 0);
	}
	assert_int_equal(mx.copies, 5);
	assert_int_equal(mx.connections, 5);
}

/* B10: one connection carries many messages. */
static void body_reuse(void)
{
	for (int i = 0; i < 5; i++)
		add("ok@a.test", 0);
	look();
	assert_int_equal(mx.copies, 5);
	assert_int_equal(mx.connections, 1);
}

/* B09: the line drops behind the dot: deferred once, then delivered; two copies at most. */
static void body_B09(void)
{
	struct entry *x = add("ok@a.test", 0);
	mx.cut_after_dot = true;
	look();
	assert_int_equal(x->outcome, QUEUE_DEFERRED);
	mx.cut_after_dot = false;
	store.now = x->next;
	look();
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
	assert_int_equal(copies_of("<ok@"), 2);
	assert_int_equal(store.dsns, 0);
}

/* B06: a wrong password for an hour, then the right one: all delivered. */
static void body_B06(void)
{
	struct entry *x = add("ok@a.test", 0), *y = add("ok@b.test", 0);
	mx.auth_code = 535;
	while (store.now < START + 3600) {
		look();
		assert_int_equal(x->outcome, QUEUE_DEFERRED);
		assert_int_equal(y->outcome, QUEUE_DEFERRED);
		store.now = x->next > y->next ? x->next : y->next;
	}
	mx.auth_code = 235;
	look();
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
	assert_int_equal(y->outcome, QUEUE_DELIVERED);
	assert_int_equal(store.dsns, 0);
}

/* B30: the route is chosen at each attempt. */
static void body_B30(void)
{
	char dead[] = "hub.test:1", none[] = "", *before = conf.relay.smarthost;
	struct entry *x = add("ok@a.test", 0);
	conf.relay.smarthost = dead;
	look();
	assert_int_equal(x->outcome, QUEUE_DEFERRED);
	conf.relay.smarthost = none;
	relay_configure(&relay, &conf);
	store.now = x->next;
	look();
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
	conf.relay.smarthost = before;
}

/* A failure whose report cannot be made now stays in the queue. */
static void body_no_scan(void)
{
	struct entry *x = add("never@a.test", 0);
	store.scan_error = E_CLOSED;
	look();
	assert_int_equal(x->outcome, QUEUE_DEFERRED);
	assert_int_equal(x->status[0], '4');
	store.scan_error = OK;
	store.now = x->next;
	look();
	assert_int_equal(x->outcome, QUEUE_FAILED);
	assert_int_equal(store.dsns, 1);
}

/* The store goes away between delivery and result: the result is told again, the message not sent again. */
static void body_store_restarts(void)
{
	struct entry *x = add("ok@a.test", 0);
	store.results_failing = 2;
	store.result_error = E_CLOSED;
	look();
	assert_int_equal(x->outcome, QUEUE_DELIVERED);
	assert_int_equal(store.results, 3);
	assert_int_equal(mx.copies, 1);
}

/* RFC 3461: a success that was asked for and is not passed on. */
static void body_relayed(void)
{
	struct entry *x = add("ok@a.test", 0);
	x->e.notify = NOTIFY_SUCCESS;
	x->e.envid = STR("env");
	look();
	assert_int_equal(x->outcome, QUEUE_RELAYED);
	assert_int_equal(store.dsns, 1);
	assert_true(str_eq(dsn(0).recipient[0].action, STR("relayed")));
	assert_true(str_eq(dsn(0).recipient[0].status, STR("2.0.0")));
	assert_true(str_eq(dsn(0).envid, STR("env")));
}

/* RFC 8689: without DNSSEC nobody knows whose servers these are. */
static void body_requiretls(void)
{
	struct entry *x = add("ok@a.test", 0);
	x->e.flags = DELIVERY_REQUIRETLS;
	look();
	assert_int_equal(x->outcome, QUEUE_FAILED);
	assert_string_equal(x->status, "5.7.30");
	assert_int_equal(mx.connections, 0);
}

static void body_greetings(void)
{
	struct entry *x = add("ok@a.test", 0);
	mx.greeting = 421;
	look();
	assert_int_equal(x->outcome, QUEUE_DEFERRED);
	mx.greeting = 554;
	store.now = x->next;
	look();
	assert_int_equal(x->outcome, QUEUE_FAILED);
}

/* Many messages for many domains, within the limits. */
static void body_many(void)
{
	static char names[ENTRIES][32];
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(names[i], sizeof names[i], "ok%d@d%d.test", i, i % 16);
		add(names[i], 0);
	}
	look();
	for (size_t i = 0; i < ENTRIES; i++)
		assert_int_equal(store.entry[i].outcome, QUEUE_DELIVERED);
	assert_int_equal(mx.copies, ENTRIES);
	assert_in_range(mx.connections, 1, 40);
}

static void test_bodies(void **state) { run((void (*)(void))*state); }

/* The end comes while a server keeps us waiting behind the dot, and others wait in line: what is in doubt is deferred, the others go back
 * untouched. */
static struct entry *stuck, *behind;
static void body_stop(void)
{
	mx.never_answers_data = true;
	stuck = add("ok@a.test", 0);
	behind = add("ok2@a.test", 0);
	relay_due(&relay, 0);
	for (int i = 0; i < 200 && !mx.copies; i++)
		must_sleep(2);
}

static void test_stop(void **state)
{
	(void)state;
	run(body_stop);
	assert_int_equal(stuck->outcome, QUEUE_DEFERRED);
	assert_int_equal(stuck->status[0], '4');
	assert_int_equal(behind->outcome, QUEUE_RELEASED);
	assert_int_equal(behind->e.attempts, 0);
}

/* RFC 8460: sessions are counted by domain and day; the day over, the report goes where the domain wants it, once, and the record with it. */
static void body_count(void)
{
	add("ok@a.test", 0);
	look();
	add("ok2@a.test", 0);
	look();
}

static void body_report(void)
{
	assert_int_equal(relay_tls_reports_round(&relay), OK); /* the day is not over */
	assert_int_equal(report.sent, 0);
	store.now = START + RELAY_DAY;
	report.error = E_CLOSED;
	assert_int_equal(relay_tls_reports_round(&relay), OK);
	assert_true(records.key[0] != 0);
	report.error = OK;
	assert_int_equal(relay_tls_reports_round(&relay), OK);
	assert_int_equal(relay_tls_reports_round(&relay), OK);
}

static void test_tls_report(void **state)
{
	(void)state;
	struct tlsrpt_tally t;
	records.key[0] = '\0';
	run(body_count);
	assert_string_equal(records.key, "tls/19675/a.test");
	assert_int_equal(tlsrpt_tally_read(buf_str(&records.value), &t), OK);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.row[0].result, TLSRPT_STARTTLS_NOT_SUPPORTED);
	assert_true(str_eq(t.row[0].mx, STR("a.test")) && str_eq(t.row[0].address, STR("192.0.2.1")));
	assert_true(t.row[0].sessions >= 1);
	run(body_report);
	assert_int_equal(report.sent, 1);
	assert_string_equal(report.to, "tls@reports.test");
	assert_true(str_search(buf_str(&report.bytes), STR("TLS-Report-Domain: a.test\r\n")) != STR_NPOS);
	assert_string_equal(records.key, "");
}

static int with_smarthost(void **state)
{
	static char hub[] = "[127.0.0.1]:26", user[] = "u", password[] = "p";
	(void)state;
	conf.relay.smarthost = hub;
	conf.relay.smarthost_user = user;
	conf.relay.smarthost_password = password;
	return 0;
}

static int without_smarthost(void **state)
{
	static char none[] = "";
	(void)state;
	conf.relay.smarthost = conf.relay.smarthost_user = conf.relay.smarthost_password = none;
	return 0;
}

#define BODY(fn) { #fn, test_bodies, without_smarthost, NULL, (void *)(fn) }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BODY(body_B07), BODY(body_B05), BODY(body_B29), BODY(body_B01), BODY(body_no_domain), BODY(body_B28), BODY(body_A24), BODY(body_B12),
		BODY(body_B10), BODY(body_reuse), BODY(body_B09), BODY(body_B30), BODY(body_no_scan), BODY(body_store_restarts), BODY(body_relayed),
		BODY(body_requiretls), BODY(body_greetings), BODY(body_many), cmocka_unit_test_setup(test_stop, without_smarthost),
		cmocka_unit_test_setup(test_tls_report, without_smarthost),
		{ "body_B06", test_bodies, with_smarthost, without_smarthost, (void *)body_B06 },
	};
	static char hostname[] = "mail.own.test";
	struct conf standard;
	loop_init();
	conf_defaults(&standard);
	conf = standard;
	conf.server.hostname = hostname;
	arena_init(&memory, 1 << 20, NULL, NULL);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&memory);
	reset();
	conf_done(&standard);
	buf_done(&records.value);
	buf_done(&report.bytes);
	return r;
}
