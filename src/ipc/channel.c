#include "ipc/channel.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "io/ready.h"
#include "os/clock.h"
#include "os/fd.h"

#include <unistd.h>

enum { READ_STEP = 128 << 10, FDS_MAX = 256, CHANNELS_MAX = 1024, START_WAIT_MS = 10000 };

struct out_fd { size_t at; int fd; };       /* goes with the byte at this offset of out */

/* A caller that waits: lives on its fiber's stack, found by id. */
struct pending { struct fiber *fiber; struct channel *channel; struct ipc_hold *hold; uint32_t type; struct str payload; int err; bool done; };

struct channel {
	int fd;
	enum role peer;
	unsigned index;
	uint32_t slot, generation;
	uint64_t born;                      /* counts channels */
	struct ready *ready;
	struct buf in, out;
	size_t in_at, out_at;               /* consumed of in; sent of out */
	int fds[FDS_MAX];                   /* received, not yet claimed */
	size_t fd_count;
	struct out_fd *out_fds;
	size_t out_fd_count, out_fd_cap;
	struct map pending;                 /* call id -> struct pending */
	bool dirty, blocked, paused, closed;
	bool serves;                        /* has been asked something: back-pressure is for these */
	unsigned serving;                   /* handlers at work in fibers */
	unsigned busy;                      /* dispatching: close is put off */
	struct channel *next_dirty;
	void (*on_close)(struct channel *c, void *ctx);
	void *on_close_ctx;
	void *data;
};

static struct {
	enum role self;
	const struct ipc_service *services;
	size_t service_count;
	void (*on_bad)(struct channel *c, uint32_t type);
	void (*reply_filter)(const struct ipc_request *rq, struct buf bytes, int fd);
	struct channel *channels[CHANNELS_MAX];
	uint32_t generations[CHANNELS_MAX];
	size_t high;                        /* slots in use lie below */
	struct channel *dirty;
	struct loop_hook hook;
	struct waiters arrival;             /* callers that wait for a channel to some role */
	uint64_t next_id, born;
} ipc;

static void flush_all(void *ctx);
static void on_readable(void *ctx);

void channel_setup(enum role self, const struct ipc_service *services, size_t count, void (*on_bad)(struct channel *c, uint32_t type))
{
	ipc.self = self;
	ipc.services = services;
	ipc.service_count = count;
	ipc.on_bad = on_bad;
	ipc.hook.fn = flush_all;
	waiters_init(&ipc.arrival);
	loop_before_wait(&ipc.hook);
}

void channel_reply_filter(void (*filter)(const struct ipc_request *rq, struct buf bytes, int fd)) { ipc.reply_filter = filter; }
enum role channel_peer(const struct channel *c) { return c->peer; }
unsigned channel_peer_index(const struct channel *c) { return c->index; }
void channel_set_data(struct channel *c, void *data) { c->data = data; }
void *channel_data(const struct channel *c) { return c->data; }
size_t channel_calls_open(const struct channel *c) { return c->pending.count; }

void channel_on_close(struct channel *c, void (*fn)(struct channel *c, void *ctx), void *ctx)
{
	c->on_close = fn;
	c->on_close_ctx = ctx;
}

struct channel *channel_new(int fd, enum role peer, unsigned index)
{
	size_t slot = 0;
	while (slot < CHANNELS_MAX && ipc.channels[slot])
		slot++;
	if (slot == CHANNELS_MAX) {
		fd_close(&fd);
		return NULL;
	}
	struct channel *c = mem_new(struct channel);
	c->fd = fd;
	c->peer = peer;
	c->index = index;
	c->slot = (uint32_t)slot;
	c->generation = ++ipc.generations[slot];
	c->born = ++ipc.born;
	c->ready = ready_new(fd);
	buf_init(&c->in, IPC_MAX + IPC_HEAD + READ_STEP);
	buf_init(&c->out, CHANNEL_OUT_MAX);
	map_init(&c->pending, 0);
	ipc.channels[slot] = c;
	if (slot >= ipc.high)
		ipc.high = slot + 1;
	ready_watch(c->ready, on_readable, c);
	waiters_wake_all(&ipc.arrival);
	return c;
}

static void destroy(struct channel *c)
{
	map_done(&c->pending);
	buf_done(&c->in);
	buf_done(&c->out);
	mem_free(c->out_fds);
	mem_free(c);
}

static void forget_dirty(struct channel *c)
{
	for (struct channel **at = &ipc.dirty; *at; at = &(*at)->next_dirty)
		if (*at == c) {
			*at = c->next_dirty;
			return;
		}
}

void channel_close(struct channel *c)
{
	if (c->closed)
		return;
	c->closed = true;
	ipc.channels[c->slot] = NULL;
	if (c->dirty)
		forget_dirty(c);
	ready_free(c->ready);
	fd_close(&c->fd);
	for (size_t i = 0; i < c->fd_count; i++)
		fd_close(&c->fds[i]);
	for (size_t i = 0; i < c->out_fd_count; i++)
		fd_close(&c->out_fds[i].fd);
	struct pending *p;
	for (size_t i = 0; (p = map_next(&c->pending, &i));) {
		p->done = true;
		p->err = E_CLOSED;
		p->channel = NULL;
		fiber_wake(p->fiber, OK);
	}
	if (c->on_close)
		c->on_close(c, c->on_close_ctx);
	if (!c->busy)
		destroy(c);
}

struct channel *channel_each(enum role peer, size_t *i)
{
	while (*i < ipc.high) {
		struct channel *c = ipc.channels[(*i)++];
		if (c && c->peer == peer)
			return c;
	}
	return NULL;
}

/* Two channels to the same worker stand side by side while keys is renewed: the younger one counts. */
static bool better(const struct channel *c, const struct channel *best)
{
	return !best || (c->index == best->index ? c->born > best->born : c->pending.count < best->pending.count);
}

struct channel *channel_to(enum role peer, unsigned index)
{
	struct channel *c, *best = NULL;
	for (size_t i = 0; (c = channel_each(peer, &i));)
		if ((index == c->index || index == (unsigned)-1) && better(c, best))
			best = c;
	return best;
}

struct channel *channel_of(const struct ipc_request *rq)
{
	struct channel *c = rq->slot < CHANNELS_MAX ? ipc.channels[rq->slot] : NULL;
	return c && c->generation == rq->generation ? c : NULL;
}

/* ---- sending ---- */

static void mark_dirty(struct channel *c)
{
	if (c->dirty)
		return;
	c->dirty = true;
	c->next_dirty = ipc.dirty;
	ipc.dirty = c;
}

static void head_put(char *p, size_t length, uint32_t type, unsigned flags, uint64_t id)
{
	put_le32(p, (uint32_t)length);
	put_le32(p + 4, type | flags << 16);
	put_le64(p + 8, id);
}

static int frame_begin(struct buf *b, size_t *start)
{
	static const char zeros[IPC_HEAD];
	*start = b->n;
	return buf_put(b, zeros, sizeof zeros);
}

static void own_fd(struct channel *c, size_t at, int fd)
{
	if (c->out_fd_count == c->out_fd_cap) {
		c->out_fd_cap = c->out_fd_cap ? c->out_fd_cap * 2 : 8;
		c->out_fds = mem_resize_array(c->out_fds, c->out_fd_cap, sizeof *c->out_fds);
	}
	c->out_fds[c->out_fd_count++] = (struct out_fd){ at, fd };
}

static int frame_end(struct channel *c, size_t start, struct ipc_out *out, uint32_t type, unsigned flags, uint64_t id)
{
	size_t length = c->out.n - start - IPC_HEAD;
	int err = out->w.err == OK && length > IPC_MAX ? E_TOOBIG : out->w.err;
	int fd = err == OK && out->fd >= 0 ? dup(out->fd) : -1;
	if (err == OK && out->fd >= 0 && fd < 0)
		err = E_BUSY;
	if (err != OK) {
		c->out.n = start;
		return err;
	}
	if (fd >= 0)
		own_fd(c, start, fd);
	head_put(c->out.p + start, length, type, flags | (fd >= 0 ? CHANNEL_HAS_FD : 0), id);
	mark_dirty(c);
	return OK;
}

static void on_writable(void *ctx);
static void resume(struct channel *c);
static void leave(struct channel *c);

static size_t waiting(const struct channel *c) { return c->out.n - c->out_at; }
size_t channel_waiting(const struct channel *c) { return waiting(c); }

/* The bytes that may leave in one write: a descriptor goes with the first byte of its message, so a write ends before the next. */
static struct str next_write(const struct channel *c, size_t fds_sent, int *ret_fd)
{
	size_t i = fds_sent;
	*ret_fd = -1;
	if (i < c->out_fd_count && c->out_fds[i].at == c->out_at)
		*ret_fd = c->out_fds[i++].fd;
	size_t end = i < c->out_fd_count ? c->out_fds[i].at : c->out.n;
	return (struct str){ c->out.p + c->out_at, end - c->out_at };
}

/* Forgets what was sent; the rest moves to the front only when it is the smaller part. */
static void forget_sent(struct channel *c, size_t fds_sent)
{
	if (fds_sent) {
		c->out_fd_count -= fds_sent;
		memmove(c->out_fds, c->out_fds + fds_sent, c->out_fd_count * sizeof *c->out_fds);
	}
	if (c->out_at < c->out.n - c->out_at)
		return;
	for (size_t i = 0; i < c->out_fd_count; i++)
		c->out_fds[i].at -= c->out_at;
	buf_consume(&c->out, c->out_at);
	c->out_at = 0;
	if (c->out.n == 0 && c->out.cap > (64 << 10))
		buf_shrink(&c->out);
}

/* Writes what is collected until the socket is full. */
static void flush(struct channel *c)
{
	size_t fds_sent = 0;
	while (waiting(c)) {
		int fd;
		struct str bytes = next_write(c, fds_sent, &fd);
		ssize_t k = fd_send(c->fd, bytes, fd);
		if (k < 0) {
			channel_close(c);
			return;
		}
		if (k == 0)
			break;
		if (fd >= 0)
			fd_close(&c->out_fds[fds_sent++].fd);
		c->out_at += (size_t)k;
	}
	forget_sent(c, fds_sent);
	c->blocked = waiting(c) > 0;
	if (c->blocked)
		ready_watch_write_once(c->ready, on_writable, c);
}

static void flush_and_resume(struct channel *c)
{
	c->busy++;
	flush(c);
	resume(c);
	leave(c);
}

static void on_writable(void *ctx) { flush_and_resume(ctx); }

static void flush_all(void *ctx)
{
	(void)ctx;
	while (ipc.dirty) {
		struct channel *c = ipc.dirty;
		ipc.dirty = c->next_dirty;
		c->dirty = false;
		if (!c->blocked)
			flush_and_resume(c);
	}
}

void channel_flush_all(void) { flush_all(NULL); }

/* ---- calls ---- */

void ipc_release(struct ipc_hold *hold)
{
	mem_free(hold->bytes);
	hold->bytes = NULL;
	fd_close(&hold->fd);
}

static enum role first_role(uint32_t set)
{
	return (enum role)__builtin_ctz(set);
}

int channel_call_begin(struct channel_call *call, int64_t timeout_ms)
{
	ipc_release(call->hold);
	call->deadline = clock_mono_ms() + timeout_ms;
	int64_t until = clock_mono_ms() + START_WAIT_MS < call->deadline ? clock_mono_ms() + START_WAIT_MS : call->deadline;
	while (!call->channel && !(call->channel = channel_to(first_role(call->to), (unsigned)-1))) {
		int r = waiters_wait(&ipc.arrival, until);
		if (r != OK)
			return r == E_TIMEOUT ? E_CLOSED : r;
	}
	struct channel *c = call->channel;
	if (c->closed)
		return E_CLOSED;
	if (waiting(c) > CHANNEL_OUT_HIGH)
		return E_BUSY;
	call->out = (struct ipc_out){ .w = { .b = &c->out }, .fd = -1 };
	return frame_begin(&c->out, &call->start);
}

int channel_call_end(struct channel_call *call, int encoded)
{
	struct channel *c = call->channel;
	uint64_t id = ++ipc.next_id;
	(void)encoded;      /* sticks in out */
	int r = frame_end(c, call->start, &call->out, call->type, 0, id);
	if (r != OK)
		return r;
	struct pending p = { .fiber = fiber_current(), .channel = c, .hold = call->hold, .type = call->type };
	map_put(&c->pending, id, &p);
	while (!p.done && r == OK)
		r = fiber_park(call->deadline);
	if (p.channel)
		map_remove(&p.channel->pending, id);
	if (!p.done)
		return r;
	call->in = (struct ipc_in){ .r = reader_of(p.payload), .fd = call->hold->fd };
	if (p.err == OK)
		call->hold->fd = -1;        /* the decoder claims it */
	return p.err;
}

int channel_bad_reply(struct channel_call *call, int err)
{
	(void)err;
	channel_bad_message(call->channel, call->type, &call->in.fd);
	return E_CLOSED;
}

void channel_bad_message(struct channel *c, uint32_t type, int *fd)
{
	fd_close(fd);
	if (ipc.on_bad)
		ipc.on_bad(c, type);
	channel_close(c);
}

bool channel_reply_begin(struct channel_reply *reply, const struct ipc_request *rq, int err)
{
	struct channel *c = channel_of(rq);
	if (!c)
		return false;
	*reply = (struct channel_reply){ .rq = *rq, .channel = c };
	struct buf *b = &c->out;
	if (ipc.reply_filter) {
		buf_init(&reply->own, IPC_MAX + IPC_HEAD);
		b = &reply->own;
	}
	if (frame_begin(b, &reply->start) != OK) {
		channel_close(c);
		return false;
	}
	reply->out = (struct ipc_out){ .w = { .b = b }, .fd = -1 };
	write_u32(&reply->out.w, (uint32_t)err);
	return true;
}

static int frame_error(struct buf *b, const struct ipc_request *rq, int err)
{
	char frame[IPC_HEAD + 4];
	head_put(frame, 4, rq->type, CHANNEL_REPLY, rq->id);
	put_le32(frame + IPC_HEAD, (uint32_t)err);
	return buf_put(b, frame, sizeof frame);
}

void channel_reply_end(struct channel_reply *reply, int encoded)
{
	const struct ipc_request *rq = &reply->rq;
	if (!ipc.reply_filter) {
		(void)encoded;
		int r = frame_end(reply->channel, reply->start, &reply->out, rq->type, CHANNEL_REPLY, rq->id);
		if (r != OK)
			channel_send_error(rq, r);
		return;
	}
	struct buf *b = &reply->own;
	int fd = reply->out.fd >= 0 ? dup(reply->out.fd) : -1;
	if (reply->out.w.err != OK || (reply->out.fd >= 0 && fd < 0)) {
		int err = reply->out.w.err != OK ? reply->out.w.err : E_BUSY;
		fd_close(&fd);
		buf_clear(b);
		(void)!frame_error(b, rq, err);         /* there is room: the buffer is empty */
	} else {
		head_put(b->p, b->n - IPC_HEAD, rq->type, CHANNEL_REPLY | (fd >= 0 ? CHANNEL_HAS_FD : 0), rq->id);
	}
	ipc.reply_filter(rq, *b, fd);
}

void channel_send_framed(const struct ipc_request *rq, struct buf *bytes, int fd)
{
	struct channel *c = channel_of(rq);
	if (c) {
		size_t at = c->out.n;
		if (buf_put_str(&c->out, buf_str(bytes)) != OK) {
			channel_send_error(rq, E_BUSY);
		} else {
			if (fd >= 0)
				own_fd(c, at, fd);
			fd = -1;
			mark_dirty(c);
		}
	}
	fd_close(&fd);
	buf_done(bytes);
}

void channel_send_error(const struct ipc_request *rq, int err)
{
	struct channel *c = channel_of(rq);
	if (!c)
		return;
	if (frame_error(&c->out, rq, err) == OK)
		mark_dirty(c);
	else
		channel_close(c);       /* CHANNEL_OUT_MAX wait: a peer that reads nothing for so long is gone */
}

int channel_note_begin(struct channel_note *note, struct channel *c, uint32_t type)
{
	*note = (struct channel_note){ .channel = c, .type = type };
	if (!c || c->closed)
		return E_CLOSED;
	note->out = (struct ipc_out){ .w = { .b = &c->out }, .fd = -1 };
	return frame_begin(&c->out, &note->start);
}

int channel_note_end(struct channel_note *note, int encoded)
{
	(void)encoded;
	return frame_end(note->channel, note->start, &note->out, note->type, 0, 0);
}

/* ---- receiving ---- */

static const struct ipc_service *service(uint32_t type)
{
	for (size_t i = 0; i < ipc.service_count; i++)
		if (ipc.services[i].type == type)
			return &ipc.services[i];
	return NULL;
}

static void take_reply(struct channel *c, uint32_t type, uint64_t id, struct str payload, int fd)
{
	struct pending *p = map_get(&c->pending, id);
	struct reader r = reader_of(payload);
	int err = (int)read_u32(&r);
	if (r.err != OK || err > 0 || (p && p->type != type)) {
		channel_bad_message(c, type, &fd);
		return;
	}
	if (!p || p->done) {        /* its caller gave up, or was answered already */
		fd_close(&fd);
		return;
	}
	p->hold->bytes = mem_alloc(r.rest.n);
	if (r.rest.n)
		memcpy(p->hold->bytes, r.rest.p, r.rest.n);
	p->hold->fd = fd;
	p->payload = (struct str){ p->hold->bytes, r.rest.n };
	p->err = err;
	p->done = true;
	fiber_wake(p->fiber, OK);
}

struct fiber_request { const struct ipc_service *service; struct ipc_request rq; int fd; size_t n; char payload[]; };

static void run_in_fiber(void *arg)
{
	struct fiber_request *f = arg;
	struct channel *c = channel_of(&f->rq);
	if (c)
		f->service->run(f->service, c, &f->rq, (struct str){ f->payload, f->n }, f->fd);
	else
		fd_close(&f->fd);
}

static void free_request(void *ctx)
{
	struct fiber_request *f = ctx;
	struct channel *c = channel_of(&f->rq);
	mem_free(f);
	if (!c)
		return;
	c->serving--;
	resume(c);
}

static void run_and_free(void *arg)
{
	fiber_on_exit(free_request, arg);
	run_in_fiber(arg);
}

static void dispatch(struct channel *c, uint32_t type, uint64_t id, struct str payload, int fd)
{
	const struct ipc_rule *rule = ipc_rule(type);
	const struct ipc_service *s = service(type);
	if (!rule || !s || !(rule->from & 1u << c->peer) || !(rule->to & 1u << ipc.self)) {
		channel_bad_message(c, type, &fd);
		return;
	}
	struct ipc_request rq = { c->slot, c->generation, type, c->index, id, c->peer };
	c->serves = c->serves || rule->is_call;
	if (!s->fiber) {
		s->run(s, c, &rq, payload, fd);
		return;
	}
	struct fiber_request *f = mem_alloc(sizeof *f + payload.n);
	*f = (struct fiber_request){ .service = s, .rq = rq, .fd = fd, .n = payload.n };
	if (payload.n)
		memcpy(f->payload, payload.p, payload.n);
	c->serving++;
	fiber_start(run_and_free, f);
}

static int claim_fd(struct channel *c)
{
	if (!c->fd_count)
		return -1;
	int fd = c->fds[0];
	memmove(c->fds, c->fds + 1, --c->fd_count * sizeof c->fds[0]);
	return fd;
}

/* Takes one whole message out of the input; false when there is none. */
static bool take_message(struct channel *c)
{
	struct str rest = str_skip(buf_str(&c->in), c->in_at);
	if (rest.n < IPC_HEAD)
		return false;
	uint32_t length = get_le32(rest.p), type = get_le32(rest.p + 4) & 0xffff, flags = get_le32(rest.p + 4) >> 16;
	int fd = -1;
	if (length > IPC_MAX || flags > (CHANNEL_REPLY | CHANNEL_HAS_FD)) {
		channel_bad_message(c, type, &fd);
		return false;
	}
	if (rest.n - IPC_HEAD < length)
		return false;
	if ((flags & CHANNEL_HAS_FD) && (fd = claim_fd(c)) < 0) {
		channel_bad_message(c, type, &fd);
		return false;
	}
	c->in_at += IPC_HEAD + length;
	struct str payload = { rest.p + IPC_HEAD, length };
	uint64_t id = get_le64(rest.p + 8);
	if (flags & CHANNEL_REPLY)
		take_reply(c, type, id, payload, fd);
	else
		dispatch(c, type, id, payload, fd);
	return !c->closed;
}

static int fill(struct channel *c)
{
	if (c->in_at) {
		buf_consume(&c->in, c->in_at);
		c->in_at = 0;
	}
	if (buf_reserve(&c->in, READ_STEP) != OK)
		return E_PROTO;
	ssize_t k = fd_receive(c->fd, c->in.p + c->in.n, c->in.cap - c->in.n, c->fds, FDS_MAX, &c->fd_count);
	if (k < 0)
		return (int)k;
	c->in.n += (size_t)k;
	return k ? OK : E_AGAIN;
}

static bool full(const struct channel *c)
{
	return c->serves && (waiting(c) > CHANNEL_OUT_HIGH || c->serving >= CHANNEL_SERVING_MAX);
}

/* Everything that came whole, unless the channel is full: the rest waits, and the peer with it. */
static void take_messages(struct channel *c)
{
	while (!full(c) && take_message(c))
		;
	if (c->closed)
		return;
	if (c->in_at == c->in.n) {
		c->in_at = 0;
		buf_clear(&c->in);
		if (c->in.cap > 2 * READ_STEP)
			buf_shrink(&c->in);
	}
	if (full(c) && !c->paused) {
		c->paused = true;
		ready_unwatch(c->ready);
	}
}

static void leave(struct channel *c)
{
	if (--c->busy == 0 && c->closed)
		destroy(c);
}

/* Goes on reading a paused channel when half of what stopped it has gone. */
static void resume(struct channel *c)
{
	if (c->closed || !c->paused || waiting(c) > CHANNEL_OUT_HIGH / 2 || c->serving > CHANNEL_SERVING_MAX / 2)
		return;
	c->busy++;
	c->paused = false;
	take_messages(c);
	if (!c->closed && !c->paused)
		ready_watch(c->ready, on_readable, c);
	leave(c);
}

static void on_readable(void *ctx)
{
	struct channel *c = ctx;
	c->busy++;
	int r = fill(c);
	if (r == OK)
		take_messages(c);
	else if (r != E_AGAIN)
		channel_close(c);
	leave(c);
}
