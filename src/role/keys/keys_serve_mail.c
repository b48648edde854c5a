#include "role/keys/keys_serve_mail.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "role/keys/keys_dkim.h"
#include "role/keys/keys_mail.h"

#include <openssl/evp.h>

enum { FILE_MS = 30000, SIGNERS_MAX = 8192, KEYS_MAX_BYTES = 4 << 20, TURN_MS = 20 };

static struct keys_dkim table;
static bool changing;           /* a change is under way: the next one waits */

/* ---- what the table needs of the process ---- */

static int put(struct str domain, struct str selector, struct str bytes)
{
	struct ipc_key_file_req q = { .domain = domain, .selector = selector, .bytes = bytes };
	struct ipc_key_file_rep a;
	struct ipc_hold hold = IPC_HOLD;
	int r = ipc_call_key_file(channel_to(ROLE_PARENT, 0), &q, &a, &hold, FILE_MS);
	ipc_release(&hold);
	return r;
}

struct making { enum dkim_algorithm algorithm; struct dkim_private made; int err; };

static void make_job(void *arg)
{
	struct making *m = arg;
	m->err = dkim_private_make(m->algorithm, &m->made);
}

/* RSA takes a tenth of a second, and now and then a whole one. */
static int make(enum dkim_algorithm algorithm, struct dkim_private *ret)
{
	struct making m = { .algorithm = algorithm };
	pool_run(make_job, &m);
	if (m.err == OK)
		*ret = m.made;
	return m.err;
}

static void tell(const char *event, const struct keys_dkim_key *k)
{
	log_event(LOG_INFO, "keys.dkim", LOG_C("what", event), LOG_C("domain", k->domain), LOG_C("selector", k->selector), LOG_END);
}

static const struct keys_dkim_env env = { put, make, clock_real, tell };

void keys_mail_prepare(int dir, void (*on_bad)(struct str name, int err))
{
	keys_dkim_done(&table);
	keys_dkim_init(&table, &env);
	keys_dkim_load(&table, dir, on_bad);
}

/* ---- changes: one at a time ---- */

static int begin_change(void)
{
	int r = OK;
	while (changing && r == OK)
		r = fiber_sleep(TURN_MS);
	changing = changing || r == OK;
	return r;
}

static void age_keys(void *arg)
{
	const struct conf *c = role_conf();
	struct keys_dkim_times t = { (int64_t)c->dkim.rotate_after, (int64_t)c->dkim.publish_wait, (int64_t)c->dkim.retire_after };
	(void)arg;
	if (begin_change() != OK)
		return;
	int r = keys_dkim_tick(&table, &t);
	changing = false;
	if (r != OK)
		log_event(LOG_ERROR, "keys.dkim", LOG_C("what", "a change could not be written; it is tried again"), LOG_E(r), LOG_END);
}

static void on_timer(void *ctx)
{
	(void)ctx;
	if (!changing)
		fiber_start(age_keys, NULL);
}

void keys_mail_start(const struct conf *c)
{
	int64_t every = (int64_t)c->dkim.check_every * 1000;
	if (loop_timer(every, every, on_timer, NULL) != OK)
		role_failed("timer", E_IO);
}

void keys_on_dkim_key_act(const struct ipc_request *rq, const struct ipc_dkim_key_act_req *q)
{
	int r = begin_change();
	if (r != OK) {
		ipc_reply_dkim_key_act(rq, r, NULL);
		return;
	}
	if (str_eq(q->act, STR("begin")))
		r = keys_dkim_begin(&table, q->domain);
	else if (str_eq(q->act, STR("rotate")))
		r = keys_dkim_rotate(&table, q->domain);
	else if (str_eq(q->act, STR("retire")))
		r = keys_dkim_retire(&table, q->domain, q->selector);
	else if (str_eq(q->act, STR("drop")))
		r = keys_dkim_drop(&table, q->domain);
	else
		r = E_UNSUPPORTED;
	changing = false;
	ipc_reply_dkim_key_act(rq, r, &(struct ipc_dkim_key_act_rep){});
}

void keys_on_dkim_key_seen(const struct ipc_request *rq, const struct ipc_dkim_key_seen_req *q)
{
	int r = begin_change();
	if (r == OK) {
		r = keys_dkim_seen(&table, q->domain, q->selector, q->visible != 0);
		changing = false;
	}
	ipc_reply_dkim_key_seen(rq, r, &(struct ipc_dkim_key_seen_rep){});
	if (r == OK)
		age_keys(NULL);         /* with no wait to keep, it signs from now on */
}

/* ---- questions ---- */

void keys_on_dkim_signers(const struct ipc_request *rq, const struct ipc_dkim_signers_req *q)
{
	struct str domain = keys_dkim_domain(&table, q->name);
	struct buf out;
	buf_init(&out, SIGNERS_MAX);
	struct bufw w = { .b = &out };
	for (size_t i = 0; i < table.count && domain.n; i++) {
		const struct keys_dkim_key *k = table.keys[i];
		if (!keys_dkim_signs(k) || !str_eq(str_c(k->domain), domain))
			continue;
		write_str(&w, domain);
		write_str(&w, str_c(k->selector));
		write_u32(&w, k->key.algorithm);
	}
	struct ipc_dkim_signers_rep a = { .keys = buf_str(&out) };
	ipc_reply_dkim_signers(rq, w.err != OK ? w.err : out.n ? OK : E_NOTFOUND, &a);
	buf_done(&out);
}

static void write_key(struct bufw *w, const struct keys_dkim_key *k)
{
	struct buf record;
	buf_init(&record, DKIM_PRIVATE_RECORD_MAX);
	if (dkim_private_record(&k->key, &record) != OK)
		w->err = E_IO;
	write_str(w, str_c(k->domain));
	write_str(w, str_c(k->selector));
	write_u32(w, k->key.algorithm);
	write_u32(w, k->key.state);
	write_u64(w, (uint64_t)k->key.since);
	write_str(w, buf_str(&record));
	buf_done(&record);
}

void keys_on_dkim_keys(const struct ipc_request *rq, const struct ipc_dkim_keys_req *q)
{
	struct buf out;
	buf_init(&out, KEYS_MAX_BYTES);
	struct bufw w = { .b = &out };
	for (size_t i = 0; i < table.count; i++)
		if (!q->domain.n || str_ieq(str_c(table.keys[i]->domain), q->domain))
			write_key(&w, table.keys[i]);
	struct ipc_dkim_keys_rep a = { .keys = buf_str(&out) };
	ipc_reply_dkim_keys(rq, w.err, &a);
	buf_done(&out);
}

/* ---- signatures ---- */

static bool is_own(struct str domain) { return keys_dkim_domain(&table, domain).n > 0; }

static int check(const struct keys_dkim_key *k, const struct ipc_dkim_sign_req *q)
{
	struct arena a;
	struct keys_mail m = { .domain = str_c(k->domain), .selector = str_c(k->selector), .algorithm = k->key.algorithm,
		.now = (uint64_t)clock_real(), .own = is_own };
	arena_init(&a, KEYS_MAIL_ARENA, NULL, NULL);
	int r = keys_mail_check(&a, &m, q->input);
	arena_done(&a);
	return r;
}

struct signing { struct dkim_private key; struct str input; struct buf signature; int err; };

static void sign_job(void *arg)
{
	struct signing *s = arg;
	s->err = dkim_private_sign(&s->key, s->input, &s->signature);
}

/* The key may be removed while the pool works: this holds it. */
static int sign(const struct keys_dkim_key *k, struct signing *s)
{
	s->key = k->key;
	if (EVP_PKEY_up_ref(s->key.key) != 1)
		return E_IO;
	if (s->key.algorithm == DKIM_RSA_SHA256)
		pool_run(sign_job, s);
	else
		sign_job(s);
	dkim_private_done(&s->key);
	return s->err;
}

void keys_on_dkim_sign(const struct ipc_request *rq, const struct ipc_dkim_sign_req *q)
{
	const struct keys_dkim_key *k = keys_dkim_find(&table, q->domain, q->selector);
	struct signing s = { .input = q->input };
	buf_init(&s.signature, DKIM_SIGNATURE_MAX);
	int r = !k ? E_NOTFOUND : keys_dkim_signs(k) ? check(k, q) : E_DENIED;
	if (r == OK)
		r = sign(k, &s);
	if (r == E_DENIED)
		log_event(LOG_ERROR, "keys.refused", LOG_C("peer", role_name(rq->peer)), LOG_S("domain", q->domain), LOG_S("selector", q->selector),
			LOG_U("bytes", q->input.n), LOG_END);
	struct ipc_dkim_sign_rep a = { .signature = buf_str(&s.signature) };
	ipc_reply_dkim_sign(rq, r, &a);
	buf_done(&s.signature);
}
