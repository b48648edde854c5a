/* What MAIL and RCPT share. */
#include "role/smtp/smtp.h"

struct str smtp_path_keep(struct smtp_session *s, const struct addr_path *path)
{
	if (path->null)
		return STR("");
	buf_clear(&s->scratch);
	struct bufw w = { .b = &s->scratch };
	addr_mailbox_render(&w, path->local, path->domain);
	return arena_dup(&s->tx_memory, buf_str(&s->scratch));
}

int smtp_answer_syntax(struct smtp_session *s, int err, struct str parameter, struct str status, struct str usage)
{
	if (err == E_NOTFOUND)
		return smtp_answer_error(s, 555, STR("5.5.4"), STR("Parameter not recognised"));
	if (err == E_UNSUPPORTED)
		return smtp_answer_error(s, 553, STR("5.6.7"), STR("This address needs SMTPUTF8"));
	if (parameter.n == 0)
		return smtp_answer_error(s, 501, status, usage);
	struct str text = arena_printf(&s->cmd, "Bad use of parameter " STR_FMT, STR_ARG(parameter));
	return smtp_answer_error(s, 501, STR("5.5.4"), text);
}
