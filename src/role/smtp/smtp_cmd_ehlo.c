/* EHLO, HELO and LHLO (RFC 5321 section 4.1.1.1, RFC 2033 section 4.1). */
#include "proto/sasl/sasl.h"
#include "role/smtp/smtp.h"

static bool always(const struct smtp_session *s) { (void)s; return true; }
static bool before_tls(const struct smtp_session *s) { return s->can_tls && !smtp_in_tls(s); }
static bool sign_in(const struct smtp_session *s) { return smtp_is_submission(s) && smtp_in_tls(s) && !s->grant; }

static struct str size(struct smtp_session *s)
{
	return arena_printf(&s->cmd, "SIZE %llu", (unsigned long long)s->conf->limits.message_size);
}

static struct str limits(struct smtp_session *s)
{
	return arena_printf(&s->cmd, "LIMITS RCPTMAX=%llu", (unsigned long long)smtp_recipients_max(s));
}

static struct str auth(struct smtp_session *s)
{
	if (!s->conf->smtp.scram)
		return STR("AUTH " SASL_MECHANISMS);
	return s->has_exporter ? STR("AUTH " SCRAM_MECHANISM_PLUS " " SCRAM_MECHANISM " " SASL_MECHANISMS) : STR("AUTH " SCRAM_MECHANISM " " SASL_MECHANISMS);
}

/* One row an extension: its line, fixed or made, and when it is offered. */
static const struct extension {
	struct str line;
	struct str (*make)(struct smtp_session *s);
	bool (*offered)(const struct smtp_session *s);
} extensions[] = {
	{ STR_INIT("PIPELINING"), NULL, always },               /* RFC 2920 */
	{ STR_INIT(""), size, always },                         /* RFC 1870 */
	{ STR_INIT("8BITMIME"), NULL, always },                 /* RFC 6152 */
	{ STR_INIT("SMTPUTF8"), NULL, always },                 /* RFC 6531 */
	{ STR_INIT("CHUNKING"), NULL, always },                 /* RFC 3030 */
	{ STR_INIT("BINARYMIME"), NULL, always },               /* RFC 3030 */
	{ STR_INIT("DSN"), NULL, always },                      /* RFC 3461 */
	{ STR_INIT(""), limits, always },                       /* RFC 9422 */
	{ STR_INIT("STARTTLS"), NULL, before_tls },             /* RFC 3207 */
	{ STR_INIT("REQUIRETLS"), NULL, smtp_in_tls },          /* RFC 8689 section 2 */
	{ STR_INIT(""), auth, sign_in },                        /* RFC 4954 */
	{ STR_INIT("ENHANCEDSTATUSCODES"), NULL, always },      /* RFC 2034; last, since the last line has no hyphen */
};

/* Ends a transaction and takes the name; false when it is none. */
static bool take_name(struct smtp_session *s, struct str name, bool esmtp)
{
	enum addr_ehlo kind;
	buf_clear(&s->helo);
	if (addr_ehlo_parse(name, true, &kind) != OK || buf_put_str(&s->helo, name) != OK)
		return false;
	s->state = SMTP_READY;
	smtp_tx_reset(s);
	s->esmtp = esmtp;
	s->helo_kind = kind;
	return true;
}

static int refuse_name(struct smtp_session *s)
{
	return smtp_answer_error(s, 501, STR("5.5.4"), STR("A host name or an address literal is needed"));
}

int smtp_cmd_helo(struct smtp_session *s, struct str args)
{
	if (!take_name(s, args, false))
		return refuse_name(s);
	return smtp_answer_line(s, 250, true, str_c(s->conf->server.hostname));
}

int smtp_cmd_ehlo(struct smtp_session *s, struct str args)
{
	if (!take_name(s, args, true))
		return refuse_name(s);
	int r = smtp_answer_line(s, 250, false, str_c(s->conf->server.hostname));
	for (size_t i = 0; i < COUNT_OF(extensions) && r == OK; i++) {
		const struct extension *e = &extensions[i];
		if (e->offered(s))
			r = smtp_answer_line(s, 250, i + 1 == COUNT_OF(extensions), e->make ? e->make(s) : e->line);
	}
	return r;
}
