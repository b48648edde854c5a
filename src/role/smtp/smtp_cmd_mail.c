/* MAIL (RFC 5321 section 4.1.1.2). */
#include "role/smtp/smtp.h"

/* The sender must belong to who signed in (A25). The null reverse-path belongs to everybody (B32). */
static int check_identity(struct smtp_session *s, const struct addr_path *path)
{
	if (!smtp_is_submission(s) || path->null)
		return OK;
	return smtp_identity_check(s, path->local, path->domain);
}

static void begin(struct smtp_session *s, const struct smtp_mail *m)
{
	s->tx = (struct smtp_tx){
		.sender = smtp_path_keep(s, &m->path),
		.body = m->body,
		.ret = m->ret,
		.smtputf8 = m->smtputf8,
		.requiretls = m->requiretls,
		.envid = arena_dup(&s->tx_memory, m->envid),
		.all_local = true,
	};
	s->state = SMTP_MAIL;
}

int smtp_cmd_mail(struct smtp_session *s, struct str args)
{
	struct smtp_mail m;
	struct str parameter;
	int r = smtp_mail_parse(&s->cmd, args, &m, &parameter);
	if (r != OK)
		return smtp_answer_syntax(s, r, parameter, STR("5.1.7"), STR("Syntax: MAIL FROM:<address>"));
	if (m.size > s->conf->limits.message_size)
		return smtp_answer(s, 552, STR("5.3.4"), STR("Message too large"));
	if (m.requiretls && !smtp_in_tls(s))
		return smtp_answer_error(s, 530, STR("5.7.10"), STR("REQUIRETLS needs TLS here too"));
	r = check_identity(s, &m.path);
	if (r == E_DENIED)
		return smtp_answer_error(s, 550, STR("5.7.1"), STR("You may not send as this address"));
	if (r != OK)
		return smtp_answer(s, 451, STR("4.3.0"), STR("Cannot check the sender now, try again later"));
	begin(s, &m);
	return smtp_answer(s, 250, STR("2.1.0"), STR("Ok"));
}
