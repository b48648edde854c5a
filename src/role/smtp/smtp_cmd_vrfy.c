/* VRFY (RFC 5321 section 4.1.1.6): says nothing about who exists (A68). */
#include "role/smtp/smtp.h"

int smtp_cmd_vrfy(struct smtp_session *s, struct str args)
{
	if (args.n == 0)
		return smtp_answer_error(s, 501, STR("5.5.4"), STR("An address is needed"));
	smtp_saw(s, GUARD_VRFY);
	return smtp_answer(s, 252, STR("2.1.5"), STR("Cannot verify, but will take mail and try"));
}
