/* One connection: a fiber that finds a host for its destination and sends what waits, batch after batch. */
#include "role/relay/relay.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/relay/relay_dane.h"
#include "role/relay/relay_lookup.h"

enum { MEMORY_MAX = 512 << 10, DANE_MEMORY_MAX = 256 << 10 };

struct relay_connection {
	struct relay_destination *d;
	struct fiber *fiber;
	struct relay_connection *next, **prev;
	struct relay_client client;
	struct relay_route route; /* of the client, while it is open */
	struct arena memory;      /* of the route and the policy */
	struct sts_policy sts;    /* of the domain, while has_sts */
	bool has_sts;
	struct relay_dane dane;   /* of the host that is being tried, or was taken */
	struct arena dane_memory;
};

/* ---- a host that takes mail */

static struct relay_lookup lookup_of(struct relay *r)
{
	return (struct relay_lookup){ .dns = r->env->dns,
				      .ctx = r->ctx,
				      .self = &r->self,
				      .chance = random_u64(),
				      .port = (uint16_t)r->conf->relay.port };
}

/* An MTA-STS policy is about the next hop of a domain, not about a smart host that the administrator chose. Not knowing whether there is
 * one is not the same as none (RFC 8461 section 5.1). */
static int find_sts(struct relay_connection *c, bool smarthost, struct relay_verdict *v)
{
	struct relay *r = c->d->relay;
	int e = smarthost ? E_NOTFOUND : r->env->sts(r->ctx, c->d->domain, &c->memory, &c->sts);
	c->has_sts = e == OK;
	if (e == OK || e == E_NOTFOUND)
		return OK;
	relay_verdict_set(v, QUEUE_DEFERRED, "4.3.0", "the MTA-STS policy of the domain cannot be read here now");
	return e;
}

static int find_route(struct relay_connection *c, struct relay_verdict *v)
{
	struct relay *r = c->d->relay;
	struct relay_lookup l = lookup_of(r);
	struct str smarthost = str_c(r->conf->relay.smarthost);
	arena_reset(&c->memory);
	int e = smarthost.n ? relay_lookup_smarthost(&l, &c->memory, smarthost, &c->route, v)
			    : relay_lookup_domain(&l, &c->memory, c->d->domain, &c->route, v);
	return e == OK ? find_sts(c, smarthost.n > 0, v) : e;
}

static void alert(const struct relay_verdict *v)
{
	log_event(LOG_ERROR, "relay.alert", LOG_C("why", v->text), LOG_C("status", v->status),
		  LOG_C("remote", v->remote), LOG_END);
}

static void log_open(const struct relay_client *c, const struct relay_security *s)
{
	static const char *const levels[] = { [RELAY_TLS_OPPORTUNISTIC] = "may",
					      [RELAY_TLS_ENCRYPTED] = "encrypt",
					      [RELAY_TLS_VERIFIED] = "verify",
					      [RELAY_TLS_DANE] = "dane" };
	struct tls_info tls = { .version = "", .cipher = "" };
	char address[NET_ADDRESS_TEXT];
	if (stream_tls(c->stream))
		tls_describe(stream_tls(c->stream), &tls);
	log_event(LOG_INFO, "relay.connected", LOG_S("host", c->target->host),
		  LOG_C("address", net_format(&c->target->address, address)), LOG_C("tls", tls.version),
		  LOG_C("cipher", tls.cipher), LOG_U("verified", tls.verified), LOG_C("policy", levels[s->tls]), LOG_END);
}

/* The promises of a host are looked up when it is its turn, once for all its addresses. */
static void look_dane(struct relay_connection *c, size_t i)
{
	struct relay_lookup l = lookup_of(c->d->relay);
	if (i > 0 && str_eq(c->route.target[i].host, c->route.target[i - 1].host))
		return;
	arena_reset(&c->dane_memory);
	relay_dane_look(&l, &c->dane_memory, &c->route, &c->route.target[i], &c->dane);
}

/* A policy that forbids a host before anything was said to it. */
static enum tlsrpt_result refused(const struct relay_dane *dane, const struct relay_security *s)
{
	if (dane->state == RELAY_DANE_UNKNOWN)
		return TLSRPT_DNSSEC_INVALID;
	return s->not_listed ? TLSRPT_VALIDATION_FAILURE : TLSRPT_NO_SESSION;
}

static int try_target(struct relay_connection *c, const struct relay_target *t, struct relay_verdict *v)
{
	struct relay_security s;
	char address[NET_ADDRESS_TEXT];
	struct relay_wish wish = { .password = c->d->relay->link.user.n && !net_is_loopback(&t->address),
				   .requiretls = c->d->requiretls,
				   .any_tls = c->d->any_tls };
	int e = relay_policy_decide(&wish, c->route.authentic, &c->dane, c->has_sts ? &c->sts : NULL, t->host, &s, v);
	if (e != OK) {
		relay_verdict_remote(v, t->host, net_format(&t->address, address));
		relay_results_add(c->d->relay, c->route.domain, &s, t, refused(&c->dane, &s));
		return e;
	}
	e = relay_client_open(&c->client, t, &s, v);
	if (!wish.any_tls) /* what nobody looked at is no news for the domain */
		relay_results_add(c->d->relay, c->route.domain, &s, t, c->client.result);
	if (e == OK)
		log_open(&c->client, &s);
	return e;
}

/* All addresses in turn (B12). A refusal for good counts only when every host that was reached refuses for good. */
static int try_targets(struct relay_connection *c, struct relay_verdict *v)
{
	int e = E_NOTFOUND;
	bool policy = false;
	for (size_t i = 0; i < c->route.count && !fiber_cancelled(); i++) {
		struct relay_verdict one = { 0 };
		look_dane(c, i);
		e = try_target(c, &c->route.target[i], &one);
		if (e == OK)
			return OK;
		policy = policy || one.policy;
		if (one.outcome == QUEUE_DEFERRED || v->outcome != QUEUE_DEFERRED)
			*v = one;
	}
	v->policy = policy;
	return e;
}

/* Mail cannot leave while this lasts, and the senders can't help it: nothing bounces for it (B06). */
static int ready(struct relay_connection *c, struct relay_verdict *v)
{
	if (c->client.stream)
		return OK;
	int e = find_route(c, v);
	if (e == OK)
		e = try_targets(c, v);
	if (e == OK)
		return OK;
	if (v->local_fault) {
		relay_verdict_defer(v);
		alert(v);
	}
	return e;
}

/* ---- batches */

static void judge(struct relay_jobs *jobs, const struct relay_verdict *v)
{
	for (struct relay_job *j = jobs->first; j; j = j->next)
		j->verdict = *v;
}

/* In front of what waits. */
static void put_back(struct relay_destination *d, struct relay_jobs *jobs)
{
	relay_jobs_move(jobs, &d->waiting);
	relay_jobs_move(&d->waiting, jobs);
}

/* Tells the store; a fiber that is being cut off leaves that to the one that stops everything. */
static void settle(struct relay *r, struct relay_jobs *jobs, const struct relay_message *m)
{
	if (fiber_cancelled())
		relay_jobs_move(&r->left, jobs);
	while (jobs->count)
		relay_settle(r, jobs, m);
}

/* A policy that forbids this way has no say in mail whose sender put arriving above secrecy (RFC 8689 section 3): it goes to where other
 * such mail waits. True when it does. */
static bool divert(struct relay_connection *c, struct relay_jobs *batch)
{
	struct relay *r = c->d->relay;
	struct relay_message m;
	struct relay_job *job;
	if (r->stopping || relay_message_get(r, batch->first->e.id, &m) != OK)
		return false;
	bool any = relay_content_any_tls(m.bytes);
	relay_message_done(&m);
	while (any && (job = relay_jobs_take(batch))) {
		job->any_tls = true;
		relay_destination_add(r, job);
	}
	return any;
}

/* No host took us: that holds for all that waits here now, message by message. */
static void settle_all(struct relay_connection *c, struct relay_jobs *batch, const struct relay_verdict *v)
{
	struct relay_verdict none = { 0 };
	bool may_divert = v->policy && !c->d->requiretls && !c->d->any_tls;
	relay_jobs_move(batch, &c->d->waiting);
	judge(batch, fiber_cancelled() ? &none : v);
	while (batch->count) {
		struct relay_jobs one = relay_jobs_batch(batch, RELAY_BATCH_MAX);
		if (!may_divert || !divert(c, &one))
			settle(c->d->relay, &one, NULL);
	}
}

static void not_now(struct relay_connection *c, struct relay_jobs *batch, int err, const char *why)
{
	struct relay_verdict v = { 0 };
	log_event(LOG_ERROR, "relay.message", LOG_U("id", batch->first->e.id), LOG_E(err), LOG_END);
	relay_verdict_set(&v, QUEUE_DEFERRED, "4.3.0", "%s", why);
	judge(batch, &v);
	settle(c->d->relay, batch, NULL);
}

/* Verdicts back into the jobs; what was not judged waits again. */
static void sort_out(struct relay_connection *c, struct relay_jobs *batch, const struct relay_mail *m,
		     struct relay_jobs *ret_judged)
{
	struct relay_jobs again = { 0 };
	struct relay_job *j;
	for (size_t i = 0; (j = relay_jobs_take(batch)); i++) {
		j->verdict = m->recipient[i].verdict;
		relay_jobs_add(j->verdict.outcome ? ret_judged : &again, j);
		if (j->verdict.local_fault)
			alert(&j->verdict);
	}
	put_back(c->d, &again);
}

static void send_batch(struct relay_connection *c, struct relay_jobs *batch, const struct relay_message *message, struct str prefix)
{
	struct relay_recipient *recipients = mem_new_array(struct relay_recipient, batch->count);
	const struct queue_entry *e = &batch->first->e;
	struct relay_mail m = { .sender = e->sender,
				.envid = e->envid,
				.flags = e->flags,
				.prefix = prefix,
				.message = message->bytes,
				.recipient = recipients };
	struct relay_jobs judged = { 0 };
	for (struct relay_job *j = batch->first; j; j = j->next)
		recipients[m.count++] =
		    (struct relay_recipient){ .address = j->e.recipient, .orcpt = j->e.orcpt, .notify = j->e.notify };
	int r = relay_client_send(&c->client, &m);
	if (r == E_STALE) {
		put_back(c->d, batch);
	} else {
		sort_out(c, batch, &m, &judged);
		settle(c->d->relay, &judged, message);
	}
	mem_free(recipients);
	if (r != OK)
		relay_client_close(&c->client);
}

/* Mail of ours does not leave without its signature because keys is being restarted. */
static void sign_and_send(struct relay_connection *c, struct relay_jobs *batch, const struct relay_message *message)
{
	struct buf prefix;
	buf_init(&prefix, RELAY_PREFIX_MAX);
	int r = relay_prefix_get(c->d->relay, &batch->first->e, relay_content_start(message->bytes), &prefix);
	if (r == E_CANCELLED)
		settle(c->d->relay, batch, NULL);
	else if (r != OK)
		not_now(c, batch, r, "the message cannot be signed here now");
	else
		send_batch(c, batch, message, buf_str(&prefix));
	buf_done(&prefix);
}

static void serve_batch(struct relay_connection *c, struct relay_jobs *batch)
{
	struct relay_message message;
	struct relay_verdict v = { 0 };
	if (ready(c, &v) != OK) {
		settle_all(c, batch, &v);
		return;
	}
	int r = relay_message_get(c->d->relay, batch->first->e.id, &message);
	if (r == E_CANCELLED) {
		settle(c->d->relay, batch, NULL);
	} else if (r != OK) {
		not_now(c, batch, r, "the message cannot be read here now");
	} else {
		sign_and_send(c, batch, &message);
		relay_message_done(&message);
	}
}

static size_t batch_most(const struct relay_connection *c)
{
	uint64_t most = c->client.stream ? c->client.caps.rcpt_max : 0;
	return most > 0 && most < RELAY_BATCH_MAX ? (size_t)most : RELAY_BATCH_MAX;
}

/* An open connection waits a moment for more, unless others wait for its place. */
static bool more_comes(struct relay_connection *c)
{
	struct relay *r = c->d->relay;
	if (!c->d->waiting.count && c->client.stream && !r->stopping && r->connections < r->conf->relay.connections)
		if (waiters_wait(&c->d->more, clock_mono_ms() + RELAY_IDLE_MS) == E_CANCELLED)
			return false;
	return c->d->waiting.count > 0 && !r->stopping;
}

static void leave(struct relay_connection *c)
{
	struct relay_destination *d = c->d;
	struct relay *r = d->relay;
	relay_client_done(&c->client);
	arena_done(&c->memory);
	arena_done(&c->dane_memory);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	mem_free(c);
	r->connections--;
	d->connections--;
	relay_destination_left(d);
	relay_destinations_work(r);
}

static void connection(void *arg)
{
	struct relay_connection *c = arg;
	do {
		struct relay_jobs batch = relay_jobs_batch(&c->d->waiting, batch_most(c));
		if (batch.count)
			serve_batch(c, &batch);
	} while (more_comes(c));
	relay_client_quit(&c->client);
	leave(c);
}

void relay_connection_start(struct relay_destination *d)
{
	struct relay *r = d->relay;
	struct relay_connection *c = mem_new(struct relay_connection);
	c->d = d;
	relay_client_init(&c->client, &r->link);
	arena_init(&c->memory, MEMORY_MAX, NULL, NULL);
	arena_init(&c->dane_memory, DANE_MEMORY_MAX, NULL, NULL);
	c->next = r->first;
	c->prev = &r->first;
	if (c->next)
		c->next->prev = &c->next;
	r->first = c;
	r->connections++;
	d->connections++;
	c->fiber = fiber_start(connection, c);
}

void relay_connections_cancel(struct relay *r)
{
	for (struct relay_connection *c = r->first; c; c = c->next)
		fiber_cancel(c->fiber);
}
