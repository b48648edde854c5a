/* What the running server says of itself. */
#include "cli/cli_audit.h"

#include "proto/dns/dns_rdata.h"

#include <stdio.h>
#include <string.h>

enum { PART_MAX = 64, DNS_MS = 6000, TYPE_DNSKEY = 48, LANDLOCK_TCP = 4 };

static const char *text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

void audit_running(struct audit *a, const struct audit_check *c)
{
	const char *state = a->status ? text(a->status, "state") : "not running";
	if (strcmp(state, "up") == 0)
		audit_report(a, c, NULL, AUDIT_GOOD, "up for %lld s", (long long)json_integer_value(json_object_get(a->status, "uptime")));
	else
		audit_report(a, c, NULL, AUDIT_MISSING, "%s", state);
}

void audit_own_users(struct audit *a, const struct audit_check *c)
{
	if (!a->status)
		return;
	if (json_is_true(json_object_get(a->status, "root")))
		audit_report(a, c, NULL, AUDIT_GOOD, "users %llu and following", (unsigned long long)a->conf->server.uid_base);
	else
		audit_report(a, c, NULL, AUDIT_WEAK, "started as an ordinary user: all roles share it");
}

/* Words of a wall that does not stand begin with '-'. */
static bool all_stand(const char *walls, char *fallen, size_t cap)
{
	struct str rest = str_c(walls);
	size_t n = 0;
	fallen[0] = '\0';
	while (rest.n) {
		struct str word = str_until(&rest, ' ');
		if (str_take_char(&word, '-') && n < cap)
			n += (size_t)snprintf(fallen + n, cap - n, "%s" STR_FMT, n ? " " : "", STR_ARG(word));
	}
	return n == 0;
}

/* Landlock of a kernel before 6.7 knows files only: TCP is then held by the list of system calls alone. */
static bool knows_files_only(const char *walls)
{
	const char *at = strstr(walls, "landlock-");
	struct str rest = str_c(at ? at + strlen("landlock-") : "");
	uint64_t abi;
	return str_take_u64(&rest, UINT32_MAX, &abi) == OK && abi < LANDLOCK_TCP;
}

static void wall_of(struct audit *a, const struct audit_check *c, json_t *role)
{
	char fallen[256];
	const char *walls = text(role, "walls"), *name = text(role, "role");
	if (strcmp(text(role, "state"), "up") != 0)
		audit_report(a, c, name, AUDIT_UNKNOWN, "it does not run now");
	else if (!strstr(walls, "seccomp"))
		audit_report(a, c, name, AUDIT_MISSING, "no list of system calls");
	else if (!all_stand(walls, fallen, sizeof fallen))
		audit_report(a, c, name, AUDIT_WEAK, "could not be raised: %s", fallen);
	else if (knows_files_only(walls))
		audit_report(a, c, name, AUDIT_WEAK, "Landlock of this kernel does not know TCP: %s", walls);
	else
		audit_report(a, c, name, AUDIT_GOOD, "%s", walls);
}

/* The workers of a role have the same walls: the first speaks for all. */
void audit_walls(struct audit *a, const struct audit_check *c)
{
	json_t *role;
	size_t i;
	json_array_foreach(json_object_get(a->status, "roles"), i, role)
		if (json_integer_value(json_object_get(role, "worker")) == 0)
			wall_of(a, c, role);
}

void audit_restarts(struct audit *a, const struct audit_check *c)
{
	char who[256] = "";
	size_t i, n = 0;
	json_t *role;
	if (!a->status)
		return;
	json_array_foreach(json_object_get(a->status, "roles"), i, role) {
		long long times = (long long)json_integer_value(json_object_get(role, "restarts"));
		if (times && n < sizeof who)
			n += (size_t)snprintf(who + n, sizeof who - n, "%s%s-%lld %lld times", n ? ", " : "", text(role, "role"),
				(long long)json_integer_value(json_object_get(role, "worker")), times);
	}
	audit_report(a, c, NULL, n ? AUDIT_WEAK : AUDIT_GOOD, "%s", n ? who : "none was started again");
}

void audit_listeners(struct audit *a, const struct audit_check *c)
{
	char part[PART_MAX];
	json_t *l;
	size_t i;
	cli_listeners_answer(a->status);
	json_array_foreach(json_object_get(a->status, "listeners"), i, l) {
		snprintf(part, sizeof part, "%s", text(l, "service"));
		audit_report(a, c, part, json_is_true(json_object_get(l, "answers")) ? AUDIT_GOOD : AUDIT_MISSING, "%s port %lld%s", text(l, "address"),
			(long long)json_integer_value(json_object_get(l, "port")), json_is_true(json_object_get(l, "tls")) ? ", TLS first" : "");
	}
}

void audit_firewall(struct audit *a, const struct audit_check *c)
{
	json_t *f = json_object_get(a->status, "firewall");
	const char *state = text(f, "state");
	if (!f)
		return;
	if (strcmp(state, "kernel") == 0)
		audit_report(a, c, NULL, AUDIT_GOOD, "table %s", text(f, "table"));
	else
		audit_report(a, c, NULL, AUDIT_WEAK, "bans hold only where connections are accepted: %s%s%s", state, *text(f, "why") ? ": " : "", text(f, "why"));
}

/* The root's own keys: every name server has them, and nobody can forge them. */
void audit_resolver(struct audit *a, const struct audit_check *c)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_req q = { .name = STR("."), .type = TYPE_DNSKEY };
	struct ipc_dns_rep r;
	struct channel *resolver = a->status ? cli_role(a->cli, ROLE_RESOLVER) : NULL;
	if (!resolver)
		return;
	int e = ipc_call_dns(resolver, &q, &r, &hold, DNS_MS);
	if (e != OK)
		audit_report(a, c, NULL, AUDIT_UNKNOWN, "the name servers do not answer: %s", err_name(e));
	else if (r.security == DNS_SECURE)
		audit_report(a, c, NULL, AUDIT_GOOD, "the keys of the root were verified");
	else
		audit_report(a, c, NULL, AUDIT_MISSING, "%s", r.security == DNS_BOGUS ? "the keys of the root are forged or cut off" : "no signatures come with answers");
	ipc_release(&hold);
}
