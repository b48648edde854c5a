#include "role/relay/relay_dane.h"

enum { TLSA_NAME_MAX = 253 };

/* A proof is asked for: without one the answer is as good as none. */
static enum relay_dane_state ask(const struct relay_lookup *l, struct arena *a, struct str name, uint32_t type,
				 struct str *ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_rep answer = { 0 };
	enum relay_dane_state state = RELAY_DANE_NONE;
	if (l->dns(l->ctx, name, type, &answer, &hold) != OK || answer.security == DNS_BOGUS)
		state = RELAY_DANE_UNKNOWN;
	else if (answer.security == DNS_SECURE && answer.answers.n)
		state = RELAY_DANE_RECORDS;
	if (state == RELAY_DANE_RECORDS)
		*ret = arena_dup(a, answer.answers);
	ipc_release(&hold);
	return state;
}

static enum relay_dane_state ask_tlsa(const struct relay_lookup *l, struct arena *a, struct str base, uint16_t port,
				      struct relay_dane *ret)
{
	struct str answers = STR(""), name = arena_printf(a, "_%u._tcp." STR_FMT, port, STR_ARG(base));
	enum relay_dane_state state = name.n > TLSA_NAME_MAX ? RELAY_DANE_NONE : ask(l, a, name, DNS_TLSA, &answers);
	if (state != RELAY_DANE_RECORDS)
		return state;
	dane_set_read(answers, &ret->set);
	ret->base = base;
	return ret->set.present ? RELAY_DANE_RECORDS : RELAY_DANE_NONE;
}

static bool is_alias(const struct relay_target *t) { return t->canonical.n && !str_ieq(t->canonical, t->host); }

/* Section 2.2.2: an alias that leads out of what is signed keeps its own promise, if it is itself signed. */
static enum relay_dane_state ask_alias(const struct relay_lookup *l, struct arena *a, const struct relay_target *t,
				       struct relay_dane *ret)
{
	struct str ignored;
	enum relay_dane_state state = is_alias(t) ? ask(l, a, t->host, DNS_CNAME, &ignored) : RELAY_DANE_NONE;
	return state == RELAY_DANE_RECORDS ? ask_tlsa(l, a, t->host, t->address.port, ret) : state;
}

/* Section 2.2.3: the name behind the aliases first, then the name of the MX record. */
static enum relay_dane_state ask_host(const struct relay_lookup *l, struct arena *a, const struct relay_target *t,
				      struct relay_dane *ret)
{
	if (!t->secure)
		return ask_alias(l, a, t, ret);
	enum relay_dane_state state =
	    is_alias(t) ? ask_tlsa(l, a, t->canonical, t->address.port, ret) : RELAY_DANE_NONE;
	return state == RELAY_DANE_NONE ? ask_tlsa(l, a, t->host, t->address.port, ret) : state;
}

static void add_name(struct relay_dane *d, struct str name)
{
	for (size_t i = 0; i < d->name_count; i++)
		if (str_ieq(d->names[i], name))
			return;
	if (name.n && d->name_count < DANE_NAMES_MAX)
		d->names[d->name_count++] = name;
}

void relay_dane_look(const struct relay_lookup *l, struct arena *a, const struct relay_route *route,
		     const struct relay_target *t, struct relay_dane *ret)
{
	*ret = (struct relay_dane){ .state = RELAY_DANE_NONE };
	if (route->secure)
		ret->state = ask_host(l, a, t, ret);
	if (ret->state != RELAY_DANE_RECORDS)
		return;
	add_name(ret, ret->base);
	add_name(ret, route->domain);
	add_name(ret, route->canonical);
}
