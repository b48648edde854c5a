/* QUIT (RFC 5321 section 4.1.1.10). */
#include "role/smtp/smtp.h"

int smtp_cmd_quit(struct smtp_session *s, struct str args)
{
	(void)args;
	return smtp_answer_close(s, 221, STR("2.0.0"), STR("Bye"));
}
