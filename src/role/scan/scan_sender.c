#include "role/scan/scan_sender.h"

#include "os/net.h"

#include <setjmp.h>

enum { ARENA_MAX = 64 << 20, RECIPIENT_MAX = 320, FACTS_MAX = 64 };

void scan_sender_done(struct scan_sender *s)
{
	verdict_done(&s->verdict);
	buf_done(&s->prefix);
	arena_done(&s->arena);
}

static void full(void *ctx) { longjmp(*(jmp_buf *)ctx, 1); }

static const struct str *strings(struct arena *a, char *const *list, unsigned count)
{
	struct str *v = arena_new_array(a, struct str, count + 1);
	for (unsigned i = 0; i < count; i++)
		v[i] = arena_dup(a, str_c(list[i]));
	return v;
}

static struct verdict_policy policy_of(struct arena *a, const struct conf *c)
{
	static const struct { struct str word; enum verdict_mode mode; } modes[] = {
		{ STR_INIT("reject"), VERDICT_ENFORCE }, { STR_INIT("quarantine"), VERDICT_QUARANTINE }, { STR_INIT("mark"), VERDICT_MARK },
	};
	struct verdict_policy p = {
		.defer_uncertain = str_eq(str_c(c->authentication.uncertain), STR("defer")),
		.sealers = strings(a, c->authentication.trusted_sealers, c->authentication.trusted_sealers_count),
		.sealer_count = c->authentication.trusted_sealers_count,
		.lists = strings(a, c->authentication.trusted_lists, c->authentication.trusted_lists_count),
		.list_count = c->authentication.trusted_lists_count,
	};
	for (size_t i = 0; i < COUNT_OF(modes); i++)
		if (str_eq(modes[i].word, str_c(c->authentication.dmarc)))
			p.mode = modes[i].mode;
	return p;
}

static void add_own(struct arena *a, struct str domain, struct verdict_facts *f, struct str *own)
{
	for (size_t i = 0; i < f->own_count; i++)
		if (str_ieq(own[i], domain))
			return;
	own[f->own_count++] = arena_dup(a, domain);
}

/* The domains of our recipients are ours, and they themselves are who a stranger may pass for. */
static struct verdict_facts facts_of(struct arena *a, const struct conf *c, struct str recipients, uint32_t relation)
{
	static const enum verdict_relation relations[] = {
		[SENDER_UNKNOWN] = VERDICT_RELATION_UNKNOWN, [SENDER_NEW] = VERDICT_RELATION_NONE, [SENDER_SEEN] = VERDICT_RELATION_SEEN,
		[SENDER_CORRESPONDENT] = VERDICT_RELATION_CORRESPONDENT,
	};
	struct str *own = arena_new_array(a, struct str, FACTS_MAX);
	struct verdict_person *people = arena_new_array(a, struct verdict_person, FACTS_MAX);
	struct verdict_facts f = { .own = own, .people = people };
	struct reader r = reader_of(recipients);
	while (r.err == OK && r.rest.n && f.people_count < FACTS_MAX) {
		struct str address = read_str(&r, RECIPIENT_MAX);
		size_t at = str_rfind(address, '@');
		if (at == STR_NPOS)
			continue;
		people[f.people_count++] = (struct verdict_person){ .address = address };
		add_own(a, str_skip(address, at + 1), &f, own);
	}
	f.relation = relations[relation < COUNT_OF(relations) ? relation : SENDER_UNKNOWN];
	f.known = strings(a, c->authentication.known_domains, c->authentication.known_domains_count);
	f.known_count = c->authentication.known_domains_count;
	return f;
}

void scan_sender_init(struct scan_sender *s, const struct conf *c, const struct ipc_scan_req *q)
{
	struct net_address peer;
	*s = (struct scan_sender){ .prefix = { 0 } };
	arena_init(&s->arena, ARENA_MAX, NULL, NULL);
	buf_init(&s->prefix, SCAN_PREFIX_MAX);
	s->input = (struct verdict_input){
		.helo = q->helo,
		.sender = q->sender,
		.receiver = arena_dup(&s->arena, str_c(c->server.hostname)),
		.policy = policy_of(&s->arena, c),
		.facts = facts_of(&s->arena, c, q->recipients, q->relation),
	};
	s->input.has_client = net_parse(q->peer, 0, &peer) == OK;
	if (s->input.has_client) {
		s->input.client.v6 = peer.v6;
		memcpy(s->input.client.bytes, peer.bytes, sizeof s->input.client.bytes);
	}
}

static void catch_full(struct scan_sender *s, jmp_buf *stop)
{
	s->arena.full = full;
	s->arena.ctx = stop;
}

int scan_sender_begin(struct scan_sender *s, struct str message, uint64_t now)
{
	jmp_buf stop;
	catch_full(s, &stop);
	if (setjmp(stop))
		return E_TOOBIG;
	s->input.message = message;
	s->input.now = now;
	verdict_begin(&s->verdict, &s->arena, &s->input);
	return OK;
}

int scan_sender_judge(struct scan_sender *s, struct dns_source source, struct dns_env_limits limits)
{
	jmp_buf stop;
	struct dns_env dns;
	catch_full(s, &stop);
	if (setjmp(stop))
		return E_TOOBIG;
	dns_env_init(&dns, &s->arena, source, limits);
	verdict_judge(&s->verdict, &dns);
	return verdict_write(&s->verdict, &s->prefix);
}
