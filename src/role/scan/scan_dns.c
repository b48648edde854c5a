#include "role/scan/scan_dns.h"

#include "io/fiber.h"
#include "os/clock.h"
#include "role/scan/scan_cache.h"

enum { ANSWER_MAX = 64 << 10 };

void scan_dns_init(struct scan_dns *d)
{
	*d = (struct scan_dns){ .hold = IPC_HOLD, .deadline = clock_mono_ms() + SCAN_DNS_MS };
}

void scan_dns_done(struct scan_dns *d) { ipc_release(&d->hold); }

void scan_dns_answer(struct arena *a, enum dns_type type, const struct ipc_dns_rep *rep, struct dns_env_answer *ret)
{
	struct reader r = reader_of(rep->answers);
	size_t cap = 0;
	*ret = (struct dns_env_answer){ .status = DNS_ENV_TEMPERROR };
	if (rep->security > DNS_SECURE || (rep->rcode != DNS_NOERROR && rep->rcode != DNS_NXDOMAIN))
		return;
	while (r.err == OK && r.rest.n)
		dns_env_answer_add(a, type, read_str(&r, ANSWER_MAX), ret, &cap);
	if (reader_end(&r) != OK)
		return;
	ret->secure = rep->security == DNS_SECURE;
	ret->status = rep->rcode == DNS_NXDOMAIN ? DNS_ENV_NXDOMAIN : ret->count ? DNS_ENV_FOUND : DNS_ENV_NODATA;
}

static unsigned asking;
static struct waiters queue;

/* One question to the resolver, when it is its turn. */
static int ask_resolver(struct scan_dns *d, const struct ipc_dns_req *q, struct ipc_dns_rep *rep)
{
	int r = OK;
	if (!queue.last)
		waiters_init(&queue);
	while (r == OK && asking >= SCAN_DNS_AT_ONCE)
		r = waiters_wait(&queue, d->deadline);
	if (r != OK)
		return E_BUSY;
	asking++;
	int64_t left = d->deadline - clock_mono_ms();
	r = left > 0 ? ipc_call_dns(NULL, q, rep, &d->hold, left) : E_TIMEOUT;
	asking--;
	waiters_wake_one(&queue);
	return r;
}

static void ask(void *ctx, struct arena *a, struct str name, enum dns_type type, struct dns_env_answer *ret)
{
	struct scan_dns *d = ctx;
	struct ipc_dns_req q = { .name = name, .type = type };
	struct ipc_dns_rep rep = { 0 };
	int64_t now = clock_mono_ms();
	if (!scan_cache_get(name, type, now, &rep)) {
		int r = ask_resolver(d, &q, &rep);
		d->unable = d->unable || r == E_BUSY || r == E_CLOSED;
		if (r != OK)
			return;
		if (rep.security != DNS_BOGUS)
			scan_cache_put(name, type, now, &rep);
	}
	scan_dns_answer(a, type, &rep, ret);
}

static uint64_t now_ms(void *ctx)
{
	(void)ctx;
	return (uint64_t)clock_mono_ms();
}

struct dns_source scan_dns_source(struct scan_dns *d) { return (struct dns_source){ .ask = ask, .now_ms = now_ms, .ctx = d }; }
