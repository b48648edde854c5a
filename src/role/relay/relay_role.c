/* The process that speaks to other servers. It can connect by TCP and ask store, scan, resolver, and keys for
 * signatures; it has no file and no key. */
#include "role/relay/relay_dmarc.h"

#include "ipc/records.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "role/relay/relay_sts.h"

#include <ifaddrs.h>
#include <netinet/in.h>

enum { STORE_MS = 60000, SCAN_MS = 60000, KEYS_MS = 30000, FETCH_MS = 65000 };

static struct relay relay;

static int do_lease(void *ctx, const struct ipc_queue_lease_req *q, struct ipc_queue_lease_rep *ret,
		    struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_queue_lease(NULL, q, ret, hold, STORE_MS);
}

static int do_message(void *ctx, const struct ipc_queue_message_req *q, struct ipc_queue_message_rep *ret,
		      struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_queue_message(NULL, q, ret, hold, STORE_MS);
}

static int do_result(void *ctx, const struct ipc_queue_result_req *q)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_queue_result_rep ignored;
	(void)ctx;
	int r = ipc_call_queue_result(NULL, q, &ignored, &hold, STORE_MS);
	ipc_release(&hold);
	return r;
}

static int do_scan(void *ctx, const struct ipc_scan_req *q, struct ipc_scan_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_scan(NULL, q, ret, hold, SCAN_MS);
}

/* The resolver has its own, shorter time for a look-up. */
static int do_dns(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold)
{
	struct ipc_dns_req q = { .name = name, .type = type };
	(void)ctx;
	return ipc_call_dns(NULL, &q, ret, hold, (int64_t)role_conf()->resolver.timeout * 1000 + 5000);
}

static int do_connect(void *ctx, const struct net_address *to, int64_t deadline, struct stream **ret)
{
	(void)ctx;
	return stream_connect(to, NULL, deadline, ret);
}

static int64_t do_now(void *ctx)
{
	(void)ctx;
	return clock_real();
}

static void do_stopped(void *ctx)
{
	(void)ctx;
	role_finished();
}

static int do_signers(void *ctx, struct str name, struct ipc_dkim_signers_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_dkim_signers(NULL, &(struct ipc_dkim_signers_req){ .name = name }, ret, hold, KEYS_MS);
}

static int do_sign(void *ctx, const struct ipc_dkim_sign_req *q, struct ipc_dkim_sign_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_dkim_sign(NULL, q, ret, hold, KEYS_MS);
}

static int do_sts_fetch(void *ctx, struct str domain, struct arena *a, struct str *ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_mta_sts_fetch_rep rep = { 0 };
	(void)ctx;
	int r = ipc_call_mta_sts_fetch(NULL, &(struct ipc_mta_sts_fetch_req){ .domain = domain }, &rep, &hold, FETCH_MS);
	if (r == OK)
		*ret = arena_dup(a, rep.policy);
	ipc_release(&hold);
	return r;
}

static int do_record_get(void *ctx, struct arena *a, struct str key, struct str *ret)
{
	uint64_t version;
	(void)ctx;
	return records_get(a, key, ret, &version);
}

static int do_record_put(void *ctx, struct str key, struct str value)
{
	(void)ctx;
	return records_put(key, RECORDS_ANY, value);
}

static int do_record_drop(void *ctx, struct str key)
{
	struct records_batch b;
	(void)ctx;
	records_begin(&b);
	records_remove(&b, key, RECORDS_ANY);
	return records_commit(&b);
}

static int do_record_each(void *ctx, struct str prefix, records_each_fn *each, void *each_ctx)
{
	(void)ctx;
	return records_each(prefix, each, each_ctx);
}

static int do_report_send(void *ctx, const struct ipc_report_send_req *q)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_report_send_rep ignored;
	(void)ctx;
	int r = ipc_call_report_send(NULL, q, &ignored, &hold, STORE_MS);
	ipc_release(&hold);
	return r;
}

static int do_sts(void *ctx, struct str domain, struct arena *a, struct sts_policy *ret)
{
	static const struct relay_sts_env sts = { do_dns, do_now, do_record_get, do_record_put, do_sts_fetch };
	return relay_sts_find(&sts, ctx, domain, a, ret);
}

static const struct relay_env env = { do_lease, do_message, do_result,  do_scan, do_dns,
				      do_connect, do_now,   do_stopped, do_signers, do_sign, do_sts,
				      do_record_get, do_record_put, do_record_drop, do_record_each, do_report_send };

/* Asking the kernel which addresses are ours needs a socket that the walls forbid: mail to these would come back (A23).
 */
static void read_own_addresses(struct relay_self *self)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) != 0)
		return;
	for (struct ifaddrs *i = all; i && self->count < RELAY_OWN_MAX; i = i->ifa_next) {
		if (!i->ifa_addr || (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		struct sockaddr_storage ss = { 0 };
		memcpy(&ss, i->ifa_addr,
		       i->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		net_from_sockaddr(&ss, &self->address[self->count++]);
	}
	freeifaddrs(all);
}

static int prepare(const struct conf *c, int dir)
{
	(void)dir;
	relay_init(&relay, &env, NULL, c);
	read_own_addresses(&relay.self);
	int r = tls_client_new(c->relay.authorities, &relay.link.tls);
	if (r == E_NOTFOUND) {
		log_event(LOG_WARNING, "relay.anchors",
			  LOG_C("why", "no trusted certificates found: verified TLS will fail"), LOG_END);
		r = tls_client_new(NULL, &relay.link.tls);
	}
	return r;
}

static void started(const struct conf *c)
{
	(void)c;
	relay_start(&relay);
	fiber_start(relay_watch_keys, &relay);
	fiber_start(relay_dmarc_reports, &relay);
	fiber_start(relay_tls_reports, &relay);
}

static void peer(struct channel *c)
{
	if (channel_peer(c) == ROLE_STORE && relay.scheduler) /* it was restarted */
		relay_due(&relay, 0);
}

static void reloaded(const struct conf *c)
{
	relay_configure(&relay, c);
	relay_due(&relay, 0);
}

static void stopping(int64_t within_ms) { relay_stop(&relay, within_ms); }

static void on_queue_due(struct channel *from, const struct ipc_queue_due_note *m)
{
	(void)from;
	relay_due(&relay, m->at_ms);
}

static const struct ipc_service services[] = { IPC_SERVE(queue_due, on_queue_due), IPC_SERVE_FIBER(report_list, relay_on_report_list),
					      IPC_SERVE(dmarc_seen, relay_on_dmarc_seen) };

const struct role_spec relay_role = {
	.role = ROLE_RELAY,
	.policy = { .connect_tcp = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.prepare = prepare,
	.started = started,
	.peer = peer,
	.reloaded = reloaded,
	.stopping = stopping,
};
