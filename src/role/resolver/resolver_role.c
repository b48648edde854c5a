/* The process that asks the DNS. It has sockets to name servers, and nothing else: whoever breaks it can lie about
 * names, which DNSSEC shows, and no more. What it needs from files is read before the walls. */
#include "role/resolver/resolver.h"
#include "role/resolver/resolver_conf.h"
#include "role/resolver/resolver_trust.h"

#include "io/fiber.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "proto/dns/dns_rdata.h"

#include <fcntl.h>

enum { FILE_MAX = 64 << 10, DNSKEY = 48, LOOK_AGAIN_MS = 60000, LOOK_AGAIN_STRIPPED_MS = 600000 };

static struct {
	struct resolver *strict, *lax; /* with the root's anchors, and without */
	enum resolver_trust trust;
	bool looked;
	struct waiters first_look;
} role;

static int64_t deadline(void) { return clock_mono_ms() + (int64_t)role_conf()->resolver.timeout * 1000; }

/* ---- are answers proven */

static void tell(enum resolver_trust trust)
{
	struct channel *parent = channel_to(ROLE_PARENT, 0);
	struct ipc_resolver_trust_note m = { .trust = trust };
	if (role.trust == trust)
		return;
	role.trust = trust;
	log_event(trust == RESOLVER_VALIDATES ? LOG_INFO : LOG_WARNING, "resolver.trust",
		  LOG_C("state", resolver_trust_name(trust)), LOG_END);
	if (parent && ipc_note_resolver_trust(parent, &m) != OK)
		log_event(LOG_WARNING, "resolver.unheard", LOG_END);
}

/* The root's own keys: every name server has them, and who passes them on whole passes on the rest. */
static void look(struct buf *room)
{
	struct resolver_answer a = { 0 };
	int r = resolver_lookup(role.strict, STR("."), DNSKEY, deadline(), room, &a);
	tell(resolver_trust_after(role.trust, r, a.security));
	role.looked = true;
	waiters_wake_all(&role.first_look);
}

static void watch(void *arg)
{
	struct buf room;
	int64_t wait;
	(void)arg;
	buf_init(&room, RESOLVER_ANSWERS_MAX + RESOLVER_CANONICAL_MAX);
	do {
		look(&room);
		wait = role.trust == RESOLVER_STRIPPED ? LOOK_AGAIN_STRIPPED_MS : LOOK_AGAIN_MS;
	} while (role.trust != RESOLVER_VALIDATES && fiber_sleep(wait) == OK);
	buf_done(&room);
}

static void started(const struct conf *c)
{
	(void)c;
	fiber_start(watch, NULL);
}

/* ---- questions */

static void log_result(const struct ipc_dns_req *q, int err, const struct resolver_answer *a)
{
	if (err != OK)
		log_event(LOG_WARNING, "dns.failed", LOG_S("name", q->name), LOG_U("type", q->type), LOG_E(err),
			  LOG_END);
	else if (a->security == DNS_BOGUS)
		log_event(LOG_WARNING, "dns.bogus", LOG_S("name", q->name), LOG_U("type", q->type), LOG_END);
}

static void on_dns(const struct ipc_request *rq, const struct ipc_dns_req *q)
{
	struct buf room;
	struct resolver_answer a = { 0 };
	buf_init(&room, RESOLVER_ANSWERS_MAX + RESOLVER_CANONICAL_MAX);
	int r = role.looked ? OK : waiters_wait(&role.first_look, deadline());
	struct resolver *resolver = role.trust == RESOLVER_STRIPPED ? role.lax : role.strict;
	if (r != E_CANCELLED)
		r = q->type <= UINT16_MAX ? resolver_lookup(resolver, q->name, q->type, deadline(), &room, &a) : E_SYNTAX;
	log_result(q, r, &a);
	struct ipc_dns_rep rep = {
		.rcode = a.rcode, .security = a.security, .ttl = a.ttl, .canonical = a.canonical, .answers = a.answers
	};
	ipc_reply_dns(rq, r, &rep);
	buf_done(&room);
}

/* A file that is not there is empty. */
static void read_file(const char *path, struct buf *out)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fd_read_all(fd, out) != OK)
		buf_clear(out);
}

static int make(const struct conf *c, enum resolver_anchors anchors, struct str resolv_conf, struct str root_key,
		struct resolver **ret)
{
	struct buf config, why;
	buf_init(&config, RESOLVER_CONFIG_MAX);
	buf_init(&why, 512);
	int r = resolver_config_write(c, resolv_conf, root_key, anchors, &config, &why);
	if (r != OK)
		log_event(LOG_ERROR, "resolver.configuration", LOG_S("why", buf_str(&why)), LOG_END);
	else
		r = resolver_new(buf_str(&config), ret);
	buf_done(&config);
	buf_done(&why);
	return r;
}

static int prepare(const struct conf *c, int dir)
{
	struct buf resolv_conf, root_key;
	(void)dir;
	waiters_init(&role.first_look);
	buf_init(&resolv_conf, FILE_MAX);
	buf_init(&root_key, FILE_MAX);
	read_file("/etc/resolv.conf", &resolv_conf);
	read_file("/usr/share/dns/root.key", &root_key);
	int r = make(c, RESOLVER_ALL_ANCHORS, buf_str(&resolv_conf), buf_str(&root_key), &role.strict);
	if (r == OK)
		r = make(c, RESOLVER_OWN_ANCHORS, buf_str(&resolv_conf), STR(""), &role.lax);
	buf_done(&resolv_conf);
	buf_done(&root_key);
	return r;
}

static const struct ipc_service services[] = { IPC_SERVE_FIBER(dns, on_dns) };

const struct role_spec resolver_role = {
	.role = ROLE_RESOLVER,
	.policy = { .connect_tcp = true, .udp = true, .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.prepare = prepare,
	.started = started,
};
