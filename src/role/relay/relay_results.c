#include "role/relay/relay_results.h"

#include "os/clock.h"
#include "os/log.h"
#include "role/relay/relay.h"

enum { MEMORY = 256 << 10, STOP_STEP_MS = 10 };

struct relay_result {
	struct relay_result *next;
	int64_t day;
	uint8_t policy, result;
	char domain[ADDR_DOMAIN_MAX + 1], mx[ADDR_DOMAIN_MAX + 1], address[NET_ADDRESS_TEXT];
};

void relay_results_init(struct relay_results *s)
{
	*s = (struct relay_results){ 0 };
	waiters_init(&s->wake);
}

/* ---- into the store */

static void add_all(struct relay_results *s, const struct relay_result *like, struct tlsrpt_tally *t,
		    struct relay_result **ret_taken)
{
	struct relay_result **at = &s->first, *one;
	while ((one = *at)) {
		if (one->day != like->day || strcmp(one->domain, like->domain) != 0) {
			at = &one->next;
			continue;
		}
		struct tlsrpt_row row = { .policy = one->policy, .result = one->result, .mx = str_c(one->mx),
					  .address = str_c(one->address), .sessions = 1 };
		*at = one->next;
		one->next = *ret_taken;
		*ret_taken = one;
		s->count--;
		tlsrpt_tally_add(t, &row);
	}
}

static int put(struct relay *r, struct str key, const struct tlsrpt_tally *t)
{
	struct buf b;
	buf_init(&b, TLSRPT_TALLY_MAX);
	struct bufw w = { .b = &b };
	tlsrpt_tally_write(&w, t);
	int e = w.err == OK ? r->env->record_put(r->ctx, key, buf_str(&b)) : w.err;
	buf_done(&b);
	return e;
}

/* All that waits about the domain and day of the first. What cannot be recorded is lost: mail does not wait for it. */
static void record_one(struct relay *r)
{
	struct arena a;
	struct str record;
	struct relay_result *taken = NULL, *next;
	char domain[ADDR_DOMAIN_MAX + 1];
	arena_init(&a, MEMORY, NULL, NULL);
	struct tlsrpt_tally *t = arena_new(&a, struct tlsrpt_tally);
	struct relay_result like = *r->results.first;
	memcpy(domain, like.domain, sizeof domain);
	struct str key = arena_printf(&a, RELAY_RESULTS_PREFIX "%lld/%s", (long long)like.day, domain);
	int e = r->env->record_get(r->ctx, &a, key, &record);
	if (e == OK && tlsrpt_tally_read(record, t) != OK)
		t->count = 0;
	add_all(&r->results, &like, t, &taken);
	if (e == OK || e == E_NOTFOUND)
		e = put(r, key, t);
	if (e != OK)
		log_event(LOG_WARNING, "relay.results", LOG_C("domain", domain), LOG_E(e), LOG_END);
	for (; taken; taken = next) {
		next = taken->next;
		mem_free(taken);
	}
	arena_done(&a);
}

static void record(void *arg)
{
	struct relay *r = arg;
	do {
		if (!r->stopping)
			(void)!waiters_wait(&r->results.wake, clock_mono_ms() + RELAY_RESULTS_MS);
		while (r->results.first)
			record_one(r);
	} while (r->results.first);
	r->results.recorder = NULL;
}

/* ---- from connections */

static void copy(char *to, size_t cap, struct str from)
{
	struct str s = str_first(from, cap - 1);
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = '\0';
}

void relay_results_add(struct relay *r, struct str domain, const struct relay_security *s, const struct relay_target *t,
		       enum tlsrpt_result result)
{
	static const uint8_t types[] = { [RELAY_POLICY_NONE] = TLSRPT_NO_POLICY, [RELAY_POLICY_TLSA] = TLSRPT_TLSA,
					 [RELAY_POLICY_STS] = TLSRPT_STS };
	char text[NET_ADDRESS_TEXT];
	if (result == TLSRPT_NO_SESSION || !domain.n || r->results.count >= RELAY_RESULTS_MAX)
		return;
	if (result == TLSRPT_SUCCESS && s->dane && !s->dane->set.count)
		result = TLSRPT_TLSA_INVALID;
	struct relay_result *one = mem_new(struct relay_result);
	*one = (struct relay_result){ .next = r->results.first, .day = r->env->now(r->ctx) / RELAY_DAY,
				      .policy = types[s->policy], .result = (uint8_t)result };
	copy(one->domain, sizeof one->domain, domain);
	copy(one->mx, sizeof one->mx, t->host);
	copy(one->address, sizeof one->address, str_c(net_format(&t->address, text)));
	r->results.first = one;
	r->results.count++;
	if (!r->results.recorder)
		r->results.recorder = fiber_start(record, r);
}

void relay_results_stop(struct relay *r, int64_t within_ms)
{
	int64_t deadline = clock_mono_ms() + within_ms;
	while (r->results.recorder && clock_mono_ms() < deadline) {
		waiters_wake_all(&r->results.wake);
		if (fiber_sleep(STOP_STEP_MS) != OK)
			return;
	}
}

bool relay_results_key_read(struct str key, int64_t *ret_day, struct str *ret_domain)
{
	uint64_t day;
	if (!str_take(&key, STR(RELAY_RESULTS_PREFIX)) || str_u64(str_until(&key, '/'), INT32_MAX, &day) != OK || !key.n)
		return false;
	*ret_day = (int64_t)day;
	*ret_domain = key;
	return true;
}
