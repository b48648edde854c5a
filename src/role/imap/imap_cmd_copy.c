/* COPY and MOVE (RFC 9051 sections 6.4.7 and 6.4.8), COPYUID (RFC 4315). */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_write.h"

/* resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set; empty when nothing was copied. */
static struct str copyuid(struct imap_session *s, const struct ipc_copy_rep *rep)
{
	struct imap_set from = { 0 }, to = { 0 };
	if (rep->pairs.n == 0)
		return STR("");
	for (size_t i = 0; i < rep->pairs.n; i += 8) {
		imap_set_add(&s->command, &from, get_le32(rep->pairs.p + i));
		imap_set_add(&s->command, &to, get_le32(rep->pairs.p + i + 4));
	}
	struct buf b = imap_buf_in(&s->command, 64 + 24 * (from.n + to.n));
	struct bufw w = { .b = &b };
	bufw_printf(&w, "COPYUID %u ", rep->uidvalidity);
	imap_set_write(&w, &from);
	bufw_char(&w, ' ');
	imap_set_write(&w, &to);
	return buf_str(&b);
}

/* MOVE tells where the messages went before it tells that they are gone here (RFC 6851 section 4.3). */
static int tell_moved(struct imap_session *s, struct str code, struct str pairs)
{
	int r = OK;
	if (code.n) {
		struct bufw w = imap_out(s);
		bufw_c(&w, "* OK [");
		bufw_str(&w, code);
		bufw_c(&w, "] moved\r\n");
		r = imap_push(s, &w);
	}
	for (size_t i = 0; i < pairs.n; i += 8)
		imap_view_vanish(&s->view, get_le32(pairs.p + i));
	if (r == OK)
		r = imap_tell_expunged(s);
	return r == OK ? imap_ok(s, "moved") : r;
}

static int transfer(struct imap_session *s, const struct imap_set *rows, struct str name, bool move)
{
	struct ipc_mailbox_rep target;
	struct ipc_copy_rep rep;
	int r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = name }, &target, &s->hold);
	if (r == E_NOTFOUND)
		return imap_no(s, "TRYCREATE", "no such mailbox");
	if (r != OK)
		return imap_failed(s, r);
	if (rows->n == 0)
		return imap_ok(s, "nothing to do");
	struct ipc_copy_req q = { .grant = s->grant, .from = s->view.mailbox, .uids = imap_pack_uids(s, rows), .to = target.id, .move = move };
	r = s->env->copy(&q, &rep, &s->hold);
	if (r == E_NOTFOUND)      /* messages that have gone meanwhile (B45): the client is told of that, and has lost nothing */
		return imap_ok(s, "nothing to do");
	if (r == OK && rep.pairs.n % 8)
		r = E_PROTO;
	if (r != OK)
		return imap_failed(s, r);
	struct str code = copyuid(s, &rep);
	return move ? tell_moved(s, code, rep.pairs) : imap_ok_code(s, code, "copied");
}

static int copy(struct imap_session *s, bool move)
{
	struct imap_args a = imap_arguments(s);
	struct imap_set set, rows;
	struct str name;
	int r = imap_set_and_mailbox(&a, &set, &name);
	if (r == E_UNSUPPORTED)
		return imap_no(s, "TRYCREATE", "no such mailbox");
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (imap_rows(s, &set, s->reader.command.uid, &rows) != OK)
		return OK;
	if (move && s->view.read_only)
		return imap_no(s, "NOPERM", "mailbox is selected read-only");
	return transfer(s, &rows, name, move);
}

int imap_cmd_copy(struct imap_session *s) { return copy(s, false); }
int imap_cmd_move(struct imap_session *s) { return copy(s, true); }
