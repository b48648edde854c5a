#include "role/imap/imap.h"

#include "os/log.h"
#include "proto/imap/imap_write.h"

static int result(struct imap_session *s, enum imap_status status, struct str code, const char *text)
{
	s->result = (struct imap_result){ status, code, str_c(text) };
	return OK;
}

int imap_ok(struct imap_session *s, const char *text) { return result(s, IMAP_STATUS_OK, STR(""), text); }
int imap_ok_code(struct imap_session *s, struct str code, const char *text)
{
	return result(s, IMAP_STATUS_OK, code, text);
}
int imap_no(struct imap_session *s, const char *code, const char *text)
{
	return result(s, IMAP_STATUS_NO, str_c(code), text);
}
int imap_bad(struct imap_session *s, const char *text) { return result(s, IMAP_STATUS_BAD, STR(""), text); }

int imap_bad_args(struct imap_session *s, int err, const struct imap_args *a)
{
	if (err == E_UNSUPPORTED)
		return imap_no(s, "CANNOT", a->bad);
	return imap_bad(s, a->bad);
}

/* What a client is told of a failure (RFC 5530, RFC 9051 section 7.1). The cause goes to the log where it is ours. */
static const struct { int err; const char *code, *text; bool ours; } failures[] = {
	{ E_NOTFOUND, "NONEXISTENT", "no such mailbox or message", false },
	{ E_EXISTS, "ALREADYEXISTS", "mailbox exists already", false },
	{ E_DENIED, "NOPERM", "not allowed", false },
	{ E_FULL, "OVERQUOTA", "no room", false },
	{ E_TOOBIG, "LIMIT", "too big", false },
	{ E_SYNTAX, "CANNOT", "name is not allowed", false },
	{ E_UNSUPPORTED, "CANNOT", "not possible", false },
	{ E_BUSY, "INUSE", "busy, try again", false },
	{ E_TIMEOUT, "UNAVAILABLE", "try again later", true },
	{ E_CLOSED, "UNAVAILABLE", "try again later", true },
	{ E_IO, "UNAVAILABLE", "try again later", true },
	{ E_CORRUPT, "SERVERBUG", "stored data is damaged", true },
	{ E_PROTO, "SERVERBUG", "internal error", true },
};

int imap_failed(struct imap_session *s, int err)
{
	if (err == E_CANCELLED || err == E_AGAIN)
		return E_CANCELLED;
	if (err == E_STALE) {
		s->gone = true;
		return imap_no(s, "UNAVAILABLE", "sign in again");
	}
	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		if (failures[i].err != err)
			continue;
		if (failures[i].ours)
			log_event(LOG_WARNING, "imap.call_failed", LOG_S("command", s->reader.command.name), LOG_E(err),
				  LOG_END);
		return imap_no(s, failures[i].code, failures[i].text);
	}
	return imap_no(s, "SERVERBUG", "internal error");
}

struct bufw imap_out(struct imap_session *s)
{
	return (struct bufw){ .b = s->env->out(s->io) };
}

int imap_push(struct imap_session *s, const struct bufw *w)
{
	return w->err == OK ? s->env->push(s->io) : w->err;
}

int imap_untagged(struct imap_session *s, const char *fmt, ...)
{
	struct bufw w = imap_out(s);
	va_list ap;
	bufw_c(&w, "* ");
	va_start(ap, fmt);
	if (w.err == OK)
		w.err = buf_vprintf(w.b, fmt, ap);
	va_end(ap);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

int imap_continue(struct imap_session *s, const char *text)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "+ ");
	bufw_c(&w, text);
	bufw_c(&w, "\r\n");
	return w.err == OK ? s->env->flush(s->io) : w.err;
}

int imap_bye(struct imap_session *s, const char *text)
{
	s->state = IMAP_ENDING;
	return imap_untagged(s, "BYE %s", text);
}

struct imap_args imap_arguments(struct imap_session *s)
{
	return imap_args_of(s->reader.command.args, &s->command, s->utf8);
}
