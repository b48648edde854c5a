/* Networks as elements of sets. */
#include "os/firewall_internal.h"

/* Lengths of prefix that have a set, the longer first. */
const struct firewall_length firewall_lengths[FIREWALL_LENGTHS] = {
	{ false, 32, "255.255.255.255" }, { false, 24, "255.255.255.0" }, { false, 16, "255.255.0.0" }, { false, 8, "255.0.0.0" },
	{ true, 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" }, { true, 64, "ffff:ffff:ffff:ffff::" }, { true, 56, "ffff:ffff:ffff:ff00::" },
	{ true, 48, "ffff:ffff:ffff::" }, { true, 40, "ffff:ffff:ff00::" }, { true, 32, "ffff:ffff::" },
};

void firewall_put_address(struct bufw *w, const struct net_address *a)
{
	char text[NET_ADDRESS_TEXT];
	bufw_c(w, net_format(a, text));
}

void firewall_mask(struct net_address *a, unsigned bits)
{
	for (unsigned i = 0; i < sizeof a->bytes; i++) {
		unsigned left = bits > i * 8 ? bits - i * 8 : 0;
		a->bytes[i] &= (uint8_t)(left >= 8 ? 0xffu : 0xff00u >> left);
	}
}

/* The next network of this length: one is added at its last bit, with carry. */
static void next(struct net_address *a, unsigned bits)
{
	unsigned i = (bits - 1) / 8, add = 1u << (7 - (bits - 1) % 8);
	for (;; i--) {
		unsigned sum = a->bytes[i] + add;
		a->bytes[i] = (uint8_t)sum;
		if (sum < 256 || i == 0)
			return;
		add = 1;
	}
}

int firewall_split_of(const struct net_prefix *net, struct firewall_split *ret)
{
	unsigned most = net->address.v6 ? 128 : 32;
	const struct firewall_length *best = NULL;
	if (net->bits > most)
		return E_SYNTAX;
	for (size_t i = 0; i < FIREWALL_LENGTHS; i++)
		if (firewall_lengths[i].v6 == net->address.v6 && firewall_lengths[i].bits >= net->bits)
			best = &firewall_lengths[i];
	if (!best || 1ull << (best->bits - net->bits) > FIREWALL_SPLIT_MAX)
		return E_TOOBIG;
	*ret = (struct firewall_split){ best, net->address, 1u << (best->bits - net->bits) };
	firewall_mask(&ret->first, net->bits);
	return OK;
}

/* "192.0.2.0 timeout 60s, 192.0.3.0 timeout 60s"; seconds NULL: no time is said. */
static void put_elements(struct bufw *w, const struct firewall_split *s, const uint32_t *seconds)
{
	struct net_address a = s->first;
	for (uint32_t i = 0; i < s->count; i++) {
		bufw_c(w, i ? ", " : "");
		firewall_put_address(w, &a);
		if (seconds && *seconds)
			bufw_printf(w, " timeout %us", *seconds);
		next(&a, s->length->bits);
	}
}

static void open_command(struct bufw *w, const char *verb, const char *table, const struct firewall_length *l)
{
	bufw_printf(w, "%s element inet %s ban%c_%u { ", verb, table, l->v6 ? '6' : '4', l->bits);
}

static void put_command(struct bufw *w, const char *verb, const char *table, const struct firewall_split *s, const uint32_t *seconds)
{
	open_command(w, verb, table, s->length);
	put_elements(w, s, seconds);
	bufw_c(w, " }\n");
}

/* An element that is there keeps its time when it is added again, and one that is not can't be deleted: so it is added, deleted, added. */
int firewall_put_ban(struct bufw *w, const char *table, const struct firewall_ban *ban)
{
	int r = firewall_put_unban(w, table, &ban->net);
	struct firewall_split s;
	if (r == OK)
		r = firewall_split_of(&ban->net, &s);
	if (r == OK)
		put_command(w, "add", table, &s, &ban->seconds);
	return r;
}

int firewall_put_unban(struct bufw *w, const char *table, const struct net_prefix *net)
{
	struct firewall_split s;
	int r = firewall_split_of(net, &s);
	if (r != OK)
		return r;
	put_command(w, "add", table, &s, NULL);
	put_command(w, "delete", table, &s, NULL);
	return OK;
}

/* Those of one set; nothing when there are none. */
static void put_set(struct bufw *w, const char *table, const struct firewall_length *length, const struct firewall_ban *bans, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		struct firewall_split s;
		if (firewall_split_of(&bans[i].net, &s) != OK || s.length != length)
			continue;
		if (any)
			bufw_c(w, ", ");
		else
			open_command(w, "add", table, length);
		any = true;
		put_elements(w, &s, &bans[i].seconds);
	}
	bufw_c(w, any ? " }\n" : "");
}

int firewall_put_bans(struct bufw *w, const char *table, const struct firewall_ban *bans, size_t n)
{
	struct firewall_split s;
	for (size_t i = 0; i < n; i++) {
		int r = firewall_split_of(&bans[i].net, &s);
		if (r != OK)
			return r;
	}
	for (size_t i = 0; i < FIREWALL_LENGTHS; i++)
		put_set(w, table, &firewall_lengths[i], bans, n);
	return OK;
}
