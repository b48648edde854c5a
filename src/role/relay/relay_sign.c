#include "role/relay/relay_sign.h"

#include "io/fiber.h"
#include "proto/arc/arc.h"
#include "proto/authres/authres.h"
#include "proto/dmarc/dmarc_from.h"

#include <setjmp.h>

enum { ARENA_MAX = 64 << 20, PIECE = 256 << 10, SIGNERS = RELAY_SIGNERS_MAX, RESULTS_MAX = 8 << 10 };

struct work {
	const struct relay_signing *s;
	struct arena a;
	struct dkim_signer signers[SIGNERS];
	size_t count;
	const char *why;
	jmp_buf full;
};

/* ---- the keys ---- */

static int ask_for_signature(const struct relay_signing *s, const struct dkim_signer *by, struct str input, struct buf *signature)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dkim_sign_req q = { .domain = by->domain, .selector = by->selector, .input = input };
	struct ipc_dkim_sign_rep a;
	int r = s->env->sign(s->ctx, &q, &a, &hold);
	if (r == OK)
		r = buf_put_str(signature, a.signature);
	ipc_release(&hold);
	return r;
}

struct by { const struct relay_signing *s; const struct dkim_signer *signer; };

static int sign_callback(void *ctx, enum dkim_algorithm algorithm, struct str input, struct buf *signature)
{
	const struct by *b = ctx;
	(void)algorithm;
	return ask_for_signature(b->s, b->signer, input, signature);
}

static int read_signers(struct work *w, struct str keys)
{
	struct reader r = reader_of(keys);
	while (r.err == OK && r.rest.n && w->count < SIGNERS) {
		struct dkim_signer *one = &w->signers[w->count++];
		struct by *by = arena_new(&w->a, struct by);
		*by = (struct by){ w->s, one };
		*one = (struct dkim_signer){ .domain = arena_dup(&w->a, read_str(&r, 255)), .selector = arena_dup(&w->a, read_str(&r, 63)),
			.sign = sign_callback, .ctx = by };
		uint32_t algorithm = read_u32(&r);
		if (algorithm > DKIM_ED25519_SHA256)
			return E_PROTO;
		one->algorithm = (enum dkim_algorithm)algorithm;
	}
	return r.err;
}

static int find_signers(struct work *w, struct str name)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dkim_signers_rep a;
	int r = w->s->env->signers(w->s->ctx, name, &a, &hold);
	if (r == OK)
		r = read_signers(w, a.keys);
	ipc_release(&hold);
	if (r == E_NOTFOUND)
		w->why = "no key for its domain";
	return r;
}

/* ---- the message ---- */

static struct str header_of(const struct work *w) { return str_first(w->s->message, header_end(w->s->message)); }

/* In turns, so that a large message holds nobody up. */
static int put_body(const struct work *w, struct dkim_message *m)
{
	struct str body = str_skip(w->s->message, header_end(w->s->message));
	int r = OK;
	while (body.n && r == OK) {
		dkim_message_body(m, str_take_n(&body, PIECE));
		r = body.n ? fiber_sleep(0) : OK;
	}
	dkim_message_body_end(m);
	return r;
}

/* ---- our own ---- */

static int sign_all(struct work *w, struct dkim_message *m, const struct dkim_sign *sign, struct buf *out)
{
	uint64_t now = (uint64_t)w->s->env->now(w->s->ctx);
	int r = put_body(w, m);
	for (size_t i = 0; i < w->count && r == OK; i++)
		r = dkim_sign_end(sign, &w->signers[i], now, w->s->conf->dkim.lifetime, out);
	return r;
}

static int sign_own(struct work *w, struct dkim_message *m, struct buf *out)
{
	struct dkim_sign sign;
	struct dmarc_from from;
	dmarc_from_header(&w->a, header_of(w), &from);
	if (from.defect != DMARC_FROM_OK || dkim_sign_begin(&sign, m) != OK) {
		w->why = "its header cannot be signed";
		return E_NOTFOUND;
	}
	int r = find_signers(w, from.domains[0]);
	return r == OK ? sign_all(w, m, &sign, out) : r;
}

/* ---- what is passed on ---- */

static void ask(void *ctx, struct arena *a, struct str name, enum dns_type type, struct dns_env_answer *ret)
{
	const struct relay_signing *s = ctx;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_rep answer;
	*ret = (struct dns_env_answer){ .status = DNS_ENV_TEMPERROR };
	if (s->env->dns(s->ctx, name, type, &answer, &hold) == OK)
		dns_env_answer_read(a, type, answer.rcode, answer.security, answer.answers, ret);
	ipc_release(&hold);
}

struct dns_source relay_dns_source(struct relay_signing *s) { return (struct dns_source){ ask, NULL, s }; }

/* What we found when it came: our own Authentication-Results, the topmost field of that name. */
static struct str own_results(struct work *w, const struct dkim_message *m)
{
	struct str hostname = str_c(w->s->conf->server.hostname);
	struct authres parsed;
	for (size_t i = 0; i < m->count; i++) {
		const struct header_field *f = &m->fields[i].f;
		if (!str_ieq(f->name, STR("Authentication-Results")))
			continue;
		if (f->value.n < RESULTS_MAX && authres_parse(&w->a, f->value, &parsed) == OK && str_ieq(parsed.id, hostname))
			return f->value;
		break;
	}
	return arena_printf(&w->a, "%s; none", w->s->conf->server.hostname);
}

static int seal(struct work *w, struct dkim_message *m, struct buf *out)
{
	struct arc_verify chain;
	struct arc_seal sealing;
	struct dns_env dns;
	struct relay_signing source = *w->s;
	uint64_t now = (uint64_t)w->s->env->now(w->s->ctx);
	int r = find_signers(w, str_c(w->s->conf->server.hostname));
	if (r != OK)
		return r;
	dns_env_init(&dns, &w->a, relay_dns_source(&source), DNS_ENV_LIMITS_DEFAULT);
	arc_verify_begin(&chain, m);
	if (arc_seal_begin(&sealing, m, NULL, 0) != OK) {
		w->why = "its header cannot be sealed";
		return E_NOTFOUND;
	}
	r = put_body(w, m);
	if (r != OK)
		return r;
	arc_verify_end(&chain, &dns, now);
	r = arc_seal_end(&sealing, &chain, own_results(w, m), &w->signers[0], now, out);
	if (r == E_DENIED)
		w->why = "its chain takes no seal";
	return r == E_DENIED ? E_NOTFOUND : r;
}

/* ---- */

static void full(void *ctx) { longjmp(((struct work *)ctx)->full, 1); }

/* A message that no memory suffices for leaves as it is. */
static int run(struct work *w, struct dkim_message *m, struct buf *out)
{
	if (setjmp(w->full)) {
		w->why = "its header has too much in it";
		return E_NOTFOUND;
	}
	dkim_message_init(m, &w->a, header_of(w));
	return w->s->ours ? sign_own(w, m, out) : seal(w, m, out);
}

int relay_sign(const struct relay_signing *s, struct buf *prefix, const char **ret_why)
{
	struct work *w = mem_new(struct work);
	struct dkim_message *m = mem_new(struct dkim_message);
	size_t start = prefix->n;
	w->s = s;
	arena_init(&w->a, ARENA_MAX, full, w);
	int r = run(w, m, prefix);
	if (r == E_DENIED || r == E_TOOBIG)
		w->why = r == E_DENIED ? "keys refused to sign it" : "its header is too large";
	dkim_message_done(m);
	arena_done(&w->a);
	if (r != OK)
		prefix->n = start;
	*ret_why = r == OK ? NULL : w->why;
	r = w->why ? OK : r;
	mem_free(w);
	mem_free(m);
	return r;
}
