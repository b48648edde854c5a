/* Front ends (load balancers, reverse proxies) that connect for their clients, by server.proxy_from. A connection from one starts with a
 * PROXY header and counts for the client that it names; all others are their own clients, and a header from them is junk (A89). */
#ifndef IPC_FRONT_END_H
#define IPC_FRONT_END_H

#include "ipc/conf.h"
#include "os/net.h"

struct front_ends { struct net_prefix nets[CONF_LIST_MAX]; size_t count; };

void front_ends_set(struct front_ends *f, const struct conf *c);       /* the list was checked with the configuration */
bool front_ends_have(const struct front_ends *f, const struct net_address *peer);

#endif
