/* The process that changes the kernel's packet filter. It has CAP_NET_ADMIN and a netlink socket, and nothing else; it hears the guard and
 * reads no byte that a stranger wrote. Where there is no capability to be had (an ordinary user, a container) it says so and goes on: the
 * guard's decisions are then applied where connections are accepted, as they are in any case.
 *
 * The table belongs to our socket: it goes when we end, however we end, and nobody else can empty it. */
#include "role/firewall/firewall_bans.h"
#include "role/firewall/firewall_setup.h"

#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"

enum {
	LIST_MEMORY = 16 << 20,
	AGAIN_MS = 5000,                /* a table that could not be made is tried again */
};

static struct {
	struct firewall *f;             /* NULL: not to be had */
	struct firewall_bans bans;
	bool broken;
	enum firewall_state state;
	char why[256];
} role;

static void tell(enum firewall_state state, struct str why)
{
	struct channel *parent = channel_to(ROLE_PARENT, 0);
	char instance[FIREWALL_INSTANCE_MAX];
	struct ipc_firewall_state_note m = { .state = state, .table = firewall_instance(role_conf(), instance), .why = str_first(why, sizeof role.why) };
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
	firewall_setup_of(role_conf(), &a, &setup);
	firewall_bans_list(&role.bans, clock_mono_ms(), &a, &bans, &setup.ban_count);
	setup.bans = bans;
	int r = firewall_build(role.f, &setup);
	role.broken = r != OK;
	tell(r == OK ? FIREWALL_KERNEL : r == E_DENIED ? FIREWALL_DENIED : FIREWALL_FAILED, r == OK ? STR("") : firewall_why(role.f));
	arena_done(&a);
}

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
	int r = role.f ? OK : firewall_open(firewall_instance(c, instance), &role.f);
	if (r == OK)
		build();
	else if (r == E_DENIED)
		tell(FIREWALL_DENIED, STR("no CAP_NET_ADMIN: started as an ordinary user, or a container without it"));
	else
		tell(FIREWALL_UNSUPPORTED, STR("the kernel has no nf_tables, or does not let us speak to it"));
}

static int open_role(const struct conf *c)
{
	(void)c;
	firewall_bans_init(&role.bans, random_u64());
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
	.open = open_role,
	.started = begin,
	.reloaded = begin,
	.stopping = stopping,
};
