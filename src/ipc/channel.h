/* A channel: one unix stream socket between two roles, carrying framed messages both ways.
 *
 * Frame, little-endian: u32 length of the payload, u16 type, u16 flags (CHANNEL_REPLY, CHANNEL_HAS_FD), u64 call id. A reply's payload
 * starts with an i32 error. Messages that fibers produce during one turn of the loop leave in one write.
 *
 * Back-pressure: who answers calls stops reading while CHANNEL_OUT_HIGH bytes wait for a slow reader, or CHANNEL_SERVING_MAX handlers
 * are at work in fibers. Who asks gets E_BUSY then, and never stops reading, so that the two cannot wait for each other. (A handler
 * must therefore not call back over the channel of its request.) Nothing is dropped. */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "ipc/ipc.h"

enum { CHANNEL_REPLY = 1, CHANNEL_HAS_FD = 2, CHANNEL_OUT_HIGH = 8 << 20, CHANNEL_OUT_MAX = 64 << 20, CHANNEL_SERVING_MAX = 4096 };

/* What this process is and answers; before the first channel. on_bad(channel, type): a peer broke the protocol, for the log. */
void channel_setup(enum role self, const struct ipc_service *services, size_t count, void (*on_bad)(struct channel *c, uint32_t type));

struct channel *channel_new(int fd, enum role peer, unsigned index);     /* takes fd; registered among the peers */
void channel_close(struct channel *c);                                  /* calls in flight end with E_CLOSED */
void channel_on_close(struct channel *c, void (*fn)(struct channel *c, void *ctx), void *ctx);
enum role channel_peer(const struct channel *c);
unsigned channel_peer_index(const struct channel *c);
void channel_set_data(struct channel *c, void *data);
void *channel_data(const struct channel *c);
size_t channel_calls_open(const struct channel *c);
size_t channel_waiting(const struct channel *c);        /* bytes that the peer has not taken yet */

/* The channel of a role's worker, or the least busy one (index UINT_MAX); NULL when there is none now. */
struct channel *channel_to(enum role peer, unsigned index);
/* Each channel of a role in turn: for (size_t i = 0; (c = channel_each(role, &i)); ). */
struct channel *channel_each(enum role peer, size_t *i);
/* The channel a request came on, NULL when it has gone. */
struct channel *channel_of(const struct ipc_request *rq);
/* Sends what was collected at once, without waiting for the end of the turn. */
void channel_flush_all(void);

/* Replies pass through a filter before they are sent, when the role sets one: the store holds them back until what they rest on is
 * durable. filter owns bytes (framed) and fd, and gives them to channel_send_framed later; err is the reply's error. */
void channel_reply_filter(void (*filter)(const struct ipc_request *rq, struct buf bytes, int fd));
void channel_send_framed(const struct ipc_request *rq, struct buf *bytes, int fd);     /* takes both */
/* Frames an error reply to a request. */
void channel_send_error(const struct ipc_request *rq, int err);

/* For the code made from messages.def only. */
struct channel_call {
	struct channel *channel;
	uint32_t to, type;
	struct ipc_hold *hold;
	int64_t deadline;
	size_t start;
	struct ipc_out out;
	struct ipc_in in;
};
struct channel_reply { struct ipc_request rq; struct buf own; struct channel *channel; size_t start; struct ipc_out out; };
struct channel_note { struct channel *channel; uint32_t type; size_t start; struct ipc_out out; };
must_use int channel_call_begin(struct channel_call *call, int64_t timeout_ms);
must_use int channel_call_end(struct channel_call *call, int encoded);
must_use int channel_bad_reply(struct channel_call *call, int err);
must_use bool channel_reply_begin(struct channel_reply *reply, const struct ipc_request *rq, int err);
void channel_reply_end(struct channel_reply *reply, int encoded);
must_use int channel_note_begin(struct channel_note *note, struct channel *c, uint32_t type);
must_use int channel_note_end(struct channel_note *note, int encoded);
void channel_bad_message(struct channel *c, uint32_t type, int *fd);

#endif
