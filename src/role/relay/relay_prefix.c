/* Signatures of messages that are on their way: made once, used for each destination. */
#include "role/relay/relay.h"

#include "os/log.h"

enum { GOOD_FOR = 3600 /* seconds */ };

struct relay_prefix {
	uint64_t message; /* 0: free */
	int64_t made;
	bool ours;
	struct buf fields;
};

static struct relay_prefix *find(struct relay *r, uint64_t message, bool ours, int64_t now)
{
	for (size_t i = 0; r->prefixes && message && i < RELAY_PREFIXES; i++) {
		struct relay_prefix *p = &r->prefixes[i];
		if (p->message == message && p->ours == ours && now - p->made < GOOD_FOR)
			return p;
	}
	return NULL;
}

static int keep(struct relay *r, uint64_t message, bool ours, int64_t now, struct str fields)
{
	if (!r->prefixes)
		r->prefixes = mem_new_array(struct relay_prefix, RELAY_PREFIXES);
	struct relay_prefix *p = &r->prefixes[r->next_prefix++ % RELAY_PREFIXES];
	buf_done(&p->fields);
	*p = (struct relay_prefix){ .message = message, .made = now, .ours = ours };
	buf_init(&p->fields, RELAY_PREFIX_MAX);
	return buf_put_str(&p->fields, fields);
}

int relay_prefix_get(struct relay *r, const struct queue_entry *e, struct str message, struct buf *out)
{
	const struct relay_sign_env env = { r->env->signers, r->env->sign, r->env->dns, r->env->now };
	bool ours = (e->flags & DELIVERY_OURS) != 0;
	int64_t now = r->env->now(r->ctx);
	const struct relay_prefix *kept = find(r, e->message, ours, now);
	const char *why;
	if (kept)
		return buf_put_str(out, buf_str(&kept->fields));
	struct relay_signing s = { .env = &env, .ctx = r->ctx, .conf = r->conf, .ours = ours, .message = message };
	int err = relay_sign(&s, out, &why);
	if (why)
		log_event(LOG_WARNING, "relay.unsigned", LOG_U("id", e->id), LOG_S("sender", e->sender), LOG_C("why", why), LOG_END);
	return err == OK ? keep(r, e->message, ours, now, buf_str(out)) : err;
}

void relay_prefixes_free(struct relay *r)
{
	for (size_t i = 0; r->prefixes && i < RELAY_PREFIXES; i++)
		buf_done(&r->prefixes[i].fields);
	mem_free(r->prefixes);
	r->prefixes = NULL;
}
