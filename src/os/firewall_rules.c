/* The table as libnftables reads it. */
#include "os/firewall_internal.h"

enum { RATE_SOURCES = 65535 };

static void put_set(struct bufw *w, const char *name, bool v6, const struct net_prefix *nets, size_t n)
{
	const char *between = "elements = { ";
	bufw_printf(w, "\tset %s%c { type ipv%c_addr; flags interval; auto-merge; ", name, v6 ? '6' : '4', v6 ? '6' : '4');
	for (size_t i = 0; i < n; i++) {
		struct net_address a = nets[i].address;
		if (a.v6 != v6)
			continue;
		firewall_mask(&a, nets[i].bits);
		bufw_c(w, between);
		firewall_put_address(w, &a);
		bufw_printf(w, "/%u", nets[i].bits);
		between = ", ";
	}
	bufw_printf(w, "%s}\n", between[0] == ',' ? " } " : "");
}

static void put_sets(struct bufw *w, const struct firewall_setup *setup)
{
	bufw_c(w, "\tset ports { type inet_service; elements = { ");
	for (size_t i = 0; i < setup->port_count; i++)
		bufw_printf(w, "%s%u", i ? ", " : "", setup->ports[i]);
	bufw_c(w, " } }\n");
	for (int v6 = 0; v6 < 2; v6++) {
		char version = v6 ? '6' : '4';
		put_set(w, "own", v6, setup->own, setup->own_count);
		put_set(w, "allow", v6, setup->allow, setup->allow_count);
		if (setup->rate)
			bufw_printf(w, "\tset rate%c { type ipv%c_addr; flags dynamic,timeout; timeout 1m; size %d; }\n", version, version, RATE_SOURCES);
	}
	for (size_t i = 0; i < FIREWALL_LENGTHS; i++) {
		char version = firewall_lengths[i].v6 ? '6' : '4';
		bufw_printf(w, "\tset ban%c_%u { type ipv%c_addr; flags timeout; size %d; }\n", version, firewall_lengths[i].bits, version, FIREWALL_SET_MAX);
	}
}

/* The limit counts SYN packets, so that it needs no connection tracking. Where its set is full, connections pass. */
static void put_rate(struct bufw *w, const struct firewall_setup *setup, char version, const char *source)
{
	uint32_t burst = setup->burst ? setup->burst : setup->rate;
	bufw_printf(w, "\t\ttcp flags & (fin|syn|rst|ack) == syn add @rate%c { %s limit rate over %u/second burst %u packets } counter drop\n", version,
		    source, setup->rate, burst);
}

static void put_chain(struct bufw *w, const struct firewall_setup *setup)
{
	bufw_c(w, "\tchain input {\n\t\ttype filter hook input priority -300; policy accept;\n"
		  "\t\tiifname \"lo\" accept\n\t\tmeta l4proto != tcp accept\n\t\ttcp dport != @ports accept\n");
	if (setup->own_count)
		bufw_c(w, "\t\tip daddr != @own4 accept\n\t\tip6 daddr != @own6 accept\n");
	bufw_c(w, "\t\tip saddr @allow4 accept\n\t\tip6 saddr @allow6 accept\n");
	for (size_t i = 0; i < FIREWALL_LENGTHS; i++) {
		const struct firewall_length *l = &firewall_lengths[i];
		bufw_printf(w, "\t\t%s saddr & %s @ban%c_%u counter drop\n", l->v6 ? "ip6" : "ip", l->mask, l->v6 ? '6' : '4', l->bits);
	}
	if (setup->rate) {
		put_rate(w, setup, '4', "ip saddr");
		put_rate(w, setup, '6', "ip6 saddr & ffff:ffff:ffff:ffff::");
	}
	bufw_c(w, "\t}\n");
}

void firewall_put_table(struct bufw *w, const char *table, const struct firewall_setup *setup)
{
	bufw_printf(w, "table inet %s {\n\tflags owner;\n", table);
	put_sets(w, setup);
	put_chain(w, setup);
	bufw_c(w, "}\n");
}
