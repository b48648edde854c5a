/* Finds the command, checks everything the table knows, runs one handler, tells what changed meanwhile, answers. */
#include "role/imap/imap.h"

#include "base/secret.h"
#include "proto/imap/imap_write.h"

static const struct imap_handler *find(struct str name)
{
	for (size_t i = 0; i < imap_handler_count; i++)
		if (str_ieq(imap_handlers[i].name, name))
			return &imap_handlers[i];
	return NULL;
}

static int tagged(struct imap_session *s)
{
	static const char *const words[] = { "", " OK ", " NO ", " BAD " };
	const struct imap_result *res = &s->result;
	struct bufw w = imap_out(s);
	imap_write_text(&w, s->reader.command.tag);
	bufw_c(&w, words[res->status]);
	if (res->code.n) {
		bufw_char(&w, '[');
		bufw_str(&w, res->code);
		bufw_c(&w, "] ");
	}
	imap_write_text(&w, res->text);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

/* NULL: go on. Else what to say; nothing of the command has been looked at but its name. */
static const char *refusal(const struct imap_session *s, const struct imap_handler *handler)
{
	const struct imap_command *c = &s->reader.command;
	if (!handler || (c->uid && !(handler->flags & IMAP_UID_FORM)))
		return "unknown command";
	if (!(handler->states & (unsigned)s->state))
		return s->state == IMAP_GUEST           ? "sign in first"
		       : s->state == IMAP_AUTHENTICATED ? "not in this state; select a mailbox first"
							: "not in this state";
	if (s->uidonly && !c->uid && (handler->flags & IMAP_NUMBERS_ONLY))
		return "[UIDREQUIRED] messages are named by UID only";
	if ((handler->flags & IMAP_NO_ARGS) && c->args.n)
		return "no argument allowed";
	return NULL;
}

static bool may_expunge(const struct imap_session *s)
{
	return !(s->handler->flags & IMAP_USES_NUMBERS) || s->reader.command.uid;
}

static int run(struct imap_session *s)
{
	int r = s->handler->run(s);
	if (r != OK || s->state != IMAP_SELECTED || (s->handler->flags & IMAP_NO_SYNC))
		return r;
	if (s->noted > s->view.modseq)
		r = imap_mailbox_refresh(s);
	return r == OK && s->state == IMAP_SELECTED ? imap_mailbox_tell(s, may_expunge(s)) : r;
}

static int count_errors(struct imap_session *s)
{
	if (s->result.status != IMAP_STATUS_BAD)
		return OK;
	imap_saw(s, GUARD_JUNK);
	if (++s->errors < s->conf->errors)
		return OK;
	return imap_bye(s, "too many bad commands");
}

int imap_dispatch(struct imap_session *s)
{
	int r = OK;
	s->handler = find(s->reader.command.name);
	s->result = (struct imap_result){ 0 };
	const char *why = refusal(s, s->handler);
	if (why)
		r = imap_bad(s, why);
	else if ((s->handler->flags & IMAP_NEEDS_TLS) && !s->tls)
		r = imap_no(s, "PRIVACYREQUIRED", "use TLS first");
	else
		r = run(s);
	if (r == OK && s->result.status != IMAP_STATUS_NONE)
		r = tagged(s);
	if (r == OK && s->gone && s->state != IMAP_ENDING)
		r = imap_bye(s, "[UNAVAILABLE] sign in again");
	if (r == OK)
		r = count_errors(s);
	if (s->handler && (s->handler->flags & IMAP_NEEDS_TLS))
		secret_wipe(s->reader.bytes.p, s->reader.bytes.n);
	imap_ahead_end(s);
	imap_job_abandon_all(s);
	imap_load_done(s);
	arena_done(&s->results);
	arena_reset(&s->command);
	return r;
}
