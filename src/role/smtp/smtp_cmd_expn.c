/* EXPN (RFC 5321 section 4.1.1.7): refused, members of lists are nobody's business (A68). */
#include "role/smtp/smtp.h"

int smtp_cmd_expn(struct smtp_session *s, struct str args)
{
	(void)args;
	smtp_saw(s, GUARD_VRFY);
	return smtp_answer_error(s, 502, STR("5.7.2"), STR("Lists are not expanded"));
}
