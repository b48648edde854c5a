/* Sets of uids and bodies as they travel. */
#include "role/store/store_serve.h"

#include "io/fiber.h"
#include "os/fd.h"

int store_set_unpack(struct str pairs, struct store_set *ret)
{
	struct store_set s = { 0 };
	uint32_t last = 0;
	if (pairs.n % 8 != 0)
		return E_PROTO;
	s.v = mem_new_array(struct store_range, pairs.n / 8 + 1);
	for (; pairs.n; pairs = str_skip(pairs, 8)) {
		struct store_range r = { get_le32(pairs.p), get_le32(pairs.p + 4) };
		if (r.from <= last || r.to < r.from) {
			mem_free(s.v);
			return E_PROTO;
		}
		last = r.to;
		s.v[s.n++] = r;
	}
	s.cap = s.n;
	*ret = s;
	return OK;
}

int store_set_pack(const struct store_set *s, struct buf *out)
{
	struct bufw w = { .b = out };
	for (size_t i = 0; i < s->n; i++)
		for (uint64_t v = s->v[i].from; v <= s->v[i].to && w.err == OK; v++)
			write_u32(&w, (uint32_t)v);
	return w.err;
}

int store_body_open(struct str bytes, int body, struct str *ret)
{
	*ret = bytes;
	return body >= 0 ? fd_map(body, MESSAGE_MAX, ret) : OK;
}

void store_body_close(int body, struct str mapped)
{
	if (body >= 0)
		fd_unmap(mapped);
	fd_close(&body);
}

enum { STEP = 512 << 10 };              /* read and copied in well under a millisecond */

static int load_large(store_read_fn *read, void *ctx, uint64_t size, int *ret_fd)
{
	struct buf chunk;
	int fd, r = fd_memory("message", &fd);
	if (r != OK)
		return r;
	buf_init(&chunk, STEP);
	for (uint64_t at = 0; r == OK && at < size; at += chunk.n) {
		buf_clear(&chunk);
		r = read(ctx, at, STEP, &chunk);
		if (r == OK && !chunk.n)
			r = E_CORRUPT;
		if (r == OK)
			r = fd_write_all(fd, buf_str(&chunk));
		if (fiber_current())
			fiber_yield();
	}
	buf_done(&chunk);
	if (r == OK)
		r = fd_seal(fd);
	if (r != OK)
		fd_close(&fd);
	else
		*ret_fd = fd;
	return r;
}

int store_message_load(store_read_fn *read, void *ctx, uint64_t size, struct buf *out, int *ret_fd)
{
	*ret_fd = -1;
	return size <= IPC_INLINE ? read(ctx, 0, IPC_INLINE, out) : load_large(read, ctx, size, ret_fd);
}
