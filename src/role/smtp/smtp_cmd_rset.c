/* RSET (RFC 5321 section 4.1.1.5). */
#include "role/smtp/smtp.h"

int smtp_cmd_rset(struct smtp_session *s, struct str args)
{
	(void)args;
	smtp_tx_reset(s);
	return smtp_answer(s, 250, STR("2.0.0"), STR("Ok"));
}
