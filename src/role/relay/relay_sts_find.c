/* From the TXT record to a policy, and into the records of the relay. */
#include "role/relay/relay_sts.h"

#include "os/log.h"
#include "proto/dns/dns_rdata.h"

enum { RECORD_MAX = 66 << 10, NAME_MAX_BYTES = 253 };

/* Section 3.1: records that are none of these do not count; of two nobody knows which. */
static struct str only_id(struct arena *a, struct str answers)
{
	struct reader r = reader_of(answers);
	struct str id = STR(""), one, txt;
	size_t n = 0;
	while (r.err == OK && r.rest.n) {
		struct str rdata = read_str(&r, UINT16_MAX);
		if (r.err != OK || dns_txt_parse(a, rdata, &txt) != OK || sts_record_parse(txt, &one) != OK)
			continue;
		id = one;
		n++;
	}
	return n == 1 ? id : STR("");
}

static struct str ask_id(const struct relay_sts_env *env, void *ctx, struct str domain, struct arena *a)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_rep answer = { 0 };
	struct str id = STR(""), name = arena_printf(a, "_mta-sts." STR_FMT, STR_ARG(domain));
	if (name.n <= NAME_MAX_BYTES && env->dns(ctx, name, DNS_TXT, &answer, &hold) == OK && answer.security != DNS_BOGUS)
		id = arena_dup(a, only_id(a, answer.answers));
	ipc_release(&hold);
	return id;
}

static void keep(const struct relay_sts_env *env, void *ctx, struct str key, const struct relay_sts *s)
{
	struct buf b;
	buf_init(&b, RECORD_MAX);
	struct bufw w = { .b = &b };
	relay_sts_write(&w, s);
	int r = w.err == OK ? env->record_put(ctx, key, buf_str(&b)) : w.err;
	if (r != OK)
		log_event(LOG_WARNING, "relay.sts.keep", LOG_S("record", key), LOG_E(r), LOG_END);
	buf_done(&b);
}

/* What stood before stays when nothing better comes. */
static void renew(const struct relay_sts_env *env, void *ctx, struct str domain, struct str id, struct arena *a, struct relay_sts *s)
{
	struct sts_policy policy;
	struct str text;
	int r = env->fetch(ctx, domain, a, &text);
	int64_t now = env->now(ctx);
	if (r == OK)
		r = sts_policy_parse(a, text, &policy);
	log_event(r == OK ? LOG_INFO : LOG_WARNING, "relay.sts", LOG_S("domain", domain), LOG_S("id", id), LOG_U("kept", s->valid), LOG_E(r), LOG_END);
	if (r == OK)
		*s = (struct relay_sts){ .fetched = now, .id = id, .text = text, .policy = policy, .valid = true };
	else
		s->tried = now;
}

int relay_sts_find(const struct relay_sts_env *env, void *ctx, struct str domain, struct arena *a, struct sts_policy *ret)
{
	struct relay_sts s = { 0 };
	struct str record = STR(""), key = arena_printf(a, "sts/" STR_FMT, STR_ARG(domain));
	if (!dns_name_is_host(domain))
		return E_NOTFOUND;
	int r = env->record_get(ctx, a, key, &record);
	if (r != OK && r != E_NOTFOUND)
		return r;
	relay_sts_read(a, record, env->now(ctx), &s);
	struct str id = ask_id(env, ctx, domain, a);
	if (relay_sts_wants(&s, id, env->now(ctx))) {
		renew(env, ctx, domain, id, a, &s);
		keep(env, ctx, key, &s);
	}
	if (!s.valid)
		return E_NOTFOUND;
	*ret = s.policy;
	return OK;
}
