/* The process that changes the kernel's packet filter. It has CAP_NET_ADMIN and a netlink socket, and nothing else; it hears the guard and
 * reads no byte that a stranger wrote. Where there is no capability to be had (an ordinary user, a container) it says so and goes on: the
 * guard's decisions are then applied where connections are accepted, as they are in any case.
 *
 * The table belongs to our socket: it goes when we end, however we end, and nobody else can empty it. */
#include "role/firewall/firewall_bans.h"
#include "role/firewall/firewall_setup.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"

enum {
	LIST_MEMORY = 16 << 20,
	SETTLE_MS = 100,                /* the guard has told all that stand */
	AGAIN_MS = 5000,                /* a table that could not be made is tried again */
	PENDING_MAX = 1024
};

static struct {
	struct conf started;            /* what listens is from this one; it lives as long as the process */
	struct firewall *f;             /* NULL: not to be had */
	struct firewall_bans bans;
	struct firewall_ban pending[PENDING_MAX];       /* of one turn of the loop; those of one transaction are all bans or all liftings */
	size_t pending_count;
	bool pending_lifts;
	bool settling, broken;
	enum firewall_state state;
	char why[256];
} role;

static void tell(enum firewall_state state, struct str why)
{
	struct channel *parent = channel_to(ROLE_PARENT, 0);
	char instance[FIREWALL_INSTANCE_MAX];
	struct ipc_firewall_state_note m = { .state = state, .table = firewall_instance(&role.started, instance), .why = str_first(why, sizeof role.why) };
	if (role.state == state)
		return;
	role.state = state;
	log_event(state == FIREWALL_KERNEL ? LOG_INFO : LOG_WARNING, "firewall.state", LOG_C("state", firewall_state_name(state)),
		LOG_S("table", m.table), LOG_S("why", why), LOG_END);
	if (parent && ipc_note_firewall_state(parent, &m) != OK)
		log_event(LOG_WARNING, "firewall.unheard", LOG_END);
}

/* The whole table, with all that is known. */
static void build(void)
{
	struct arena a;
	struct firewall_setup setup;
	struct firewall_ban *bans;
	if (!role.f)
		return;
	arena_init(&a, LIST_MEMORY, NULL, NULL);
	firewall_setup_of(&role.started, role_conf(), &a, &setup);
	firewall_bans_list(&role.bans, clock_mono_ms(), &a, &bans, &setup.ban_count);
	setup.bans = bans;
	int r = firewall_build(role.f, &setup);
	role.broken = r != OK;
	tell(r == OK ? FIREWALL_KERNEL : r == E_DENIED ? FIREWALL_DENIED : FIREWALL_FAILED, r == OK ? STR("") : firewall_why(role.f));
	arena_done(&a);
}

static int apply(bool lifts, const struct firewall_ban *bans, size_t n)
{
	struct net_prefix nets[PENDING_MAX];
	if (!lifts)
		return firewall_ban(role.f, bans, n);
	for (size_t i = 0; i < n; i++)
		nets[i] = bans[i].net;
	return firewall_unban(role.f, nets, n);
}

/* What did not go is made good by making all anew. */
static void flush(void *ctx)
{
	size_t n = role.pending_count;
	(void)ctx;
	role.pending_count = 0;
	if (!n || !role.f || role.broken)
		return;
	int r = apply(role.pending_lifts, role.pending, n);
	if (r == OK)
		return;
	log_event(LOG_WARNING, "firewall.change", LOG_U("count", n), LOG_E(r), LOG_S("why", firewall_why(role.f)), LOG_END);
	build();
}

static void change(const struct net_prefix *net, uint32_t seconds)
{
	bool lift = seconds == 0;
	if (role.pending_count == PENDING_MAX || (role.pending_count && role.pending_lifts != lift))
		flush(NULL);
	role.pending_lifts = lift;
	role.pending[role.pending_count++] = (struct firewall_ban){ *net, seconds };
}

static void settle(void *arg)
{
	(void)arg;
	int r = fiber_sleep(SETTLE_MS);
	role.settling = false;
	role.pending_count = 0;         /* they are in the list as well */
	if (r == OK)
		build();
}

/* The guard is new: what it tells now is all there is. The table stays as it was until then. */
static void forget(void)
{
	firewall_bans_clear(&role.bans);
	if (!role.settling)
		fiber_start(settle, NULL);
	role.settling = true;
}

static bool network_of(const struct ipc_ban_note *m, struct net_prefix *ret)
{
	struct net_prefix p = { .address.v6 = m->network.n == 16, .bits = (uint8_t)m->bits };
	if ((m->network.n != 4 && m->network.n != 16) || m->bits > m->network.n * 8)
		return false;
	memcpy(p.address.bytes, m->network.p, m->network.n);
	*ret = p;
	return true;
}

static void on_ban(struct channel *from, const struct ipc_ban_note *m)
{
	struct net_prefix net;
	char text[NET_PREFIX_TEXT];
	(void)from;
	if (!m->network.n && !m->bits) {
		forget();
		return;
	}
	if (m->act != BAN_OUT)
		return;
	int r = !network_of(m, &net) ? E_SYNTAX : !firewall_can_ban(&net) ? E_TOOBIG : firewall_bans_set(&role.bans, &net, m->seconds, clock_mono_ms());
	if (r == OK)
		change(&net, m->seconds);
	else
		log_event(LOG_WARNING, "firewall.ban", LOG_C("network", r == E_SYNTAX ? "?" : net_prefix_format(&net, text)), LOG_E(r), LOG_END);
}

static const struct ipc_service services[] = { IPC_SERVE(ban, on_ban) };

static void try_again(void *ctx)
{
	(void)ctx;
	if (role.broken)
		build();
}

static void begin(const struct conf *c)
{
	char instance[FIREWALL_INSTANCE_MAX];
	if (!c->firewall.kernel) {
		firewall_close(role.f);         /* the table goes with its socket */
		role.f = NULL;
		tell(FIREWALL_OFF, STR("firewall.kernel is false"));
		return;
	}
	int r = role.f ? OK : firewall_open(firewall_instance(&role.started, instance), &role.f);
	if (r == OK)
		build();
	else if (r == E_DENIED)
		tell(FIREWALL_DENIED, STR("no CAP_NET_ADMIN: started as an ordinary user, or a container without it"));
	else
		tell(FIREWALL_UNSUPPORTED, STR("the kernel has no nf_tables, or does not let us speak to it"));
}

static int open_role(const struct conf *c)
{
	static struct loop_hook hook = { .fn = flush };
	role.started = *c;
	firewall_bans_init(&role.bans, random_u64());
	loop_before_wait(&hook);
	return loop_timer(AGAIN_MS, AGAIN_MS, try_again, NULL);
}

static void stopping(int64_t within_ms)
{
	(void)within_ms;
	if (role.f && firewall_remove(role.f) != OK)
		log_event(LOG_WARNING, "firewall.remove", LOG_S("why", firewall_why(role.f)), LOG_END);
	role_finished();
}

const struct role_spec firewall_role = {
	.role = ROLE_FIREWALL,
	.policy = { .net_admin = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.open = open_role,
	.started = begin,
	.reloaded = begin,
	.stopping = stopping,
};
