#include "role/resolver/resolver.h"

#include "io/fiber.h"
#include "io/ready.h"
#include "os/fd.h"
#include "proto/dns/dns_rdata.h"
#include "role/resolver/resolver_conf.h"

#include <stdio.h>
#include <unbound.h>
#include <unistd.h>

struct resolver {
	struct ub_ctx *context;
	struct ready *ready;
	unsigned open_lookups;
};

/* On the heap, since libunbound knows it until its callback ran or ub_cancel succeeded. */
struct lookup {
	struct fiber *waiter;
	struct ub_result *result;
	bool done;
	int id;
};

unsigned resolver_open_lookups(const struct resolver *r) { return r->open_lookups; }

static void on_pipe(void *ctx)
{
	struct resolver *r = ctx;
	ub_process(r->context);
}

/* libunbound reads its settings from a file: one in memory. */
static int load(struct ub_ctx *context, struct str config)
{
	char path[64];
	auto_fd fd = -1;
	int r = fd_memory("unbound.conf", &fd);
	if (r == OK)
		r = fd_write_all(fd, config);
	if (r != OK)
		return r;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return ub_ctx_config(context, path) == 0 ? OK : E_SYNTAX;
}

int resolver_new(struct str config, struct resolver **ret)
{
	struct ub_ctx *context = ub_ctx_create();
	if (!context)
		return E_IO;
	int e = load(context, config);
	if (e == OK && (ub_ctx_debugout(context, NULL) != 0 || ub_ctx_async(context, 1) != 0))
		e = E_IO;
	if (e != OK) {
		ub_ctx_delete(context);
		return e;
	}
	struct resolver *r = mem_new(struct resolver);
	*r = (struct resolver){ .context = context, .ready = ready_new(ub_fd(context)) };
	ready_watch(r->ready, on_pipe, r);
	*ret = r;
	return OK;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	ready_free(r->ready);
	ub_ctx_delete(r->context);
	mem_free(r);
}

static void on_result(void *arg, int err, struct ub_result *result)
{
	struct lookup *l = arg;
	l->done = true;
	l->result = err == 0 ? result : NULL;
	fiber_wake(l->waiter, OK);
}

static struct str canonical_of(const struct ub_result *u)
{
	struct str name = str_c(u->canonname ? u->canonname : u->qname);
	if (name.n > 1 && str_ends(name, STR(".")))
		name.n--;
	return name.n <= RESOLVER_CANONICAL_MAX ? name : STR("");
}

static int copy_result(const struct ub_result *u, struct buf *room, struct resolver_answer *ret)
{
	struct bufw w = { .b = room };
	struct str canonical = canonical_of(u);
	if (u->bogus) {
		*ret = (struct resolver_answer){ .rcode = DNS_SERVFAIL, .security = DNS_BOGUS };
		return OK;
	}
	if (u->rcode != DNS_NOERROR && u->rcode != DNS_NXDOMAIN)
		return E_IO;
	bufw_str(&w, canonical);
	for (size_t i = 0; u->data && u->data[i]; i++)
		write_str(&w, (struct str){ u->data[i], (size_t)u->len[i] });
	if (w.err != OK)
		return E_IO;
	*ret = (struct resolver_answer){
		.rcode = (uint32_t)u->rcode,
		.security = u->secure ? DNS_SECURE : DNS_INSECURE,
		.ttl = u->ttl > 0 ? (uint32_t)u->ttl : 0,
		.canonical = str_first(buf_str(room), canonical.n),
		.answers = str_skip(buf_str(room), canonical.n),
	};
	return OK;
}

static int wait_for(const struct resolver *resolver, struct lookup *l, int64_t deadline)
{
	int r = OK;
	while (!l->done && r == OK)
		r = fiber_park(deadline);
	if (l->done)
		return l->result ? OK : E_IO;
	ub_cancel(resolver->context, l->id);
	return r;
}

int resolver_lookup(struct resolver *r, struct str name, unsigned type, int64_t deadline, struct buf *room,
		    struct resolver_answer *ret)
{
	char c[DNS_NAME_TEXT_MAX + 1];
	if (name.n == 0 || str_to_c(name, c, sizeof c) != OK)
		return E_SYNTAX;
	if (r->open_lookups >= RESOLVER_LOOKUPS_MAX)
		return E_BUSY;
	struct lookup *l = mem_new(struct lookup);
	l->waiter = fiber_current();
	r->open_lookups++;
	buf_clear(room);
	int e = ub_resolve_async(r->context, c, (int)type, 1, l, on_result, &l->id) == 0 ? wait_for(r, l, deadline) : E_IO;
	if (e == OK)
		e = copy_result(l->result, room, ret);
	ub_resolve_free(l->result);
	mem_free(l);
	r->open_lookups--;
	return e;
}
