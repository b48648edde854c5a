#include "role/smtp/smtp.h"

int smtp_answer_line(struct smtp_session *s, unsigned code, bool last, struct str text)
{
	struct bufw w = { .b = s->env->out(s->ctx) };
	char head[4] = { (char)('0' + code / 100), (char)('0' + code / 10 % 10), (char)('0' + code % 10),
			 last ? ' ' : '-' };
	bufw_put(&w, head, sizeof head);
	bufw_str(&w, text);
	bufw_put(&w, "\r\n", 2);
	return w.err;
}

int smtp_answer(struct smtp_session *s, unsigned code, struct str status, struct str text)
{
	struct bufw w = { .b = s->env->out(s->ctx) };
	char head[4] = { (char)('0' + code / 100), (char)('0' + code / 10 % 10), (char)('0' + code % 10), ' ' };
	bufw_put(&w, head, sizeof head);
	bufw_str(&w, status);
	if (status.n)
		bufw_char(&w, ' ');
	bufw_str(&w, text);
	bufw_put(&w, "\r\n", 2);
	return w.err;
}

int smtp_answer_close(struct smtp_session *s, unsigned code, struct str status, struct str text)
{
	s->closing = true;
	s->turned_out = code != 221;
	return smtp_answer(s, code, status, text);
}

int smtp_answer_error(struct smtp_session *s, unsigned code, struct str status, struct str text)
{
	if (++s->errors >= s->conf->smtp.errors)
		return smtp_answer_close(s, 421, STR("4.7.0"), STR("Too many errors, closing"));
	return smtp_answer(s, code, status, text);
}

/* A server that keeps its connection for the next message is not slow. */
static void tell_guard(const struct smtp_session *s, int err)
{
	if (err == E_TOOBIG)
		smtp_saw(s, GUARD_JUNK);
	else if (err == E_SYNTAX || err == E_PROTO)
		smtp_saw(s, GUARD_BARE_NEWLINE);
	else if (err == E_TIMEOUT && !s->messages)
		smtp_saw(s, GUARD_SLOW);
}

int smtp_answer_no_line(struct smtp_session *s, int err)
{
	tell_guard(s, err);
	if (err == E_TOOBIG)
		return smtp_answer_error(s, 500, STR("5.5.2"), STR("Line too long"));
	if (err == E_SYNTAX || err == E_PROTO)
		return smtp_answer_close(s, 521, STR("5.5.2"), STR("Only CRLF ends a line here, closing"));
	if (err == E_TIMEOUT)
		return smtp_answer_close(s, 421, STR("4.4.2"), STR("Waited too long, closing"));
	if (err == E_CANCELLED)
		return smtp_answer_close(s, 421, STR("4.3.2"), STR("Service closes, try again later"));
	return err;
}

int smtp_answer_message(struct smtp_session *s, unsigned code, struct str status, struct str text)
{
	int r = OK;
	for (size_t i = smtp_is_lmtp(s) ? s->tx.count : 1; i > 0 && r == OK; i--)
		r = smtp_answer(s, code, status, text);
	return r;
}

/* Only what is certain is permanent: "I could not find out" is 4yz (B01, B02). */
struct smtp_failure smtp_failure_of(int err)
{
	static const struct { int err; struct smtp_failure failure; } failures[] = {
		{ E_QUOTA, { 452, STR_INIT("4.2.2"), STR_INIT("Mailbox full, try again later") } },
		{ E_FULL, { 452, STR_INIT("4.3.1"), STR_INIT("No room for mail now, try again later") } },
		{ E_TOOBIG, { 552, STR_INIT("5.3.4"), STR_INIT("Message too large") } },
		{ E_DENIED, { 550, STR_INIT("5.7.1"), STR_INIT("Refused by policy") } },
		{ E_SYNTAX, { 554, STR_INIT("5.6.0"), STR_INIT("The message is malformed") } },
		{ E_NOTFOUND, { 550, STR_INIT("5.1.1"), STR_INIT("No such mailbox here") } },
		{ E_BUSY, { 451, STR_INIT("4.3.2"), STR_INIT("Busy, try again later") } },
	};
	for (size_t i = 0; i < COUNT_OF(failures); i++)
		if (failures[i].err == err)
			return failures[i].failure;
	return (struct smtp_failure){ 451, STR("4.3.0"), STR("Cannot do this now, try again later") };
}
