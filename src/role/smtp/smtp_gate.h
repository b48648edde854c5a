/* How many connections there are, in all and from each source (A16, A20). A source is an IPv4 address or an IPv6 /64.
 */
#ifndef ROLE_SMTP_GATE_H
#define ROLE_SMTP_GATE_H

#include "base/base.h"
#include "ipc/conf.h"
#include "os/net.h"

struct smtp_gate { struct map sources; size_t count; };

void smtp_gate_init(struct smtp_gate *g, uint64_t seed);
void smtp_gate_done(struct smtp_gate *g);
/* Counts a connection in, unless a limit of conf is reached: then false. Loopback has no limit a source unless
 * limits.count_loopback. */
bool smtp_gate_enter(struct smtp_gate *g, const struct conf *conf, const struct net_address *peer);
void smtp_gate_leave(struct smtp_gate *g, const struct net_address *peer);

#endif
