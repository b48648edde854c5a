#include "role/smtp/smtp_trace.h"

#include "proto/header/date.h"

struct str smtp_trace_protocol(struct arena *a, const struct smtp_session *s)
{
	if (!s->esmtp)
		return STR("SMTP");
	const char *base =
	    smtp_is_lmtp(s) ? (s->tx.smtputf8 ? "UTF8LMTP" : "LMTP") : (s->tx.smtputf8 ? "UTF8SMTP" : "ESMTP");
	return arena_printf(a, "%s%s%s", base, smtp_in_tls(s) ? "S" : "", s->grant ? "A" : "");
}

static void write_peer_literal(const struct smtp_session *s, struct bufw *w)
{
	bufw_c(w, s->peer.v6 ? "[IPv6:" : "[");
	bufw_c(w, s->peer_text);
	bufw_c(w, "]");
}

static bool harmless(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

/* A name that is no domain goes into a comment, with what would end or nest the comment replaced. */
static void write_odd_helo(struct str helo, struct bufw *w)
{
	bufw_c(w, " (helo ");
	for (size_t i = 0; i < helo.n; i++)
		bufw_char(w, harmless(helo.p[i]) ? helo.p[i] : (char)'?');
	bufw_c(w, ")");
}

/* From-domain: what the client called itself, and what we know. */
static void write_from(const struct smtp_session *s, struct bufw *w)
{
	bufw_c(w, "Received: from ");
	if (s->helo_kind == ADDR_EHLO_ODD) {
		write_peer_literal(s, w);
		write_odd_helo(buf_str(&s->helo), w);
		return;
	}
	bufw_str(w, buf_str(&s->helo));
	bufw_c(w, " (");
	write_peer_literal(s, w);
	bufw_c(w, ")");
}

static void write_received(struct smtp_session *s, struct bufw *w)
{
	char date[DATE_TEXT_MAX];
	write_from(s, w);
	bufw_c(w, "\r\n\tby ");
	bufw_c(w, s->conf->server.hostname);
	bufw_c(w, " with ");
	bufw_str(w, smtp_trace_protocol(&s->cmd, s));
	if (smtp_in_tls(s))
		bufw_printf(w, "\r\n\t(" STR_FMT " " STR_FMT ")", STR_ARG(s->tls_version), STR_ARG(s->tls_cipher));
	bufw_printf(w, "\r\n\tid %016llx", (unsigned long long)s->tx.id);
	if (s->tx.count == 1) {
		bufw_c(w, " for <");
		bufw_str(w, s->tx.recipients[0].address);
		bufw_c(w, ">");
	}
	bufw_c(w, ";\r\n\t");
	bufw_str(w, date_format_rfc5322((struct date){ .unix_seconds = s->env->now(s->ctx) }, date));
	bufw_c(w, "\r\n");
}

void smtp_trace_write(struct smtp_session *s, struct bufw *w)
{
	if (s->tx.all_local) {
		bufw_c(w, "Return-Path: <");
		bufw_str(w, s->tx.sender);
		bufw_c(w, ">\r\n");
	}
	write_received(s, w);
}
