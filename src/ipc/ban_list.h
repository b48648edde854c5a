/* Who is kept out, as the guard has told it: networks of any length, each with a time for each act. For the roles that accept connections.
 * Bounded: at BAN_LIST_MAX what has ended makes room, then new ones are not taken. */
#ifndef IPC_BAN_LIST_H
#define IPC_BAN_LIST_H

#include "ipc/ipc.h"
#include "os/net.h"

enum { BAN_LIST_MAX = 65536, BAN_BITS = 129 };

struct ban_list {
	struct map bans;                        /* by family, length and network */
	uint32_t lengths[2][BAN_BITS];          /* how many of each: IPv4, IPv6 */
	uint64_t refused;                       /* not taken: the list was full */
};

void ban_list_init(struct ban_list *l, uint64_t seed);     /* seed: random */
void ban_list_done(struct ban_list *l);
/* E_SYNTAX: no network, or bits behind its end; E_FULL. now: clock_mono_ms. */
must_use int ban_list_take(struct ban_list *l, const struct ipc_ban_note *m, int64_t now);
/* The harshest that stands for the address now. */
enum ban_act ban_list_find(const struct ban_list *l, const struct net_address *a, int64_t now);
/* Whether the note speaks of the address. */
bool ban_covers(const struct ipc_ban_note *m, const struct net_address *a);

#endif
