/* The table that a configuration asks for. */
#ifndef FIREWALL_SETUP_H
#define FIREWALL_SETUP_H

#include "ipc/conf.h"
#include "os/firewall.h"

/* The name of the table behind "ceralacca_": other for servers that can run side by side, the same after a restart. */
struct str firewall_instance(const struct conf *c, char text[FIREWALL_INSTANCE_MAX]);
/* Ports and addresses as the server started with them, since a reload changes no listener; limits and those who are always let in as they are
 * now; no bans. Lists live in the arena. */
void firewall_setup_of(const struct conf *started, const struct conf *now, struct arena *a, struct firewall_setup *ret);

#endif
