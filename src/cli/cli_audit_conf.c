/* Lines of ceralacca.yaml that make the server weaker than it is by itself. A row each: the line, and when it does. */
#include "cli/cli_audit.h"

#include "os/net.h"

#include <stdio.h>

enum { FAMILY4_LEAST = 8, FAMILY6_LEAST = 16, MANY_TRIES = 20, MANY_ERRORS = 100, FOR_ONE = 5000 };

static bool loopback(const struct conf *c) { return c->relay.allow_loopback; }
static bool no_reserve(const struct conf *c) { return c->store.reserve == 0; }
static bool no_table(const struct conf *c) { return !c->firewall.kernel; }
static bool no_rate(const struct conf *c) { return c->firewall.rate == 0; }
static bool smtp_tries(const struct conf *c) { return c->smtp.sign_in_attempts > MANY_TRIES; }
static bool imap_tries(const struct conf *c) { return c->imap.sign_in_attempts > MANY_TRIES; }
static bool smtp_errors(const struct conf *c) { return c->smtp.errors > MANY_ERRORS; }
static bool imap_errors(const struct conf *c) { return c->imap.errors > MANY_ERRORS; }
static bool per_source(const struct conf *c) { return c->limits.connections_per_source > FOR_ONE; }
static bool ban_loopback(const struct conf *c) { return c->guard.ban_loopback; }
static bool own_anchor(const struct conf *c) { return c->resolver.trust_anchor_count > 0; }
static bool no_policies(const struct conf *c) { return strcmp(c->authentication.dmarc, "mark") == 0; }

static bool wide(char *const *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct net_prefix p;
		if (net_prefix_parse(str_c(list[i]), &p) == OK && p.bits < (p.address.v6 ? FAMILY6_LEAST : FAMILY4_LEAST))
			return true;
	}
	return false;
}

static bool wide_safe(const struct conf *c) { return wide(c->guard.safe, c->guard.safe_count); }
static bool wide_front_ends(const struct conf *c) { return wide(c->server.proxy_from, c->server.proxy_from_count); }

static const struct { const char *line; bool (*weakens)(const struct conf *c); const char *why; } lines[] = {
	{ "relay.allow_loopback", loopback, "mail can be sent to services of this machine" },
	{ "store.reserve", no_reserve, "0: the disk may fill to the last byte" },
	{ "firewall.kernel", no_table, "false: banned addresses still reach the server" },
	{ "firewall.rate", no_rate, "0: one address may connect as fast as it can" },
	{ "smtp.sign_in_attempts", smtp_tries, "a session may guess more than 20 passwords" },
	{ "imap.sign_in_attempts", imap_tries, "a session may guess more than 20 passwords" },
	{ "smtp.errors", smtp_errors, "a session may make more than 100 errors" },
	{ "imap.errors", imap_errors, "a session may make more than 100 errors" },
	{ "limits.connections_per_source", per_source, "one address may hold more than 5000 connections" },
	{ "server.proxy_from", wide_front_ends, "whole networks of the internet may say who a client is" },
	{ "guard.safe", wide_safe, "whole networks of the internet are never kept out, whatever they do" },
	{ "guard.ban_loopback", ban_loopback, "who fails on this machine shuts out all of it" },
	{ "authentication.dmarc", no_policies, "mark: forged senders reach the inbox, whatever their domain demands" },
	{ "resolver.trust_anchor", own_anchor, "who holds that key can sign any name below it" },
};

void audit_conf(struct audit *a, const struct audit_check *c)
{
	size_t weak = 0;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		if (!lines[i].weakens(a->conf))
			continue;
		weak++;
		audit_report(a, c, lines[i].line, AUDIT_WEAK, "%s: %s", lines[i].line, lines[i].why);
	}
	if (!weak)
		audit_report(a, c, NULL, AUDIT_GOOD, "%zu lines that could weaken: none does", COUNT_OF(lines));
}
