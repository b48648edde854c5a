/* Looks whether the records of keys that wait are visible in DNS, and tells keys, which switches to them in time. */
#include "role/relay/relay.h"

#include "ipc/role_run.h"
#include "os/log.h"
#include "proto/dkim/dkim_private.h"

enum { KEYS_MS = 30000, FIRST_MS = 2000, LOOK_MEMORY = 16 << 20 };

struct waiting_key { struct str domain, selector, record; uint32_t algorithm, state; };

/* OK: seen, E_NOTFOUND: it is not there; else nothing is known now. */
static int look(struct relay *r, const struct waiting_key *k)
{
	struct arena a;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_rep answer;
	struct dns_env_answer found = { .status = DNS_ENV_TEMPERROR };
	bool seen = false;
	arena_init(&a, LOOK_MEMORY, NULL, NULL);
	struct str name = arena_printf(&a, STR_FMT "._domainkey." STR_FMT, STR_ARG(k->selector), STR_ARG(k->domain));
	if (r->env->dns(r->ctx, name, DNS_TXT, &answer, &hold) == OK)
		dns_env_answer_read(&a, DNS_TXT, answer.rcode, answer.security, answer.answers, &found);
	for (size_t i = 0; i < found.count; i++)
		seen = seen || dkim_record_is(k->record, found.values[i].text);
	ipc_release(&hold);
	arena_done(&a);
	return seen ? OK : found.status == DNS_ENV_TEMPERROR ? E_TIMEOUT : E_NOTFOUND;
}

static int report(struct relay *r, const struct waiting_key *k)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dkim_key_seen_rep a;
	int seen = look(r, k);
	if (seen != OK && seen != E_NOTFOUND)
		return OK;
	struct ipc_dkim_key_seen_req q = { .domain = k->domain, .selector = k->selector, .visible = seen == OK };
	int err = ipc_call_dkim_key_seen(NULL, &q, &a, &hold, KEYS_MS);
	ipc_release(&hold);
	return err;
}

static int look_at_all(struct relay *r)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dkim_keys_rep a = { 0 };
	int err = ipc_call_dkim_keys(NULL, &(struct ipc_dkim_keys_req){ .domain = STR("") }, &a, &hold, KEYS_MS);
	struct reader in = reader_of(err == OK ? a.keys : STR(""));
	while (in.err == OK && in.rest.n && err == OK) {
		struct waiting_key k = { .domain = read_str(&in, 255), .selector = read_str(&in, 63) };
		k.algorithm = read_u32(&in);
		k.state = read_u32(&in);
		(void)read_u64(&in);
		k.record = read_str(&in, DKIM_PRIVATE_RECORD_MAX);
		if (in.err == OK && (k.state == DKIM_KEY_WAITING || k.state == DKIM_KEY_VISIBLE))
			err = report(r, &k);
	}
	ipc_release(&hold);
	return err == OK ? in.err : err;
}

void relay_watch_keys(void *relay)
{
	struct relay *r = relay;
	int64_t wait = FIRST_MS;
	while (fiber_sleep(wait) == OK && !r->stopping) {
		int err = look_at_all(r);
		relay_intake_prune(r);
		if (err != OK)
			log_event(LOG_WARNING, "relay.keys", LOG_C("why", "keys that wait for DNS could not be looked after"), LOG_E(err), LOG_END);
		wait = (int64_t)r->conf->dkim.check_every * 1000;
	}
}
