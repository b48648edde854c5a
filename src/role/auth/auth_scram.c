/* Sign-in with an app password by SCRAM. The front end carries messages; salt, keys and the proof stay here. */
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/auth/auth.h"
#include "role/auth/auth_factor.h"
#include "role/auth/auth_seal.h"

enum { EXCHANGE_MEMORY = 64 << 10, WORK_MEMORY = 1 << 20, PEER = 65 };

/* Between the two messages of a client. */
struct exchange {
	uint64_t id;
	enum role role;
	uint32_t index, scope;
	int64_t until;
	char peer[PEER];
	struct arena arena;
	struct scram scram;
};

static struct exchange *table[AUTH_SCRAM_MAX];
static size_t next;             /* a ring: the oldest makes room */

static void drop(struct exchange *x)
{
	if (!x)
		return;
	if (x->scram.account.keys)
		secret_wipe((void *)x->scram.account.keys, SCRAM_KEYS_MOST * sizeof *x->scram.account.keys);
	arena_done(&x->arena);
	mem_free(x);
}

static struct exchange *begin(const struct ipc_request *rq, const struct ipc_scram_first_req *q)
{
	struct exchange *x = mem_new(struct exchange);
	*x = (struct exchange){ .id = random_u64() | 1, .role = rq->peer, .index = rq->peer_index, .scope = q->scope, .until = clock_mono_ms() + AUTH_SCRAM_MS };
	arena_init(&x->arena, EXCHANGE_MEMORY, NULL, NULL);
	if (str_to_c(q->peer, x->peer, sizeof x->peer) != OK)
		*x->peer = '\0';
	return x;
}

static void keep(struct exchange *x)
{
	size_t at = next++ % AUTH_SCRAM_MAX;
	drop(table[at]);
	table[at] = x;
}

/* Only for who began it, and once. */
static struct exchange *take(const struct ipc_request *rq, uint64_t id)
{
	for (size_t i = 0; i < AUTH_SCRAM_MAX; i++) {
		struct exchange *x = table[i];
		if (!x || x->id != id || x->role != rq->peer || x->index != rq->peer_index)
			continue;
		table[i] = NULL;
		if (clock_mono_ms() < x->until)
			return x;
		drop(x);
		return NULL;
	}
	return NULL;
}

/* A68: who has no record shows the salt that their name leads to, now and after a restart. */
static int unknown(struct str name, struct scram_account *ret)
{
	uint8_t secret[AUTH_SEAL_KEY];
	int r = auth_seal_secret(STR("scram"), secret);
	if (r == OK)
		r = scram_account_unknown((struct str){ (const char *)secret, sizeof secret }, name, ret);
	secret_wipe(secret, sizeof secret);
	return r;
}

static void known(struct arena *a, const struct factors *f, struct scram_account *ret)
{
	struct scram_keys *keys = arena_new_array(a, struct scram_keys, SCRAM_KEYS_MOST);
	*ret = (struct scram_account){ .iterations = SCRAM_ITERATIONS, .keys = keys, .count = f->app_count };
	memcpy(ret->salt, f->scram_salt, sizeof ret->salt);
	for (size_t i = 0; i < f->app_count; i++)
		keys[i] = f->apps[i].scram;
}

/* Both are looked up for everybody, so that neither the store nor we take longer for somebody. */
static int account_of(struct arena *a, struct str user, struct scram_account *ret)
{
	struct auth_factor *x;
	struct str name;
	uint32_t account;
	int r = auth_name_of(a, user, &account, &name);
	if (r == OK)
		r = auth_factor_load(a, account, &x);
	if (r == OK)
		r = unknown(name, ret);
	if (r == OK && account && x->version)
		known(a, &x->f, ret);
	return r;
}

static int challenge(struct arena *a, struct exchange *x, const struct ipc_scram_first_req *q)
{
	uint8_t random[SCRAM_RANDOM];
	struct scram_account account;
	int r = scram_begin(&x->scram, &x->arena, q->mechanism, q->exporter);
	if (r == OK)
		r = scram_client_first(&x->scram, q->message);
	if (r == OK)
		r = account_of(a, x->scram.user, &account);
	if (r != OK)
		return r;
	random_bytes(random, sizeof random);
	return scram_challenge(&x->scram, &account, random);
}

void auth_on_scram_first(const struct ipc_request *rq, const struct ipc_scram_first_req *q)
{
	struct arena a;
	struct exchange *x = begin(rq, q);
	arena_init(&a, WORK_MEMORY, NULL, NULL);
	int r = challenge(&a, x, q);
	if (r != OK)
		log_event(LOG_WARNING, "auth.scram", LOG_S("peer", q->peer), LOG_U("scope", q->scope), LOG_S("why", x->scram.reply), LOG_E(r), LOG_END);
	struct ipc_scram_first_rep rep = { .exchange = x->id, .challenge = x->scram.reply };
	ipc_reply_scram_first(rq, r, r == OK ? &rep : NULL);
	if (r == OK)
		keep(x);
	else
		drop(x);
	arena_done(&a);
}

struct proof { struct exchange *x; struct str message; };

static int prove(void *ctx, struct arena *a, uint32_t account, struct auth_gate *ret, struct str *ret_app)
{
	const struct proof *p = ctx;
	static const struct scram_keys nobody;
	size_t index = 0;
	struct auth_app_try q = { .account = account, .scope = p->x->scope, .peer = str_c(p->x->peer) };
	int proved = scram_client_final(&p->x->scram, p->message, &index);
	int r = auth_gate_scram(a, &q, proved == OK ? &p->x->scram.account.keys[index] : &nobody, ret, ret_app);
	return proved == OK || (r != OK && r != E_DENIED) ? r : proved == E_IO ? E_IO : E_DENIED;
}

void auth_on_scram_final(const struct ipc_request *rq, const struct ipc_scram_final_req *q)
{
	struct arena a;
	struct ipc_sign_in_rep opened = { 0 };
	struct exchange *x = take(rq, q->exchange);
	if (!x) {
		ipc_reply_scram_final(rq, E_TIMEOUT, NULL);
		return;
	}
	arena_init(&a, WORK_MEMORY, NULL, NULL);
	struct proof p = { x, q->message };
	struct ipc_sign_in_req as = { .user = x->scram.user, .password = q->message, .scope = x->scope, .peer = str_c(x->peer) };
	int r = auth_by_proof(&a, rq, &as, prove, &p, &opened);
	struct ipc_scram_final_rep rep = {
		.grant = opened.grant, .address = opened.address, .refusal = opened.refusal, .text = opened.text, .message = x->scram.reply
	};
	ipc_reply_scram_final(rq, r, r == OK ? &rep : NULL);
	drop(x);
	arena_done(&a);
}
