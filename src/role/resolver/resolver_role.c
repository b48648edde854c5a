/* The process that asks the DNS. It has sockets to name servers, and nothing else: whoever breaks it can lie about
 * names, which DNSSEC shows, and no more. What it needs from files is read before the walls. */
#include "role/resolver/resolver.h"
#include "role/resolver/resolver_conf.h"

#include "io/fiber.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "proto/dns/dns_rdata.h"

#include <fcntl.h>

enum { FILE_MAX = 64 << 10 };

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
	int64_t deadline = clock_mono_ms() + (int64_t)role_conf()->resolver.timeout * 1000;
	int r = q->type <= UINT16_MAX ? resolver_lookup(q->name, q->type, deadline, &room, &a) : E_SYNTAX;
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

static int prepare(const struct conf *c, int dir)
{
	struct buf resolv_conf, root_key, config, why;
	(void)dir;
	buf_init(&resolv_conf, FILE_MAX);
	buf_init(&root_key, FILE_MAX);
	buf_init(&config, RESOLVER_CONFIG_MAX);
	buf_init(&why, 512);
	read_file("/etc/resolv.conf", &resolv_conf);
	read_file("/usr/share/dns/root.key", &root_key);
	int r = resolver_config_write(c, buf_str(&resolv_conf), buf_str(&root_key), &config, &why);
	if (r != OK)
		log_event(LOG_ERROR, "resolver.configuration", LOG_S("why", buf_str(&why)), LOG_END);
	else
		r = resolver_start(buf_str(&config));
	buf_done(&resolv_conf);
	buf_done(&root_key);
	buf_done(&config);
	buf_done(&why);
	return r;
}

static const struct ipc_service services[] = { IPC_SERVE_FIBER(dns, on_dns) };

const struct role_spec resolver_role = {
	.role = ROLE_RESOLVER,
	.policy = { .connect_tcp = true, .udp = true, .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.prepare = prepare,
};
