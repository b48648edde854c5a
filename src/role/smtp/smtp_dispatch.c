/* Finds the command, checks everything that its row says, then runs exactly one handler. */
#include "role/smtp/smtp.h"

const struct smtp_cmd smtp_commands[] = {
	/* name, handler, when, RFC */
	{ STR_INIT("MAIL"), smtp_cmd_mail, SMTP_READY | SMTP_NEED_TLS | SMTP_NEED_AUTH, "5321 4.1.1.2" },
	{ STR_INIT("RCPT"), smtp_cmd_rcpt, SMTP_MAIL | SMTP_RCPT | SMTP_NEED_TLS | SMTP_NEED_AUTH, "5321 4.1.1.3" },
	{ STR_INIT("DATA"), smtp_cmd_data, SMTP_RCPT | SMTP_NEED_TLS | SMTP_NEED_AUTH | SMTP_NO_ARGS | SMTP_LAST,
	  "5321 4.1.1.4" },
	{ STR_INIT("BDAT"), smtp_cmd_bdat, SMTP_ANY, "3030 2" },
	{ STR_INIT("EHLO"), smtp_cmd_ehlo, SMTP_ANY | SMTP_LAST | SMTP_NOT_LMTP, "5321 4.1.1.1" },
	{ STR_INIT("HELO"), smtp_cmd_helo, SMTP_ANY | SMTP_LAST | SMTP_NOT_LMTP, "5321 4.1.1.1" },
	{ STR_INIT("LHLO"), smtp_cmd_ehlo, SMTP_ANY | SMTP_LAST | SMTP_ONLY_LMTP, "2033 4.1" },
	{ STR_INIT("RSET"), smtp_cmd_rset, SMTP_ANY | SMTP_NO_ARGS, "5321 4.1.1.5" },
	{ STR_INIT("QUIT"), smtp_cmd_quit, SMTP_ANY | SMTP_NO_ARGS, "5321 4.1.1.10" },
	{ STR_INIT("NOOP"), smtp_cmd_noop, SMTP_ANY, "5321 4.1.1.9" },
	{ STR_INIT("STARTTLS"), smtp_cmd_starttls, SMTP_READY | SMTP_NO_ARGS | SMTP_LAST, "3207 4" },
	{ STR_INIT("AUTH"), smtp_cmd_auth, SMTP_READY | SMTP_NEED_TLS | SMTP_LAST, "4954 4" },
	{ STR_INIT("HELP"), smtp_cmd_help, SMTP_ANY, "5321 4.1.1.8" },
	{ STR_INIT("VRFY"), smtp_cmd_vrfy, SMTP_ANY, "5321 4.1.1.6" },
	{ STR_INIT("EXPN"), smtp_cmd_expn, SMTP_ANY, "5321 4.1.1.7" },
};
const size_t smtp_command_count = COUNT_OF(smtp_commands);

static const struct smtp_cmd *find(struct str name, bool lmtp)
{
	for (size_t i = 0; i < smtp_command_count; i++)
		if (str_ieq(smtp_commands[i].name, name))
			return smtp_commands[i].when & (lmtp ? SMTP_NOT_LMTP : SMTP_ONLY_LMTP) ? NULL
											       : &smtp_commands[i];
	return NULL;
}

/* A browser that was led here by somebody else (A72), or a client that wants to pass for a front end (A89). */
static bool is_no_mail(struct str verb)
{
	static const struct str verbs[] = {
		STR_INIT("GET"),     STR_INIT("POST"),    STR_INIT("HEAD"),  STR_INIT("PUT"),   STR_INIT("DELETE"),
		STR_INIT("OPTIONS"), STR_INIT("CONNECT"), STR_INIT("TRACE"), STR_INIT("PATCH"), STR_INIT("PRI"),
		STR_INIT("PROXY"),
	};
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (str_ieq(verb, verbs[i]))
			return true;
	return false;
}

static int unknown(struct smtp_session *s, struct str verb)
{
	bool no_mail = is_no_mail(verb);
	/* a front end that was not made known is a mistake of ours, and no attack */
	smtp_saw(s, no_mail && !str_ieq(verb, STR("PROXY")) ? GUARD_HTTP : GUARD_JUNK);
	if (no_mail)
		return smtp_answer_close(s, 554, STR("5.5.1"), STR("This is a mail server, closing"));
	return smtp_answer_error(s, 500, STR("5.5.1"), STR("Command not recognised"));
}

/* The order of commands, as a reply to who broke it. */
static int wrong_state(struct smtp_session *s)
{
	static const struct { enum smtp_state state; struct str text; } want[] = {
		{ SMTP_NEW, STR_INIT("Say EHLO first") },
		{ SMTP_READY, STR_INIT("Need MAIL first") },
		{ SMTP_MAIL, STR_INIT("Need a recipient first") },
		{ SMTP_RCPT, STR_INIT("A transaction is under way") },
		{ SMTP_BDAT, STR_INIT("Chunks have begun, go on with BDAT") },
	};
	for (size_t i = 0; i < COUNT_OF(want); i++)
		if (want[i].state == s->state)
			return smtp_answer_error(s, 503, STR("5.5.1"), want[i].text);
	return E_PROTO;
}

/* More commands than any transaction needs, and no message: somebody plays for time. */
static bool idles(struct smtp_session *s)
{
	return ++s->commands > 3 * SMTP_RECIPIENTS_MAX;
}

int smtp_dispatch(struct smtp_session *s, struct str line)
{
	struct str verb, args;
	smtp_command_split(line, &verb, &args);
	const struct smtp_cmd *c = find(verb, smtp_is_lmtp(s));
	if (!c)
		return unknown(s, verb);
	if (idles(s))
		return smtp_answer_close(s, 421, STR("4.7.0"), STR("Too many commands, closing"));
	if ((c->when & SMTP_LAST || (s->state != SMTP_NEW && !s->esmtp)) && smtp_input(s).n) {
		smtp_saw(s, GUARD_EARLY_TALK);
		return smtp_answer_close(s, 503, STR("5.5.0"), STR("Wait for the reply before you go on, closing"));
	}
	if (c->when & SMTP_NEED_TLS && smtp_is_submission(s) && !smtp_in_tls(s))
		return smtp_answer_error(s, 530, STR("5.7.0"), STR("Must issue a STARTTLS command first"));
	if (c->when & SMTP_NEED_AUTH && smtp_is_submission(s) && !s->grant)
		return smtp_answer_error(s, 530, STR("5.7.0"), STR("Authentication required"));
	if (!(c->when & (unsigned)s->state))
		return wrong_state(s);
	if (c->when & SMTP_NO_ARGS && args.n)
		return smtp_answer_error(s, 501, STR("5.5.4"), STR("No argument allowed"));
	return c->run(s, args);
}
