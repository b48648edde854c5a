/* What shall be banned now, as the guard told it: from this the kernel's table can be made anew at any time. Bounded. */
#ifndef FIREWALL_BANS_H
#define FIREWALL_BANS_H

#include "os/firewall.h"

enum { FIREWALL_BANS_MAX = 65536 };

struct firewall_bans { struct map by_net; };

void firewall_bans_init(struct firewall_bans *b, uint64_t seed);       /* seed: random */
void firewall_bans_done(struct firewall_bans *b);
void firewall_bans_clear(struct firewall_bans *b);
size_t firewall_bans_count(const struct firewall_bans *b);

/* seconds from now (ms); 0: lifted. A ban that stands gets the new time. E_FULL: FIREWALL_BANS_MAX stand, and none has ended. */
must_use int firewall_bans_set(struct firewall_bans *b, const struct net_prefix *net, uint32_t seconds, int64_t now);
/* Those that stand, with the seconds that are left, in the arena; what has ended is forgotten. */
void firewall_bans_list(struct firewall_bans *b, int64_t now, struct arena *a, struct firewall_ban **ret, size_t *ret_n);

#endif
