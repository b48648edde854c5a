#include "ipc/guard_bans.h"

#include "os/clock.h"
#include "os/random.h"

static struct ban_list list;
static void (*on_out)(const struct ipc_ban_note *m);

void guard_bans_start(void (*out)(const struct ipc_ban_note *m))
{
	ban_list_init(&list, random_u64());
	on_out = out;
}

/* One that cannot be taken is counted in the list; the kernel may still know it. */
void guard_bans_on_note(struct channel *from, const struct ipc_ban_note *m)
{
	(void)from;
	if (ban_list_take(&list, m, clock_mono_ms()) == OK && m->act == BAN_OUT && m->seconds)
		on_out(m);
}

enum ban_act guard_bans_find(const struct net_address *peer) { return ban_list_find(&list, peer, clock_mono_ms()); }
