/* NOOP (RFC 5321 section 4.1.1.9). */
#include "role/smtp/smtp.h"

int smtp_cmd_noop(struct smtp_session *s, struct str args)
{
	(void)args;
	return smtp_answer(s, 250, STR("2.0.0"), STR("Ok"));
}
