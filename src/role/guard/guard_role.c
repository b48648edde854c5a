/* The process that watches all others. It has no file and no network; what it is told comes in decoded messages. */
#include "role/guard/guard_keep.h"

#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"

enum { EXPIRE_MS = 1000 };

struct guard *guard_engine;
static uint8_t shared_key[16];         /* of hashes that others make; the engine's own is another */

static size_t add_safe(char *const *list, unsigned count, struct guard_net *nets, size_t n)
{
	for (unsigned i = 0; i < count; i++) {
		if (guard_net_parse(str_c(list[i]), &nets[n]) == OK)
			n++;
		else
			log_event(LOG_ERROR, "guard.safe", LOG_C("no network", list[i]), LOG_END);
	}
	return n;
}

/* Front ends speak for their clients: they are never to blame (A90). */
static void take_safe(const struct conf *c)
{
	struct guard_net nets[2 * CONF_LIST_MAX];
	size_t n = add_safe(c->guard.safe, c->guard.safe_count, nets, 0);
	n = add_safe(c->server.proxy_from, c->server.proxy_from_count, nets, n);
	if (guard_set_safe(guard_engine, nets, n) != OK)
		role_failed("safe list", E_TOOBIG);
}

static int open_guard(const struct conf *c)
{
	struct guard_setup setup = { .counters = c->guard.counters, .memories = c->guard.counters, .admin_s = (uint32_t)c->guard.admin_safe,
		.ban_loopback = c->guard.ban_loopback };
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct guard_rules_error e;
	int r = guard_rules_load(guard_rules_default(), rules, &e);
	random_bytes(setup.key, sizeof setup.key);
	random_bytes(shared_key, sizeof shared_key);
	if (r == OK) {
		guard_engine = guard_new(&setup, rules);
		take_safe(c);
	}
	mem_free(rules);
	return r;
}

static void tick(void *ctx)
{
	(void)ctx;
	sentences_expire(clock_mono_ms());
}

static void started(const struct conf *c)
{
	(void)c;
	if (loop_timer(EXPIRE_MS, EXPIRE_MS, tick, NULL) != OK)
		role_failed("timer", E_IO);
	keep_start();
}

static bool names_by_hash(enum role role) { return role == ROLE_SMTP || role == ROLE_IMAP || role == ROLE_STORE; }

static void peer(struct channel *c)
{
	struct ipc_guard_key_note key = { .key = { (const char *)shared_key, sizeof shared_key } };
	if (names_by_hash(channel_peer(c)) && ipc_note_guard_key(c, &key) != OK)
		log_event(LOG_ERROR, "guard.key", LOG_C("role", role_name(channel_peer(c))), LOG_END);
	guard_tell_all(c);
}

static void reloaded(const struct conf *c) { take_safe(c); }

static const struct ipc_service services[] = {
	IPC_SERVE(guard_event, guard_on_event), IPC_SERVE(guard_crash, guard_on_crash), IPC_SERVE_FIBER(guard_admin, guard_on_admin),
};

const struct role_spec guard_role = {
	.role = ROLE_GUARD,
	.policy = { .threads = false },
	.services = services,
	.service_count = COUNT_OF(services),
	.open = open_guard,
	.started = started,
	.peer = peer,
	.reloaded = reloaded,
};
