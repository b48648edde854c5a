/* Messages between roles: structs, calls, notes and services, all made from messages.def.
 *
 *    struct ipc_recipient_req q = { .grant = g, .address = a };
 *    struct ipc_recipient_rep a;
 *    struct ipc_hold hold = IPC_HOLD;
 *    int r = ipc_call_recipient(NULL, &q, &a, &hold, 10000);     // suspends the fiber
 *    ...                                                         // views in a live in hold
 *    ipc_release(&hold);
 *
 * A peer is an enemy: what it sends is checked for permission (who may send which message to whom), for each field's limit, for
 * leftovers. A message that fails ends that channel, is counted and reported, and never the process. */
#ifndef IPC_IPC_H
#define IPC_IPC_H

#include "ipc/role.h"
#include "ipc/wire_types.h"

enum { IPC_HEAD = 16, IPC_MAX = 5 << 20 };

struct channel;

/* Memory of a received reply, which the views in it point to; the next call that gets the hold frees it. A descriptor in a
 * reply is the caller's to close. */
struct ipc_hold { char *bytes; int fd; };
#define IPC_HOLD { NULL, -1 }
void ipc_release(struct ipc_hold *hold);

/* A received call, to be answered exactly once, now or later; a small value that may be copied and kept. Answering after the
 * channel has gone does nothing. */
struct ipc_request { uint32_t slot, generation, type, peer_index; uint64_t id; enum role peer; };

struct ipc_in { struct reader r; int fd; };             /* decoding; fd -1: none (left) */
struct ipc_out { struct bufw w; int fd; };

#define R(NAME) (1u << ROLE_##NAME)
#define ANY_ROLE (~0u & ~R(PARENT))
#define REQUEST(...) __VA_ARGS__
#define REPLY(...) __VA_ARGS__
#define FIELDS(...) __VA_ARGS__

#define F_U32(f) uint32_t f;
#define F_U64(f) uint64_t f;
#define F_I64(f) int64_t f;
#define F_STR(f, max) struct str f;
#define F_FD(f) int f;
#define CALL(n_, num_, from_, to_, req_, rep_)                                                              \
	enum { IPC_##n_ = num_ };                                                                             \
	struct ipc_##n_##_req { req_ char end_[0]; };                                                        \
	struct ipc_##n_##_rep { rep_ char end_[0]; };                                                          \
	/* channel NULL: any worker of the answering role, waiting a while for one that is being started. E_TIMEOUT, \
	 * E_CLOSED (the peer went away), E_TOOBIG (a field is over its limit), or the error that the peer gave. */  \
	must_use int ipc_call_##n_(struct channel *c, const struct ipc_##n_##_req *q, struct ipc_##n_##_rep *ret, \
		struct ipc_hold *hold, int64_t timeout_ms);                                                       \
	/* a is NULL when err is not OK. The descriptor in a stays the caller's. */                                \
	void ipc_reply_##n_(const struct ipc_request *rq, int err, const struct ipc_##n_##_rep *a);           \
	must_use int ipc_get_##n_##_req(struct ipc_in *in, struct ipc_##n_##_req *ret);                       \
	must_use int ipc_get_##n_##_rep(struct ipc_in *in, struct ipc_##n_##_rep *ret);                       \
	must_use int ipc_put_##n_##_req(struct ipc_out *out, const struct ipc_##n_##_req *m);                 \
	must_use int ipc_put_##n_##_rep(struct ipc_out *out, const struct ipc_##n_##_rep *m);                 \
	typedef void ipc_##n_##_fn(const struct ipc_request *rq, const struct ipc_##n_##_req *q);
#define NOTE(n_, num_, from_, to_, fields_)                                                                      \
	enum { IPC_##n_ = num_ };                                                                             \
	struct ipc_##n_##_note { fields_ char end_[0]; };                                                        \
	must_use int ipc_note_##n_(struct channel *c, const struct ipc_##n_##_note *m);                       \
	must_use int ipc_get_##n_##_note(struct ipc_in *in, struct ipc_##n_##_note *ret);                     \
	must_use int ipc_put_##n_##_note(struct ipc_out *out, const struct ipc_##n_##_note *m);               \
	typedef void ipc_##n_##_fn(struct channel *from, const struct ipc_##n_##_note *m);
#include "ipc/messages.def"
#undef F_U32
#undef F_U64
#undef F_I64
#undef F_STR
#undef F_FD

struct ipc_rule { uint32_t type, from, to; bool is_call; const char *name; };
extern const struct ipc_rule ipc_rules[];
extern const size_t ipc_rule_count;
const struct ipc_rule *ipc_rule(uint32_t type);                 /* NULL: no such message */

/* What a role answers and hears: a row a message. A handler of the first kind runs at once on the loop and must not wait; one
 * of the second kind runs in a fiber of its own. Views in the request live until the handler returns. A descriptor in it is the
 * handler's to close. */
struct ipc_service {
	uint32_t type;
	void (*run)(const struct ipc_service *s, struct channel *c, const struct ipc_request *rq, struct str payload, int fd);
	void (*fn)(void);
	bool fiber;
};
#define IPC_SERVE(name, handler) { IPC_##name, ipc_run_##name, (void (*)(void))(1 ? (handler) : (ipc_##name##_fn *)0), false }
#define IPC_SERVE_FIBER(name, handler) { IPC_##name, ipc_run_##name, (void (*)(void))(1 ? (handler) : (ipc_##name##_fn *)0), true }
#define CALL(n_, num_, from_, to_, req_, rep_) \
	void ipc_run_##n_(const struct ipc_service *s, struct channel *c, const struct ipc_request *rq, struct str payload, int fd);
#define NOTE(n_, num_, from_, to_, fields_) \
	void ipc_run_##n_(const struct ipc_service *s, struct channel *c, const struct ipc_request *rq, struct str payload, int fd);
#include "ipc/messages.def"

#endif
