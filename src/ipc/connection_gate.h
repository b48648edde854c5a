/* How many connections there are, in all and from each source (A16, A20). A source is an IPv4 address or an IPv6 /64.
 */
#ifndef IPC_CONNECTION_GATE_H
#define IPC_CONNECTION_GATE_H

#include "base/base.h"
#include "ipc/conf.h"
#include "os/net.h"

struct connection_gate { struct map sources; size_t count; };

void connection_gate_init(struct connection_gate *g, uint64_t seed);
void connection_gate_done(struct connection_gate *g);
/* Counts a connection in, unless a limit of conf is reached: then false. Loopback has no limit a source unless
 * limits.count_loopback. */
bool connection_gate_enter(struct connection_gate *g, const struct conf *conf, const struct net_address *peer);
/* Counts it under another address from now on: that of the client, when a front end has said it. false: that source is at its limit, and
 * the connection still counts as `from`. */
bool connection_gate_change(struct connection_gate *g, const struct conf *conf, const struct net_address *from, const struct net_address *to);
void connection_gate_leave(struct connection_gate *g, const struct net_address *peer);

#endif
