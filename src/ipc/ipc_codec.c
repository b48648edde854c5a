/* Encoders and decoders, made from messages.def. */
#include "ipc/ipc.h"

#include "ipc/channel.h"

#include "os/fd.h"

static void put_str(struct ipc_out *out, struct str s, size_t max)
{
	if (out->w.err == OK && s.n > max)
		out->w.err = E_TOOBIG;
	write_str(&out->w, s);
}

static void put_fd(struct ipc_out *out, int fd)
{
	write_u8(&out->w, fd >= 0);
	out->fd = fd;
}

static int get_fd(struct ipc_in *in)
{
	uint8_t has = read_u8(&in->r);
	int fd = in->fd;
	if (in->r.err != OK)
		return -1;
	if (has > 1 || (has == 1) != (fd >= 0)) {
		in->r.err = E_PROTO;
		return -1;
	}
	in->fd = -1;
	return fd;
}

/* Good only when every field parsed, nothing is left over and no unclaimed descriptor came along. */
static int get_end(struct ipc_in *in)
{
	if (in->fd >= 0)
		in->r.err = E_PROTO;
	return reader_end(&in->r);
}

#define F_U32(f) write_u32(&out->w, m->f);
#define F_U64(f) write_u64(&out->w, m->f);
#define F_I64(f) write_u64(&out->w, (uint64_t)m->f);
#define F_STR(f, max) put_str(out, m->f, max);
#define F_FD(f) put_fd(out, m->f);
#define PUT(n_, fields_)                                                      \
	int ipc_put_##n_(struct ipc_out *out, const struct ipc_##n_ *m)    \
	{                                                                      \
		(void)m;                                                       \
		fields_                                                         \
		return out->w.err;                                             \
	}
#define CALL(n_, num_, from_, to_, req_, rep_) PUT(n_##_req, req_) PUT(n_##_rep, rep_)
#define NOTE(n_, num_, from_, to_, fields_) PUT(n_##_note, fields_)
#include "ipc/messages.def"
#undef F_U32
#undef F_U64
#undef F_I64
#undef F_STR
#undef F_FD

#define F_U32(f) m.f = read_u32(&in->r);
#define F_U64(f) m.f = read_u64(&in->r);
#define F_I64(f) m.f = (int64_t)read_u64(&in->r);
#define F_STR(f, max) m.f = read_str(&in->r, max);
#define F_FD(f) m.f = get_fd(in); had = &m.f;
#define GET(n_, fields_)                                                      \
	int ipc_get_##n_(struct ipc_in *in, struct ipc_##n_ *ret)          \
	{                                                                      \
		struct ipc_##n_ m;                                             \
		memset(&m, 0, sizeof m);                                       \
		int *had = NULL;                                               \
		fields_                                                         \
		int r = get_end(in);                                           \
		if (r == OK)                                                   \
			*ret = m;                                              \
		else if (had)                                                  \
			fd_close(had);                                         \
		return r;                                                      \
	}
#define CALL(n_, num_, from_, to_, req_, rep_) GET(n_##_req, req_) GET(n_##_rep, rep_)
#define NOTE(n_, num_, from_, to_, fields_) GET(n_##_note, fields_)
#include "ipc/messages.def"
#undef F_U32
#undef F_U64
#undef F_I64
#undef F_STR
#undef F_FD

const struct ipc_rule ipc_rules[] = {
#define CALL(n_, num_, from_, to_, req_, rep_) { num_, from_, to_, true, #n_ },
#define NOTE(n_, num_, from_, to_, fields_) { num_, from_, to_, false, #n_ },
#include "ipc/messages.def"
};
const size_t ipc_rule_count = COUNT_OF(ipc_rules);

enum {
#define CALL(n_, num_, from_, to_, req_, rep_) ROW_##n_,
#define NOTE(n_, num_, from_, to_, fields_) ROW_##n_,
#include "ipc/messages.def"
};

/* Two messages with one number would be two cases with one value, and not compile. */
const struct ipc_rule *ipc_rule(uint32_t type)
{
	switch (type) {
#define CALL(n_, num_, from_, to_, req_, rep_) case num_: return &ipc_rules[ROW_##n_];
#define NOTE(n_, num_, from_, to_, fields_) case num_: return &ipc_rules[ROW_##n_];
#include "ipc/messages.def"
	default: return NULL;
	}
}

/* The calls: encode, send, wait, decode. */
#define CALL(n_, num_, from_, to_, req_, rep_)                                                                         \
	int ipc_call_##n_(struct channel *c, const struct ipc_##n_##_req *q, struct ipc_##n_##_rep *ret,                \
		struct ipc_hold *hold, int64_t timeout_ms)                                                                   \
	{                                                                                                                    \
		struct channel_call call = { .channel = c, .to = (to_), .type = num_, .hold = hold };                         \
		int r = channel_call_begin(&call, timeout_ms);                                                               \
		if (r != OK)                                                                                                 \
			return r;                                                                                            \
		r = ipc_put_##n_##_req(&call.out, q);                                                                      \
		r = channel_call_end(&call, r);                                                                              \
		if (r != OK)                                                                                                 \
			return r;                                                                                            \
		r = ipc_get_##n_##_rep(&call.in, ret);                                                                     \
		return r == OK ? OK : channel_bad_reply(&call, r);                                                           \
	}                                                                                                                    \
	void ipc_reply_##n_(const struct ipc_request *rq, int err, const struct ipc_##n_##_rep *a)                        \
	{                                                                                                                    \
		struct channel_reply reply;                                                                                  \
		if (!channel_reply_begin(&reply, rq, err))                                                                   \
			return;                                                                                              \
		channel_reply_end(&reply, err == OK ? ipc_put_##n_##_rep(&reply.out, a) : OK);                             \
	}                                                                                                                    \
	void ipc_run_##n_(const struct ipc_service *s, struct channel *c, const struct ipc_request *rq, struct str payload, int fd) \
	{                                                                                                                    \
		struct ipc_in in = { reader_of(payload), fd };                                                               \
		struct ipc_##n_##_req q;                                                                                   \
		if (ipc_get_##n_##_req(&in, &q) != OK)                                                                     \
			channel_bad_message(c, num_, &in.fd);                                                              \
		else                                                                                                         \
			((ipc_##n_##_fn *)s->fn)(rq, &q);                                                                  \
	}
#define NOTE(n_, num_, from_, to_, fields_)                                                                                 \
	int ipc_note_##n_(struct channel *c, const struct ipc_##n_##_note *m)                                             \
	{                                                                                                                    \
		struct channel_note note;                                                                                    \
		int r = channel_note_begin(&note, c, num_);                                                                \
		if (r == OK)                                                                                                 \
			r = channel_note_end(&note, ipc_put_##n_##_note(&note.out, m));                                    \
		return r;                                                                                                    \
	}                                                                                                                    \
	void ipc_run_##n_(const struct ipc_service *s, struct channel *c, const struct ipc_request *rq, struct str payload, int fd) \
	{                                                                                                                    \
		struct ipc_in in = { reader_of(payload), fd };                                                               \
		struct ipc_##n_##_note m;                                                                                  \
		(void)rq;                                                                                                    \
		if (ipc_get_##n_##_note(&in, &m) != OK)                                                                    \
			channel_bad_message(c, num_, &in.fd);                                                              \
		else                                                                                                         \
			((ipc_##n_##_fn *)s->fn)(c, &m);                                                                   \
	}
#include "ipc/messages.def"
