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

static bool line_end(char c) { return c == '\r' || c == '\n'; }

/* A dot alone on a line that not CRLF but another line end begins or ends; the true end of the message is none. */
static bool lone_dot(struct str s)
{
	for (size_t i = 1; i + 1 < s.n; i++) {
		if (s.p[i] != '.' || !line_end(s.p[i - 1]) || !line_end(s.p[i + 1]))
			continue;
		bool begun = i >= 2 && s.p[i - 2] == '\r' && s.p[i - 1] == '\n', ended = i + 2 < s.n && s.p[i + 1] == '\r' && s.p[i + 2] == '\n';
		if (!begun || !ended)
			return true;
	}
	return false;
}

bool smtp_holds_commands(struct str content)
{
	return lone_dot(content) && str_isearch(content, STR("mail from:")) != STR_NPOS;
}
