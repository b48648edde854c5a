/* Where the octets of appended messages lie: small ones in memory, others in memory files that travel on as they are. */
#include "role/imap/imap_append.h"

#include "os/fd.h"

void imap_append_forget(struct imap_session *s)
{
	buf_done(&s->append_bytes);
	fd_close(&s->append_fd);
	fd_close(&s->append_joint);
}

int imap_append_begin(struct imap_session *s, uint64_t size)
{
	buf_done(&s->append_bytes);
	fd_close(&s->append_fd);
	s->append_size = 0;
	buf_init(&s->append_bytes, IPC_INLINE);
	if (size > IPC_INLINE)
		return fd_memory("append", &s->append_fd);
	return buf_reserve(&s->append_bytes, (size_t)size);
}

static int move_to_file(struct imap_session *s)
{
	int r = fd_memory("append", &s->append_fd);
	if (r == OK)
		r = fd_write_all(s->append_fd, buf_str(&s->append_bytes));
	buf_done(&s->append_bytes);
	return r;
}

int imap_append_put(struct imap_session *s, struct str piece)
{
	int r = OK;
	s->append_size += piece.n;
	if (s->append_size > s->conf->message_size)
		return E_TOOBIG;
	if (s->append_fd < 0 && s->append_size > IPC_INLINE)
		r = move_to_file(s);
	if (r != OK)
		return r;
	return s->append_fd >= 0 ? fd_write_all(s->append_fd, piece) : buf_put_str(&s->append_bytes, piece);
}

int imap_append_seal(struct imap_session *s)
{
	return s->append_fd >= 0 ? fd_seal(s->append_fd) : OK;
}

int imap_append_join(struct imap_session *s, struct imap_append_run *run)
{
	struct str bytes = buf_str(&s->append_bytes);
	int r = s->append_joint < 0 ? fd_memory("appends", &s->append_joint) : OK;
	run->joined += s->append_size;
	if (r == OK && run->joined > MESSAGE_MAX)
		r = E_TOOBIG;
	if (r == OK && s->append_fd >= 0)
		r = fd_map(s->append_fd, MESSAGE_MAX, &bytes);
	if (r == OK)
		r = fd_write_all(s->append_joint, bytes);
	if (r == OK && s->append_fd >= 0)
		fd_unmap(bytes);
	return r == OK ? imap_append_begin(s, 0) : r;
}
