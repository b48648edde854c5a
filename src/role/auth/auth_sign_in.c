#include "role/auth/auth.h"
#include "role/auth/auth_guard.h"
#include "role/auth/auth_pending.h"
#include "role/auth/auth_factor.h"

#include "io/fiber.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/password/password_hash.h"
#include "proto/sasl/sasl.h"
#include "role/auth/auth_age.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_warn.h"

#include <stdio.h>

enum { STORE_MS = 10000, ATTEMPT_MEMORY = 1 << 20 };

static struct auth_cache cache;
static struct auth_delay delay;
static char dummy[PASSWORD_HASH_MAX];       /* what unknown users' passwords are compared with; nobody knows its password */

static int make_dummy(int (*hash)(struct str password, char out[]), char out[PASSWORD_HASH_MAX])
{
	char nobody[33];
	snprintf(nobody, sizeof nobody, "%016llx%016llx", (unsigned long long)random_u64(), (unsigned long long)random_u64());
	int r = hash(str_c(nobody), out);
	secret_wipe(nobody, sizeof nobody);
	return r;
}

static int hash_here(struct str password, char out[])
{
	struct password_params p = auth_params();
	return password_hash(password, &p, out);
}

int auth_start(const struct auth_limits *l)
{
	auth_cache_init(&cache);
	auth_delay_init(&delay, l->delay_first, l->delay_most);
	auth_guard_start();
	auth_verify_init(l->at_once, l->waiting_most);
	return make_dummy(hash_here, dummy);
}

void auth_params_changed(void)
{
	char fresh[PASSWORD_HASH_MAX];
	struct password_params p = auth_params();
	if (password_needs_rehash(str_c(dummy), &p) && make_dummy(auth_rehash, fresh) == OK)
		memcpy(dummy, fresh, sizeof dummy);
}

/* One sign-in, from the question to the answer. name: the normal form of what was typed, or that itself when it has none. */
struct attempt {
	const struct ipc_request *rq;
	const struct ipc_sign_in_req *q;
	struct arena arena;
	struct str name;
	struct ipc_hold hold;               /* of credential */
	struct ipc_credential_rep found;
	bool known;
	unsigned acts;                      /* what the guard has decided: enum account_act */
	struct auth_gate gate;              /* the secret was right: does it open? */
	struct str app;                     /* the name of the app password that was given; empty: it was the primary one */
	uint64_t grant;
	int64_t started;
	struct password_age age;
	bool to_warn;
	char text[AUTH_AGE_TEXT];
};

/* A name that has no normal form belongs to nobody. */
static int find(struct attempt *t)
{
	if (sasl_user_normalize(&t->arena, t->q->user, &t->name) != OK || t->name.n > SASL_USER_MAX) {
		t->name = t->q->user;
		return OK;
	}
	struct ipc_credential_req rq = { .address = t->name };
	int r = ipc_call_credential(NULL, &rq, &t->found, &t->hold, STORE_MS);
	t->known = r == OK;
	t->acts = t->known ? auth_guard_acts(t->found.account, t->q->peer) : 0;
	return r == E_NOTFOUND ? OK : r;
}

/* The work is the same whoever it is: where there is no hash to compare with, the dummy's is compared (A68). */
static int compare(const struct attempt *t)
{
	uint64_t source = auth_delay_source(&delay, t->q->peer, t->name);
	int r = t->known ? auth_verify(t->found.hash, t->q->password, source) : E_SYNTAX;
	if (r != E_SYNTAX)
		return r;
	r = auth_verify(str_c(dummy), t->q->password, source);
	return r == E_BUSY ? r : E_DENIED;
}

static int check_password(struct attempt *t)
{
	uint8_t mark[CACHE_MARK];
	auth_cache_mark(&cache, t->found.account, t->found.hash, t->q->password, mark);
	if (t->known && !t->found.locked && !(t->acts & ACCOUNT_REFUSE) && auth_cache_has(&cache, mark, clock_mono_ms()))
		return OK;
	int r = compare(t);
	if (r == OK && (t->found.locked || t->acts & ACCOUNT_REFUSE))
		r = E_DENIED;
	if (r == OK)
		auth_cache_put(&cache, mark, clock_mono_ms());
	return r;
}

static int check_app(struct attempt *t)
{
	struct auth_app_try q = { .account = t->known ? t->found.account : 0, .scope = t->q->scope, .password = t->q->password, .peer = t->q->peer };
	int r = auth_gate_app(&t->arena, &q, &t->gate, &t->app);
	return r == OK && (t->found.locked || t->acts & ACCOUNT_REFUSE) ? E_DENIED : r;
}

/* An app password has the form of none that a person chooses: what looks like one is tried as one, and as nothing else. */
static int check(struct attempt *t)
{
	if (app_password_looks_like(t->q->password))
		return check_app(t);
	struct auth_person_id who = { t->found.account, t->found.canonical, t->found.admin != 0, (t->acts & ACCOUNT_SECOND_FACTOR) != 0 };
	int r = check_password(t);
	return r == OK ? auth_gate_password(&t->arena, &who, &t->gate) : r;
}

static int open_grant(struct attempt *t)
{
	if (t->gate.refusal != SIGN_IN_OPENED)
		return OK;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_grant_open_req rq = { .account = t->found.account, .scope = t->q->scope, .role = t->rq->peer, .index = t->rq->peer_index,
		.peer = t->q->peer, .means = t->app.n ? arena_printf(&t->arena, "app: " STR_FMT, STR_ARG(t->app)) : STR("password") };
	struct ipc_grant_open_rep a;
	int r = ipc_call_grant_open(NULL, &rq, &a, &hold, STORE_MS);
	if (r == OK)
		t->grant = a.grant;
	ipc_release(&hold);
	return r;
}

/* The secret is right and may open: is the password too old for it? An app password has an end of its own. */
static int decide(struct attempt *t)
{
	if (t->gate.refusal != SIGN_IN_OPENED || t->app.n)
		return OK;
	int r = auth_age_of(t->found.canonical, &t->age, &t->to_warn);
	if (r != OK)
		return r;
	auth_age_text(&t->age, t->text);
	if (*t->text)
		t->gate.text = str_c(t->text);
	if (t->age.state == PASSWORD_AGE_EXPIRED || t->age.state == PASSWORD_AGE_FORCED)
		t->gate.refusal = SIGN_IN_CHANGE_PASSWORD;
	return OK;
}

static void reply(const struct attempt *t, int r)
{
	struct ipc_sign_in_rep a = { .grant = t->grant, .address = t->found.canonical, .refusal = t->gate.refusal, .text = t->gate.text };
	ipc_reply_sign_in(t->rq, r, r == OK ? &a : NULL);
}

static const char *why_denied(const struct attempt *t)
{
	if (!t->known)
		return "unknown";
	return t->found.locked ? "locked" : t->acts & ACCOUNT_REFUSE ? "refused" : "password";
}

static void log_attempt(const struct attempt *t, int r)
{
	if (r == OK && t->gate.refusal != SIGN_IN_OPENED)
		log_event(LOG_WARNING, "auth.refused", LOG_S("user", t->found.canonical), LOG_S("peer", t->q->peer), LOG_U("scope", t->q->scope),
			LOG_S("why", t->gate.text), LOG_END);
	else if (r == OK)
		log_event(LOG_INFO, "auth.ok", LOG_S("user", t->found.canonical), LOG_S("peer", t->q->peer), LOG_U("scope", t->q->scope),
			LOG_S("app", t->app), LOG_END);
	else if (r == E_DENIED)
		log_event(LOG_WARNING, "auth.failed", LOG_S("user", t->name), LOG_S("peer", t->q->peer), LOG_U("scope", t->q->scope),
			LOG_C("why", why_denied(t)), LOG_END);
	else
		log_event(LOG_ERROR, "auth.unavailable", LOG_S("user", t->name), LOG_S("peer", t->q->peer), LOG_U("scope", t->q->scope),
			LOG_E(r), LOG_END);
}

/* The hash was made with other parameters than we use now. After the answer: the client does not wait for it. */
static void improve_hash(const struct attempt *t)
{
	char hash[PASSWORD_HASH_MAX];
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_credential_set_rep a;
	struct password_params wanted = auth_params();
	if (t->app.n || !password_needs_rehash(t->found.hash, &wanted) || auth_rehash(t->q->password, hash) != OK)
		return;
	struct ipc_credential_set_req q = { .account = t->found.account, .was = t->found.hash, .hash = str_c(hash) };
	int r = ipc_call_credential_set(NULL, &q, &a, &hold, STORE_MS);
	log_event(r == OK || r == E_STALE ? LOG_INFO : LOG_WARNING, "auth.rehash", LOG_S("user", t->found.canonical), LOG_E(r), LOG_END);
	ipc_release(&hold);
}

static void tell_guard(const struct attempt *t, int r)
{
	struct auth_try try = { .account = t->known ? t->found.account : 0, .admin = t->found.admin, .name = t->name, .password = t->q->password, .peer = t->q->peer };
	if (r == OK || r == E_DENIED)
		auth_guard_tell(&try, r == OK);
}

/* A failure is answered at a time that does not tell how long its verification took, and so not with which kind of hash (A68). */
static int hold_failure(struct str peer, struct str name, int64_t started, int64_t more)
{
	int64_t now = clock_mono_ms(), wait = auth_delay_failed(&delay, peer, name, now);
	return fiber_sleep(auth_delay_left(&delay, started, wait, now) + more) == OK ? E_DENIED : E_BUSY;
}

/* What a try leads to, whoever made it: a line in the log, a word to the guard, and a wait for who failed. */
static int settle(struct attempt *t, int r)
{
	log_attempt(t, r);
	tell_guard(t, r);
	if (r == OK)
		auth_delay_succeeded(&delay, t->name);
	if (r != E_DENIED)
		return r;
	return hold_failure(t->q->peer, t->name, t->started, t->acts & ACCOUNT_SLOW ? AUTH_GUARD_SLOW_MS : 0);
}

static void answer(struct attempt *t, int r)
{
	r = settle(t, r);
	reply(t, r);
	if (r == OK)
		improve_hash(t);
	if (r == OK && t->to_warn)
		auth_warn(t->found.canonical, t->age.seconds_left);
}

void auth_on_sign_in(const struct ipc_request *rq, const struct ipc_sign_in_req *q)
{
	struct attempt t = { .rq = rq, .q = q, .hold = IPC_HOLD, .started = clock_mono_ms() };
	arena_init(&t.arena, ATTEMPT_MEMORY, NULL, NULL);
	int r = find(&t);
	if (r == OK)
		r = check(&t);
	if (r == OK)
		r = decide(&t);
	if (r == OK)
		r = open_grant(&t);
	answer(&t, r);
	secret_wipe((char *)q->password.p, q->password.n);      /* the one copy that is ours */
	ipc_release(&t.hold);
	arena_done(&t.arena);
}

/* ---- who proves to know a secret without sending it ---- */

int auth_name_of(struct arena *a, struct str user, uint32_t *ret, struct str *ret_name)
{
	struct ipc_sign_in_req q = { .user = user };
	struct attempt t = { .q = &q, .hold = IPC_HOLD };
	arena_init(&t.arena, ATTEMPT_MEMORY, NULL, NULL);
	int r = find(&t);
	*ret = t.known ? t.found.account : 0;
	*ret_name = arena_dup(a, t.name);
	ipc_release(&t.hold);
	arena_done(&t.arena);
	return r;
}

int auth_by_proof(struct arena *a, const struct ipc_request *rq, const struct ipc_sign_in_req *as, auth_prove_fn *prove, void *ctx,
	struct ipc_sign_in_rep *ret)
{
	struct attempt t = { .rq = rq, .q = as, .hold = IPC_HOLD, .started = clock_mono_ms() };
	arena_init(&t.arena, ATTEMPT_MEMORY, NULL, NULL);
	int r = find(&t);
	if (r == OK)
		r = prove(ctx, &t.arena, t.known ? t.found.account : 0, &t.gate, &t.app);
	if (r == OK && (!t.known || t.found.locked || t.acts & ACCOUNT_REFUSE))
		r = E_DENIED;
	if (r == OK)
		r = open_grant(&t);
	r = settle(&t, r);
	if (r == OK)
		*ret = (struct ipc_sign_in_rep){ .grant = t.grant, .address = arena_dup(a, t.found.canonical), .refusal = t.gate.refusal, .text = arena_dup(a, t.gate.text) };
	ipc_release(&t.hold);
	arena_done(&t.arena);
	return r;
}

/* ---- people in a browser ---- */

/* Both steps were right, and yet the password may have had its time. */
static int too_old(struct attempt *t, struct arena *a, struct auth_person *ret)
{
	int r = decide(t);
	if (r == OK && t->gate.refusal != SIGN_IN_OPENED)
		ret->state = WEB_REFUSED;
	if (r == OK && *t->text)
		ret->text = arena_dup(a, str_c(t->text));
	return r;
}

/* The second step, when there is one. */
static int second_step(struct attempt *t, struct arena *a, struct str code, struct auth_person *ret)
{
	struct auth_person_id who = { t->found.account, t->found.canonical, t->found.admin != 0, (t->acts & ACCOUNT_SECOND_FACTOR) != 0 };
	int r = auth_gate_interactive(a, &who, code, &ret->text);
	ret->state = r == OK ? WEB_SIGNED_IN : r == E_AGAIN ? WEB_NEEDS_CODE : WEB_REFUSED;
	return r == OK ? too_old(t, a, ret) : r == E_AGAIN || r == E_CANCELLED ? OK : r;
}

static int by_password(struct attempt *t, struct arena *a, struct auth_person *ret)
{
	int r = find(t);
	if (r == OK)
		r = check_password(t);
	if (r == OK)
		r = second_step(t, a, STR(""), ret);
	if (r != OK || ret->state == WEB_SIGNED_IN)
		return settle(t, r);
	/* half a sign-in is none: it makes no failure forgotten, or codes could be tried without end */
	log_event(LOG_INFO, "auth.half", LOG_S("user", t->found.canonical), LOG_S("peer", t->q->peer), LOG_END);
	if (ret->state == WEB_NEEDS_CODE)
		auth_pending_new(t->found.canonical, t->found.hash, clock_mono_ms(), ret->pending);
	return OK;
}

/* The code alone: the password was right a moment ago. A typing error may be put right. */
static int by_code(struct attempt *t, struct arena *a, const struct ipc_web_sign_in_req *q, struct auth_person *ret)
{
	struct auth_pending p = { .tries = 0 };
	int r = auth_pending_take(q->pending, clock_mono_ms(), &p);
	struct ipc_sign_in_req as = { .user = str_c(p.address), .password = q->code, .peer = q->peer };
	t->q = &as;
	if (r == OK)
		r = q->code.n ? find(t) : E_DENIED;
	if (r == OK && (!t->known || t->found.locked || t->acts & ACCOUNT_REFUSE || !auth_pending_fits(&p, t->found.hash)))
		r = E_DENIED;
	else if (r == OK)
		r = second_step(t, a, q->code, ret);
	if (r == OK)
		auth_pending_end(&p);
	bool again = r == E_DENIED && p.tries;
	r = settle(t, r);
	if (r == E_DENIED && again && str_to_c(q->pending, ret->pending, sizeof ret->pending) == OK) {
		ret->state = WEB_NEEDS_CODE;
		return OK;
	}
	return r;
}

int auth_interactive(struct arena *a, const struct ipc_request *rq, const struct ipc_web_sign_in_req *q, struct auth_person *ret)
{
	struct ipc_sign_in_req as = { .user = q->user, .password = q->password, .peer = q->peer };
	struct attempt t = { .rq = rq, .q = &as, .hold = IPC_HOLD, .started = clock_mono_ms() };
	*ret = (struct auth_person){ .state = WEB_REFUSED };
	arena_init(&t.arena, ATTEMPT_MEMORY, NULL, NULL);
	int r = q->pending.n ? by_code(&t, a, q, ret) : by_password(&t, a, ret);
	if (r == OK) {
		ret->account = t.found.account;
		ret->address = arena_dup(a, t.found.canonical);
	}
	if (r == OK && !q->pending.n)
		improve_hash(&t);
	ipc_release(&t.hold);
	arena_done(&t.arena);
	return r;
}

int auth_prove(struct arena *a, struct str user, struct str password, struct str peer, struct str *ret_address)
{
	struct ipc_sign_in_req q = { .user = user, .password = password, .peer = peer };
	struct attempt t = { .q = &q, .hold = IPC_HOLD, .started = clock_mono_ms() };
	arena_init(&t.arena, ATTEMPT_MEMORY, NULL, NULL);
	int r = find(&t);
	if (r == OK)
		r = check_password(&t);
	r = settle(&t, r);
	if (r == OK)
		*ret_address = arena_dup(a, t.found.canonical);
	ipc_release(&t.hold);
	arena_done(&t.arena);
	return r;
}

int auth_settle(struct str peer, struct str what, int r)
{
	return r == E_DENIED ? hold_failure(peer, what, clock_mono_ms(), 0) : r;
}
