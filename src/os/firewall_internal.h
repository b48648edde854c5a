/* The inside of the firewall, shared by its files only. */
#ifndef OS_FIREWALL_INTERNAL_H
#define OS_FIREWALL_INTERNAL_H

#include "os/firewall.h"

struct nft_ctx;

struct firewall {
	struct nft_ctx *nft;
	char table[FIREWALL_INSTANCE_MAX + 16];
	struct buf why;
};

enum { FIREWALL_LENGTHS = 10 };
struct firewall_length { bool v6; uint8_t bits; const char *mask; };
extern const struct firewall_length firewall_lengths[FIREWALL_LENGTHS];

/* A network as elements of the set of one length: the first of them, and how many. E_SYNTAX, E_TOOBIG. */
struct firewall_split { const struct firewall_length *length; struct net_address first; uint32_t count; };
must_use int firewall_split_of(const struct net_prefix *net, struct firewall_split *ret);

void firewall_put_address(struct bufw *w, const struct net_address *a);
void firewall_mask(struct net_address *a, unsigned bits);
/* The table with its sets and its chain. */
void firewall_put_table(struct bufw *w, const char *table, const struct firewall_setup *setup);
/* Bans for a table that was just made: one command a set. E_SYNTAX, E_TOOBIG. */
must_use int firewall_put_bans(struct bufw *w, const char *table, const struct firewall_ban *bans, size_t n);
/* A ban whether it is there or not, with its new time; the end of one whether it is there or not. */
must_use int firewall_put_ban(struct bufw *w, const char *table, const struct firewall_ban *ban);
must_use int firewall_put_unban(struct bufw *w, const char *table, const struct net_prefix *net);

must_use int firewall_run(struct firewall *f, struct bufw *w);         /* what was written is run as one transaction */

#endif
