/* How many connections there are, in all and from each source (A16, A20). A source is an IPv4 address or an IPv6 /64. */
#ifndef ROLE_IMAP_GATE_H
#define ROLE_IMAP_GATE_H

#include "base/base.h"
#include "ipc/conf.h"
#include "os/net.h"

struct imap_gate { struct map sources; size_t count; };

void imap_gate_init(struct imap_gate *g, uint64_t seed);
void imap_gate_done(struct imap_gate *g);
/* Counts a connection in, unless a limit of conf is reached: then false. Loopback has no limit a source unless
 * limits.count_loopback. */
bool imap_gate_enter(struct imap_gate *g, const struct conf *conf, const struct net_address *peer);
void imap_gate_leave(struct imap_gate *g, const struct net_address *peer);

#endif
