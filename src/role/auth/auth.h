/* Sign-in: verifies passwords and opens grants. It holds no account data: the store is asked for the credential each time, so that
 * a lock or a new password counts at once (A69).
 *
 * Unknown, wrong, locked: the same answer after the same work (A68). Verifications run in the pool, as many at once as there are cores;
 * a bounded number waits, in turns of sources; beyond it E_BUSY. */
#ifndef ROLE_AUTH_AUTH_H
#define ROLE_AUTH_AUTH_H

#include "ipc/ipc.h"

/* ---- auth_cache.c: passwords that were right a moment ago ---- */
enum { CACHE_SLOTS = 4096, CACHE_MS = 5 * 60 * 1000, CACHE_MARK = 32 };

/* What is kept is a keyed BLAKE2b digest of account, stored hash and password (A64); the key is random and lives as long as the process.
 * A stored hash that has changed makes another digest. */
struct cache_slot { uint8_t mark[CACHE_MARK]; int64_t until; };
struct auth_cache { uint8_t key[32]; struct cache_slot slots[CACHE_SLOTS]; };
void auth_cache_init(struct auth_cache *c);
void auth_cache_mark(const struct auth_cache *c, uint32_t account, struct str stored, struct str password, uint8_t ret[CACHE_MARK]);
bool auth_cache_has(const struct auth_cache *c, const uint8_t mark[CACHE_MARK], int64_t now);
void auth_cache_put(struct auth_cache *c, const uint8_t mark[CACHE_MARK], int64_t now);

/* ---- auth_delay.c: failures slow down who fails ---- */
enum { DELAY_SLOTS = 8192, DELAY_FIRST_MS = 250, DELAY_MOST_MS = 4000, DELAY_FORGET_MS = 15 * 60 * 1000 };

/* Counts failures of sources and of accounts, in a table of fixed size whose slots are shared by chance, with a random key. The answer to
 * a failure is put off by first, doubled for each earlier failure up to most; a right password never waits. */
struct delay_slot { uint64_t key; uint32_t failures; int64_t last; };
struct auth_delay { uint64_t seed; int64_t first, most; struct delay_slot slots[DELAY_SLOTS]; };
void auth_delay_init(struct auth_delay *d, int64_t first, int64_t most);
/* Counts one failure of this source (an address as text; loopback and "" are not counted) and this name; returns how long to wait. */
int64_t auth_delay_failed(struct auth_delay *d, struct str peer, struct str user, int64_t now);
/* A number for where a try comes from: the source, or on loopback the name. */
uint64_t auth_delay_source(const struct auth_delay *d, struct str peer, struct str user);
/* What is left of the wait when the work began at `started`: a failure is answered `wait` after that, or a whole number of steps (first) later
 * when the work took longer. */
int64_t auth_delay_left(const struct auth_delay *d, int64_t started, int64_t wait, int64_t now);
void auth_delay_succeeded(struct auth_delay *d, struct str user);      /* forgets the name's failures, not the source's */

/* ---- auth_verify.c: argon2 in the pool ---- */
enum { VERIFY_WAITING_MOST = 512, VERIFY_WAIT_MS = 10000 };
void auth_verify_init(unsigned at_once, unsigned waiting_most);
/* In a fiber. source: auth_delay_source; those that wait are served in turns of sources. OK, E_DENIED, E_SYNTAX (stored is no hash; takes no time), E_BUSY. */
must_use int auth_verify(struct str stored, struct str password, uint64_t source);
must_use int auth_rehash(struct str password, char out[]);             /* PASSWORD_HASH_MAX; as above */
must_use int auth_in_pool(void (*fn)(void *arg), void *arg);           /* other work of that weight: OK when fn ran, E_BUSY */

/* ---- auth_sign_in.c ---- */
struct auth_limits { unsigned at_once, waiting_most; int64_t delay_first, delay_most; };
must_use int auth_start(const struct auth_limits *l);
/* The parameters of new hashes are others: unknown users must cost the same as known ones. In a fiber. */
void auth_params_changed(void);
/* For what needs the password again but opens no session: the same work, delay and log line. OK with the account's address in the arena;
 * E_DENIED: unknown, wrong or locked. */
must_use int auth_prove(struct arena *a, struct str user, struct str password, struct str peer, struct str *ret_address);
/* A secret of another kind was shown: E_DENIED waits as a wrong password does. what: who or what was meant, for the count. */
must_use int auth_settle(struct str peer, struct str what, int r);
void auth_on_sign_in(const struct ipc_request *rq, const struct ipc_sign_in_req *q);

/* ---- auth_scram.c: app passwords that are proved, not sent ---- */
enum { AUTH_SCRAM_MAX = 1024, AUTH_SCRAM_MS = 60 * 1000 };
void auth_on_scram_first(const struct ipc_request *rq, const struct ipc_scram_first_req *q);
void auth_on_scram_final(const struct ipc_request *rq, const struct ipc_scram_final_req *q);

/* Whose name it is: the account, 0 for nobody's, and the form that names are compared in, in the arena. */
must_use int auth_name_of(struct arena *a, struct str user, uint32_t *ret, struct str *ret_name);
/* A sign-in whose secret was proved: prove says whether for this account (0: nobody), and what it opens. The password of `as` is what the guard tells tries
 * apart by. *ret: views into the arena; the same work, delays and log as of any other. */
struct auth_gate;
typedef int auth_prove_fn(void *ctx, struct arena *a, uint32_t account, struct auth_gate *ret, struct str *ret_app);
must_use int auth_by_proof(struct arena *a, const struct ipc_request *rq, const struct ipc_sign_in_req *as, auth_prove_fn *prove, void *ctx,
	struct ipc_sign_in_rep *ret);

/* The interactive sign-in of a browser: the same work, delays and log as of any other, and no grant. OK with a state (wire_types.h) and, when it is
 * WEB_SIGNED_IN, who it is, in the arena; E_DENIED: unknown, wrong or locked. */
struct auth_person { unsigned state; uint32_t account; struct str address, text; char pending[48]; /* when it is WEB_NEEDS_CODE */ };
must_use int auth_interactive(struct arena *a, const struct ipc_request *rq, const struct ipc_web_sign_in_req *q, struct auth_person *ret);

#endif
