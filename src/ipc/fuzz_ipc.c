/* Every decoder of messages.def. Input: u16 type, u8 (bit 0: the reply's fields instead of the request's; bit 1: a descriptor came
 * along), payload. Decoding, encoding and decoding again give the same bytes; a descriptor is claimed by its field or refused. */
#include "ipc/ipc.h"

#include "os/fd.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { A_DESCRIPTOR = 500 };        /* never open: closing it does nothing */

/* A decoder and its encoder, with the type rubbed off. */
struct coder { uint32_t type; bool reply, has_fd; int (*run)(struct ipc_in *in, struct ipc_out *out); };

#define F_U32(f)
#define F_U64(f)
#define F_I64(f)
#define F_STR(f, max)
#define F_FD(f) | 1
#define RUN(n_)                                                                    \
	static int run_##n_(struct ipc_in *in, struct ipc_out *out)               \
	{                                                                          \
		struct ipc_##n_ m;                                                 \
		int r = ipc_get_##n_(in, &m);                                      \
		if (r == OK && ipc_put_##n_(out, &m) != OK)                        \
			abort();                                                   \
		return r;                                                          \
	}
#define CALL(n_, num_, from_, to_, req_, rep_) RUN(n_##_req) RUN(n_##_rep)
#define NOTE(n_, num_, from_, to_, fields_) RUN(n_##_note)
#include "ipc/messages.def"

static const struct coder coders[] = {
#define CALL(n_, num_, from_, to_, req_, rep_) { num_, false, 0 req_, run_##n_##_req }, { num_, true, 0 rep_, run_##n_##_rep },
#define NOTE(n_, num_, from_, to_, fields_) { num_, false, 0 fields_, run_##n_##_note },
#include "ipc/messages.def"
};

static const struct coder *coder_of(uint32_t type, bool reply)
{
	for (size_t i = 0; i < COUNT_OF(coders); i++)
		if (coders[i].type == type && coders[i].reply == reply)
			return &coders[i];
	return &coders[type % COUNT_OF(coders)];        /* so that random types reach a decoder, too */
}

static int decode(const struct coder *c, struct str payload, int fd, struct ipc_out *out)
{
	struct ipc_in in = { reader_of(payload), fd };
	int r = c->run(&in, out);
	if (r == OK && (in.fd != -1 || in.r.rest.n))    /* everything was claimed */
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 3 || n > IPC_MAX)
		return 0;
	const struct coder *c = coder_of((uint32_t)data[0] | (uint32_t)data[1] << 8, data[2] & 1);
	int fd = data[2] & 2 ? A_DESCRIPTOR : -1;
	struct str payload = { (const char *)data + 3, n - 3 };
	struct buf first, second, longer;
	buf_init(&first, IPC_MAX);
	buf_init(&second, IPC_MAX);
	buf_init(&longer, IPC_MAX + 1);
	struct ipc_out a = { { .b = &first }, -1 }, b = { { .b = &second }, -1 };
	if (decode(c, payload, fd, &a) == OK) {
		if (a.fd != fd || (fd >= 0 && !c->has_fd))
			abort();
		if (decode(c, buf_str(&first), a.fd, &b) != OK || b.fd != fd || !str_eq(buf_str(&first), buf_str(&second)))
			abort();
		if (buf_put_str(&longer, payload) != OK || buf_put_char(&longer, 'x') != OK)
			abort();
		buf_clear(&second);
		if (decode(c, buf_str(&longer), fd, &b) == OK)          /* one byte left over */
			abort();
		buf_clear(&second);
		if (decode(c, payload, fd < 0 ? A_DESCRIPTOR : -1, &b) == OK)    /* one descriptor too many, or too few */
			abort();
	}
	buf_done(&first);
	buf_done(&second);
	buf_done(&longer);
	return 0;
}
