/* What strangers do, as the guard counts it. Who has signed in is known by name, and watched by what is sent (store). */
#include "role/smtp/smtp.h"

void smtp_saw_value(const struct smtp_session *s, enum guard_kind kind, struct str value)
{
	if (!s->grant)
		s->env->tell_guard(s->ctx, s, kind, value);
}

void smtp_saw(const struct smtp_session *s, enum guard_kind kind) { smtp_saw_value(s, kind, STR("")); }

/* Who only looks whether the port is open breaks no rule. */
void smtp_saw_handshake(const struct smtp_session *s, int err)
{
	if (err == E_PROTO)
		smtp_saw(s, GUARD_TLS_FAILED);
	else if (err == E_TIMEOUT)
		smtp_saw(s, GUARD_SLOW);
}

bool smtp_holds_commands(struct str content)
{
	static const struct str dots[] = { STR_INIT("\n.\n"), STR_INIT("\n.\r"), STR_INIT("\r.\r"), STR_INIT("\r.\n") };
	bool dot = false;
	for (size_t i = 0; i < COUNT_OF(dots); i++)
		dot |= str_search(content, dots[i]) != STR_NPOS;
	return dot && str_isearch(content, STR("mail from:")) != STR_NPOS;
}
