#include "role/imap/imap.h"

#include "os/fd.h"

void imap_load_done(struct imap_session *s)
{
	if (s->mapped.n)
		fd_unmap(s->mapped);
	s->mapped = (struct str){ 0 };
	ipc_release(&s->hold_message);
	arena_reset(&s->scratch);
}

int imap_load_message(struct imap_session *s, uint64_t email, struct str *ret)
{
	struct ipc_message_rep a;
	imap_load_done(s);
	int r = s->env->message(&(struct ipc_message_req){ .grant = s->grant, .email = email }, &a, &s->hold_message);
	if (r != OK)
		return r;
	*ret = a.bytes;
	if (a.body < 0)
		return OK;
	r = fd_map(a.body, MESSAGE_MAX, &s->mapped);
	fd_close(&a.body);
	if (r == OK)
		*ret = s->mapped;
	return r;
}
