/* HELP (RFC 5321 section 4.1.1.8). */
#include "role/smtp/smtp.h"

int smtp_cmd_help(struct smtp_session *s, struct str args)
{
	(void)args;
	return smtp_answer(s, 214, STR("2.0.0"), STR("See RFC 5321"));
}
