/* The process that reads what web servers of strangers say. It can connect by TCP and ask the resolver, and nothing else: whoever breaks it
 * can lie about MTA-STS policies that nobody has yet, and no more. */
#include "role/fetch/fetch_address.h"
#include "role/fetch/fetch_https.h"

#include "io/fiber.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/dns/dns_rdata.h"
#include "proto/policy/mta_sts.h"

#include <stdio.h>

enum { ALL_MS = 60000 /* RFC 8461 section 3.3 */, HOST_MAX = 253, AT_ONCE = 32 };

static struct {
	struct tls_client *tls;
	unsigned running;
} role;

static void ask(struct str host, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold)
{
	struct ipc_dns_req q = { .name = host, .type = type };
	int r = ipc_call_dns(NULL, &q, ret, hold, (int64_t)role_conf()->resolver.timeout * 1000 + 5000);
	if (r != OK || ret->security == DNS_BOGUS)
		*ret = (struct ipc_dns_rep){ 0 };
}

static size_t find_addresses(struct str host, struct net_address ret[FETCH_ADDRESSES_MAX])
{
	const struct conf *c = role_conf();
	struct ipc_hold hold6 = IPC_HOLD, hold4 = IPC_HOLD;
	struct ipc_dns_rep six = { 0 }, four = { 0 };
	ask(host, DNS_AAAA, &six, &hold6);
	ask(host, DNS_A, &four, &hold4);
	size_t n = fetch_addresses_read(six.answers, four.answers, (uint16_t)c->relay.sts_port, c->relay.allow_loopback, ret);
	ipc_release(&hold6);
	ipc_release(&hold4);
	return n;
}

static int fetch(struct str domain, struct buf *out, const char **ret_why)
{
	char host[HOST_MAX + 1];
	struct net_address address[FETCH_ADDRESSES_MAX];
	int n = snprintf(host, sizeof host, "mta-sts." STR_FMT, STR_ARG(domain));
	struct fetch_file f = { .tls = role.tls, .path = STR("/.well-known/mta-sts.txt"), .address = address, .deadline = clock_mono_ms() + ALL_MS };
	*ret_why = "not the name of a domain";
	if (n < 0 || n > HOST_MAX || !dns_name_is_host(str_c(host)))
		return E_SYNTAX;
	f.host = str_c(host);
	f.addresses = find_addresses(f.host, address);
	return fetch_https(&f, out, ret_why);
}

static int check(struct str text, const char **ret_why)
{
	struct arena a;
	struct sts_policy policy;
	arena_init(&a, 256 << 10, NULL, NULL);
	int r = sts_policy_parse(&a, text, &policy);
	if (r != OK)
		*ret_why = "the file is no policy";
	arena_done(&a);
	return r;
}

static void on_mta_sts_fetch(const struct ipc_request *rq, const struct ipc_mta_sts_fetch_req *q)
{
	struct buf out;
	const char *why = "too many at once";
	buf_init(&out, STS_POLICY_MAX);
	role.running++;
	int r = role.running <= AT_ONCE ? fetch(q->domain, &out, &why) : E_FULL;
	role.running--;
	if (r == OK)
		r = check(buf_str(&out), &why);
	if (r != OK)
		log_event(LOG_WARNING, "fetch.failed", LOG_S("domain", q->domain), LOG_C("why", why), LOG_E(r), LOG_END);
	struct ipc_mta_sts_fetch_rep rep = { .policy = buf_str(&out) };
	ipc_reply_mta_sts_fetch(rq, r, &rep);
	buf_done(&out);
}

static int prepare(const struct conf *c, int dir)
{
	(void)dir;
	int r = tls_client_new(c->relay.authorities, &role.tls);
	if (r == E_NOTFOUND) {
		log_event(LOG_WARNING, "fetch.anchors", LOG_C("why", "no trusted certificates found: no policy can be fetched"), LOG_END);
		r = tls_client_new(NULL, &role.tls);
	}
	return r;
}

static const struct ipc_service services[] = { IPC_SERVE_FIBER(mta_sts_fetch, on_mta_sts_fetch) };

const struct role_spec fetch_role = {
	.role = ROLE_FETCH,
	.policy = { .connect_tcp = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.prepare = prepare,
};
