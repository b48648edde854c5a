#include "cli/cli_internal.h"

#include "io/fiber.h"
#include "io/stream.h"
#include "os/clock.h"

#include <stdio.h>

enum { CALL_MS = 5000, PROBE_MS = 2000, POLL_MS = 50 };

static json_t *ask(struct cli *c)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_status_req q;
	struct ipc_status_rep a;
	struct channel *parent = cli_parent(c);
	json_t *j = NULL;
	memset(&q, 0, sizeof q);
	if (parent && ipc_call_status(parent, &q, &a, &hold, CALL_MS) == OK)
		j = json_loadb(a.report.p, a.report.n, 0, NULL);
	if (parent)
		channel_close(parent);
	ipc_release(&hold);
	return j;
}

/* Our own address may be a front end's: then we say that we come for nobody (PROXY protocol 2.2, LOCAL). */
static int introduce(struct stream *s, json_t *proxy_from)
{
	static const struct str local = STR_INIT("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	struct net_address own;
	struct net_prefix p;
	json_t *net;
	size_t i;
	if (getsockname(stream_fd(s), (struct sockaddr *)&ss, &n) != 0)
		return E_IO;
	net_from_sockaddr(&ss, &own);
	json_array_foreach(proxy_from, i, net)
		if (net_prefix_parse(str_c(json_string_value(net)), &p) == OK && net_prefix_has(&p, &own))
			return stream_write(s, local);
	return OK;
}

/* A listener answers when it accepts, and greets where the protocol says so. */
static bool answers(json_t *listener, json_t *proxy_from)
{
	struct net_address a;
	struct stream *s;
	const char *address = json_string_value(json_object_get(listener, "address"));
	int64_t deadline = clock_mono_ms() + PROBE_MS;
	if (net_parse(str_c(address), (uint16_t)json_integer_value(json_object_get(listener, "port")), &a) != OK)
		return false;
	if (net_is_unspecified(&a) && net_parse(a.v6 ? STR("::1") : STR("127.0.0.1"), a.port, &a) != OK)
		return false;
	if (stream_connect(&a, NULL, deadline, &s) != OK)
		return false;
	bool greets = json_is_true(json_object_get(listener, "greets")) && !json_is_true(json_object_get(listener, "tls"));
	bool ok = introduce(s, proxy_from) == OK && (!greets || stream_read(s, deadline) == OK);
	stream_free(s);
	return ok;
}

bool cli_listeners_answer(json_t *status)
{
	size_t i;
	json_t *l;
	bool ok = true;
	json_array_foreach(json_object_get(status, "listeners"), i, l) {
		bool one = answers(l, json_object_get(status, "proxy_from"));
		json_object_set_new(l, "answers", json_boolean(one));
		ok = ok && one;
	}
	return ok;
}

static void print_dnssec(const char *state)
{
	static const char *const lines[RESOLVER_TRUSTS] = {
		[RESOLVER_UNPROVEN] = "no name server has answered yet",
		[RESOLVER_VALIDATES] = "answers are validated (DNSSEC)",
		[RESOLVER_STRIPPED] = "the name servers cut signatures off: answers cannot be proven, and there is no DANE",
	};
	for (unsigned i = 0; state && i < RESOLVER_TRUSTS; i++)
		if (strcmp(state, resolver_trust_name(i)) == 0)
			printf("DNS: %s\n", lines[i]);
}

static void print_firewall(json_t *f)
{
	const char *state = json_string_value(json_object_get(f, "state")), *why = json_string_value(json_object_get(f, "why"));
	if (state && strcmp(state, "kernel") == 0)
		printf("\nfirewall: the kernel drops what is banned (table %s)\n", json_string_value(json_object_get(f, "table")));
	else
		printf("\nfirewall: bans hold only where connections are accepted (%s%s%s)\n", state ? state : "?", why && *why ? ": " : "", why ? why : "");
}

static void print(json_t *s)
{
	static const struct cli_column roles[] = { { "ROLE", "role" }, { "WORKER", "worker" }, { "PID", "pid" }, { "STATE", "state" }, { "RESTARTS", "restarts" }, { "WALLS", "walls" } };
	static const struct cli_column listeners[] = { { "SERVICE", "service" }, { "ADDRESS", "address" }, { "PORT", "port" }, { "TLS", "tls" }, { "ANSWERS", "answers" } };
	printf("%s: %s for %lld s (process %lld)\n\n", json_string_value(json_object_get(s, "hostname")), json_string_value(json_object_get(s, "state")),
		(long long)json_integer_value(json_object_get(s, "uptime")), (long long)json_integer_value(json_object_get(s, "pid")));
	cli_table(json_object_get(s, "roles"), roles, COUNT_OF(roles), "no roles");
	putchar('\n');
	cli_table(json_object_get(s, "listeners"), listeners, COUNT_OF(listeners), "no listeners");
	print_firewall(json_object_get(s, "firewall"));
	print_dnssec(json_string_value(json_object_get(s, "dnssec")));
}

int cli_status(struct cli *c)
{
	int64_t until = clock_mono_ms() + (int64_t)c->wait * 1000;
	json_t *s;
	bool up;
	for (;;) {
		s = ask(c);
		const char *state = s ? json_string_value(json_object_get(s, "state")) : NULL;
		up = state && strcmp(state, "up") == 0 && cli_listeners_answer(s);
		if (up || clock_mono_ms() >= until)
			break;
		json_decref(s);
		if (fiber_sleep(POLL_MS) != OK)
			return CLI_REFUSED;
	}
	if (!s)
		return cli_refuse("no server runs with the data folder %s", c->dir);
	if (c->json)
		cli_json(s);
	else
		print(s);
	json_decref(s);
	return up ? CLI_OK : CLI_REFUSED;
}

static int act(struct cli *c, const char *what)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_parent_act_req q = { .act = str_c(what) };
	struct ipc_parent_act_rep a;
	struct channel *parent = cli_parent(c);
	if (!parent)
		return cli_refuse("no server runs with the data folder %s", c->dir);
	int r = ipc_call_parent_act(parent, &q, &a, &hold, CALL_MS);
	int status = CLI_OK;
	if (r != OK)
		status = cli_refuse("the server does not answer: %s", err_name(r));
	else if (a.refused)
		status = cli_refuse("%.*s", (int)a.text.n, a.text.p);
	else if (a.text.n)
		printf("%.*s\n", (int)a.text.n, a.text.p);
	ipc_release(&hold);
	return status;
}

int cli_reload(struct cli *c) { return act(c, "reload"); }

int cli_stop(struct cli *c)
{
	int status = act(c, "stop");
	struct channel *parent;
	while (status == CLI_OK && (parent = cli_parent(c))) {
		channel_close(parent);
		if (fiber_sleep(POLL_MS) != OK)
			return CLI_REFUSED;
	}
	return status;
}
