#include "proto/password/password_state.h"

enum { VERSION = 1 };

int password_state_write(struct buf *out, const struct password_state *s)
{
	size_t start = out->n;
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	write_u64(&w, (uint64_t)s->changed_at);
	write_u64(&w, (uint64_t)s->warned_at);
	write_u32(&w, s->flags);
	write_varint(&w, s->history_count);
	for (size_t i = 0; i < s->history_count; i++)
		write_str(&w, s->history[i]);
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int password_state_read(struct str bytes, struct password_state *ret)
{
	struct reader r = reader_of(bytes);
	struct password_state s = { 0 };
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	s.changed_at = (int64_t)read_u64(&r);
	s.warned_at = (int64_t)read_u64(&r);
	s.flags = read_u32(&r);
	uint64_t n = read_varint(&r);
	if (n > PASSWORD_HISTORY_MAX)
		return E_CORRUPT;
	while (s.history_count < n && r.err == OK)
		s.history[s.history_count++] = read_str(&r, PASSWORD_STORED_MAX);
	if (reader_end(&r) != OK)
		return E_CORRUPT;
	*ret = s;
	return OK;
}

void password_state_retire(struct password_state *s, struct str hash, size_t most)
{
	if (most > PASSWORD_HISTORY_MAX)
		most = PASSWORD_HISTORY_MAX;
	if (hash.n && most) {
		size_t moved = s->history_count < most ? s->history_count : most - 1;
		memmove(s->history + 1, s->history, moved * sizeof *s->history);
		s->history[0] = hash;
		s->history_count = moved + 1;
	}
	if (s->history_count > most)
		s->history_count = most;
}
