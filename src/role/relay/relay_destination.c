/* What waits for one domain, or for the smart host, and how many connections work on it. */
#include "role/relay/relay.h"

#include "proto/addr/addr_normal.h"

#include <stdio.h>

/* The domain of a recipient in the form in which the DNS is asked; as it is when it has no such form, which fails soon
 * enough. */
static struct str domain_of(struct arena *a, const struct relay_job *job)
{
	size_t at = str_rfind(job->e.recipient, '@');
	struct str domain = at == STR_NPOS ? STR("") : str_skip(job->e.recipient, at + 1), normal;
	return addr_domain_normalize(a, domain, &normal) == OK ? normal : str_first(domain, ADDR_DOMAIN_MAX);
}

/* Mail that asks for more than others has connections of its own, and so has mail that asks for less. */
static char kind_of(const struct relay_job *job)
{
	return job->e.flags & DELIVERY_REQUIRETLS ? '!' : job->any_tls ? '?' : ' ';
}

static struct relay_destination *make(struct relay *r, struct str domain, char kind)
{
	struct relay_destination *d = mem_new(struct relay_destination);
	d->relay = r;
	d->requiretls = kind == '!';
	d->any_tls = kind == '?';
	d->text[0] = kind;
	if (domain.n)
		memcpy(d->text + 1, domain.p, domain.n);
	d->key = (struct str){ d->text, domain.n + 1 };
	d->domain = str_skip(d->key, 1);
	waiters_init(&d->more);
	map_str_put(&r->destinations, d->key, d);
	return d;
}

/* The route is not part of it, so that it can be chosen anew at each attempt (B30). */
static struct relay_destination *find(struct relay *r, const struct relay_job *job)
{
	struct arena a;
	char key[ADDR_DOMAIN_MAX + 2];
	arena_init(&a, 16 << 10, NULL, NULL);
	struct str domain = *r->conf->relay.smarthost ? STR("") : str_first(domain_of(&a, job), ADDR_DOMAIN_MAX);
	key[0] = kind_of(job);
	if (domain.n)
		memcpy(key + 1, domain.p, domain.n);
	struct relay_destination *d = map_str_get(&r->destinations, (struct str){ key, domain.n + 1 });
	if (!d)
		d = make(r, domain, key[0]);
	arena_done(&a);
	return d;
}

static unsigned wanted(const struct relay_destination *d)
{
	size_t n = (d->waiting.count + RELAY_JOBS_PER_CONNECTION - 1) / RELAY_JOBS_PER_CONNECTION;
	uint64_t most = d->relay->conf->relay.connections_per_destination;
	return n < most ? (unsigned)n : (unsigned)most;
}

void relay_destination_work(struct relay_destination *d)
{
	struct relay *r = d->relay;
	waiters_wake_one(&d->more);
	while (!r->stopping && d->connections < wanted(d) && r->connections < r->conf->relay.connections)
		relay_connection_start(d);
}

void relay_destination_add(struct relay *r, struct relay_job *job)
{
	struct relay_destination *d = find(r, job);
	relay_jobs_add(&d->waiting, job);
	relay_destination_work(d);
}

void relay_destination_left(struct relay_destination *d)
{
	if (d->connections || d->waiting.count)
		return;
	map_str_remove(&d->relay->destinations, d->key);
	mem_free(d);
}

void relay_destinations_work(struct relay *r)
{
	struct relay_destination *d;
	for (size_t i = 0; r->connections < r->conf->relay.connections && (d = map_next(&r->destinations, &i));)
		if (d->waiting.count)
			relay_destination_work(d);
}

void relay_destinations_empty(struct relay *r, struct relay_jobs *ret)
{
	struct relay_destination *d;
	for (size_t i = 0; (d = map_next(&r->destinations, &i));) {
		relay_jobs_move(ret, &d->waiting);
		waiters_wake_all(&d->more);
	}
}

void relay_destinations_free(struct relay *r)
{
	struct relay_destination *d;
	for (size_t i = 0; (d = map_next(&r->destinations, &i));)
		relay_destination_left(d);
}
