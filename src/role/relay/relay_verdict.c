#include "role/relay/relay_verdict.h"

#include <stdarg.h>
#include <stdio.h>

/* One line for logs and reports: line breaks and other control bytes become spaces; not cut inside a character. */
static void clean(char *text)
{
	struct str s = utf8_first(str_c(text), RELAY_TEXT_MAX - 1);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	text[s.n] = '\0';
}

void relay_verdict_set(struct relay_verdict *v, enum queue_outcome outcome, const char *status, const char *fmt, ...)
{
	va_list ap;
	v->outcome = outcome;
	v->replied = v->doubt = v->policy = false;
	snprintf(v->status, sizeof v->status, "%s", status);
	va_start(ap, fmt);
	vsnprintf(v->text, sizeof v->text, fmt, ap);
	va_end(ap);
	clean(v->text);
}

void relay_verdict_defer(struct relay_verdict *v)
{
	v->outcome = QUEUE_DEFERRED;
	v->status[0] = '4';
}

void relay_verdict_reply(struct relay_verdict *v, const struct smtp_reply *reply, enum queue_outcome success)
{
	unsigned class = reply->code / 100;
	char status[32];
	if (reply->status.class == class && class != 3)
		snprintf(status, sizeof status, "%u.%u.%u", class, reply->status.subject % 1000,
			 reply->status.detail % 1000);
	else
		snprintf(status, sizeof status, "%u.0.0", class == 2 || class == 5 ? class : 4);
	enum queue_outcome outcome = class == 2 ? success : class == 5 ? QUEUE_FAILED : QUEUE_DEFERRED;
	relay_verdict_set(v, outcome, status, "%u%s%s " STR_FMT, reply->code, reply->status.class ? " " : "",
			  reply->status.class ? status : "", STR_ARG(reply->text));
	v->replied = true;
	if (outcome == QUEUE_DEFERRED) /* also for a 250 where none belongs */
		relay_verdict_defer(v);
}

void relay_verdict_remote(struct relay_verdict *v, struct str host, const char *address)
{
	snprintf(v->remote, sizeof v->remote, STR_FMT " [%s]", STR_ARG(str_first(host, RELAY_REMOTE_MAX - 55)),
		 address);
}
