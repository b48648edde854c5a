/* Our own table of the kernel's packet filter, "inet ceralacca_<instance>": who is banned, until when, who is always let in, how fast one
 * source may connect. It looks only at TCP to our ports, before other tables, and only ever drops: what it lets pass is still theirs to
 * judge. No other table is read or changed. Loopback always passes; an administrator's way in over another port stays open.
 *
 * Bans are kept in one set for each length of prefix (so that a ban of a network and one of an address in it do not disturb each
 * other, and both cost one look-up); a prefix of another length becomes the next longer ones, up to FIREWALL_SPLIT_MAX of them.
 *
 * The table belongs to our socket (owner flag): it goes when the process ends, however it ends, and nobody else can empty or change it,
 * "nft flush ruleset" included. E_NOTFOUND from a change means that it is gone all the same: build it anew.
 *
 * Every change is one transaction: all of it happens or nothing. Needs CAP_NET_ADMIN in the network namespace and no other privilege; all
 * of it runs behind the walls (sandbox_policy.net_admin has the system calls). E_DENIED (no capability) and E_UNSUPPORTED (a kernel
 * without nf_tables, or a sandbox without netlink) tell the caller to apply the same decisions when it accepts connections.
 *
 * Text that reaches libnftables is made here from numbers only, never from a caller's words. */
#ifndef OS_FIREWALL_H
#define OS_FIREWALL_H

#include "os/net.h"

enum { FIREWALL_INSTANCE_MAX = 32, FIREWALL_SPLIT_MAX = 4096, FIREWALL_PORTS_MAX = 64, FIREWALL_SET_MAX = 1 << 18, FIREWALL_LIST_MAX = 1 << 20 };

struct firewall;

struct firewall_ban { struct net_prefix net; uint32_t seconds; };        /* 0: until it is lifted */

struct firewall_setup {
	const uint16_t *ports;                  /* what listens */
	size_t port_count;                      /* 1 to FIREWALL_PORTS_MAX */
	const struct net_prefix *own;         /* addresses that listen; none: all of the machine's */
	size_t own_count;
	uint32_t rate, burst;                   /* new connections a second of one source (IPv6: of one /64), and at once; rate 0: no limit */
	const struct net_prefix *allow;       /* always let in, never banned or limited */
	size_t allow_count;
	const struct firewall_ban *bans;        /* what stands from before */
	size_t ban_count;
};

/* instance: a-z, 0-9 and "_", so that several servers on one machine have a table each. E_SYNTAX, E_DENIED, E_UNSUPPORTED, E_IO.
 * The socket belongs to the network namespace of this moment. */
must_use int firewall_open(struct str instance, struct firewall **ret);
void firewall_close(struct firewall *f);        /* and the table goes; takes NULL */

/* Whether a network is one that firewall_ban takes, and not split too finely. */
bool firewall_can_ban(const struct net_prefix *net);
/* Makes the table, or makes it anew when it is there, in one transaction: no packet sees a moment without it. (More bans than fit into
 * one, where the machine's root is not ours, follow in others.) */
must_use int firewall_build(struct firewall *f, const struct firewall_setup *setup);
must_use int firewall_remove(struct firewall *f);                               /* OK also when there is none */

/* A ban that stands already gets the new time. E_NOTFOUND: no table; E_TOOBIG: a prefix that would be split too finely. */
must_use int firewall_ban(struct firewall *f, const struct firewall_ban *bans, size_t n);
must_use int firewall_unban(struct firewall *f, const struct net_prefix *nets, size_t n);     /* OK also for those that are not banned */
/* What is banned now, seconds that are left rounded up. E_NOTFOUND: no table. */
must_use int firewall_list(struct firewall *f, struct arena *a, struct firewall_ban **ret, size_t *ret_n);

/* What the kernel or libnftables said about the last failure, one line for the log; valid until the next call. */
struct str firewall_why(const struct firewall *f);

#endif
