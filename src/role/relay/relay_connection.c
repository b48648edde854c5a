/* One connection: a fiber that finds a host for its destination and sends what waits, batch after batch. */
#include "role/relay/relay.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/relay/relay_lookup.h"

struct relay_connection {
	struct relay_destination *d;
	struct fiber *fiber;
	struct relay_connection *next, **prev;
	struct relay_client client;
	struct relay_route route; /* of the client, while it is open */
	struct arena memory;      /* of the route */
};

/* ---- a host that takes mail */

/* The place where DANE and MTA-STS will say more. A password asks for a verified host; so does REQUIRETLS (RFC 8689
 * section 4.2.1). */
static struct relay_security security_for(const struct relay_destination *d, const struct relay_target *t)
{
	bool password = d->relay->link.user.n && !net_is_loopback(&t->address);
	return (struct relay_security){ .tls = password || d->requiretls ? RELAY_TLS_VERIFIED : RELAY_TLS_OPPORTUNISTIC,
					.requiretls = d->requiretls };
}

static int find_route(struct relay_connection *c, struct relay_verdict *v)
{
	struct relay *r = c->d->relay;
	struct relay_lookup l = { .dns = r->env->dns,
				  .ctx = r->ctx,
				  .self = &r->self,
				  .chance = random_u64(),
				  .port = (uint16_t)r->conf->relay.port };
	struct str smarthost = str_c(r->conf->relay.smarthost);
	arena_reset(&c->memory);
	int e = smarthost.n ? relay_lookup_smarthost(&l, &c->memory, smarthost, &c->route, v)
			    : relay_lookup_domain(&l, &c->memory, c->d->domain, &c->route, v);
	if (e == OK && c->d->requiretls && !c->route.authentic) {
		relay_verdict_set(v, QUEUE_FAILED, "5.7.30",
				  "the mail servers of this domain cannot be authenticated, which REQUIRETLS asks for");
		e = E_DENIED;
	}
	return e;
}

static void alert(const struct relay_verdict *v)
{
	log_event(LOG_ERROR, "relay.alert", LOG_C("why", v->text), LOG_C("status", v->status),
		  LOG_C("remote", v->remote), LOG_END);
}

static void log_open(const struct relay_client *c)
{
	struct tls_info tls = { .version = "", .cipher = "" };
	char address[NET_ADDRESS_TEXT];
	if (stream_tls(c->stream))
		tls_describe(stream_tls(c->stream), &tls);
	log_event(LOG_INFO, "relay.connected", LOG_S("host", c->target->host),
		  LOG_C("address", net_format(&c->target->address, address)), LOG_C("tls", tls.version),
		  LOG_C("cipher", tls.cipher), LOG_U("verified", tls.verified), LOG_END);
}

/* All addresses in turn (B12). A refusal for good counts only when every host that was reached refuses for good. */
static int try_targets(struct relay_connection *c, struct relay_verdict *v)
{
	int e = E_NOTFOUND;
	for (size_t i = 0; i < c->route.count && !fiber_cancelled(); i++) {
		struct relay_verdict one = { 0 };
		struct relay_security s = security_for(c->d, &c->route.target[i]);
		e = relay_client_open(&c->client, &c->route.target[i], &s, &one);
		if (e == OK) {
			log_open(&c->client);
			return OK;
		}
		if (one.outcome == QUEUE_DEFERRED || v->outcome != QUEUE_DEFERRED)
			*v = one;
	}
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

/* No host took us: that holds for all that waits here now, message by message. */
static void settle_all(struct relay_connection *c, struct relay_jobs *batch, const struct relay_verdict *v)
{
	struct relay_verdict none = { 0 };
	relay_jobs_move(batch, &c->d->waiting);
	judge(batch, fiber_cancelled() ? &none : v);
	while (batch->count) {
		struct relay_jobs one = relay_jobs_batch(batch, RELAY_BATCH_MAX);
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
	arena_init(&c->memory, 256 << 10, NULL, NULL);
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
