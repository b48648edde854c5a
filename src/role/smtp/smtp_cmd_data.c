/* DATA (RFC 5321 section 4.1.1.4). */
#include "role/smtp/smtp_accept.h"
#include "role/smtp/smtp_content.h"

/* Reads to the end of the message, whatever is wrong with it. E_TOOBIG: it goes so far beyond the limit that we give
 * up. */
static int read_message(struct smtp_session *s)
{
	int r = OK;
	while (r == OK && !s->content.reader.ended) {
		struct str all = smtp_input(s), rest = all;
		smtp_content_take(s, &rest);
		if (s->content.reader.bare && smtp_holds_commands(all))
			s->content.smuggling = true;
		smtp_consume(s, all.n - rest.n);
		if (s->content.reader.size > 2 * s->conf->limits.message_size)
			r = E_TOOBIG;
		else if (!s->content.reader.ended)
			r = smtp_read_more(s, s->conf->smtp.data_timeout);
	}
	return r;
}

int smtp_cmd_data(struct smtp_session *s, struct str args)
{
	(void)args;
	if (s->tx.body == SMTP_BODY_BINARYMIME)         /* RFC 3030 section 3 */
		return smtp_answer_error(s, 503, STR("5.5.1"), STR("BINARYMIME goes with BDAT only"));
	smtp_content_begin(s, smtp_is_submission(s) ? SMTP_DATA_NORMALISE : SMTP_DATA_STRICT);
	int r = smtp_answer(s, 354, STR(""), STR("Go ahead, end with <CRLF>.<CRLF>"));
	if (r == OK)
		r = read_message(s);
	if (r == E_TOOBIG)
		return smtp_answer_close(s, 552, STR("5.3.4"), STR("Message too large, closing"));
	if (r != OK)
		return smtp_answer_no_line(s, r);
	/* The client may believe that its message ended at the bare line end: what it sends next must not be taken for
	 * commands (A01). */
	if (s->content.reader.bare) {
		s->closing = s->turned_out = true;
		smtp_saw(s, s->content.smuggling ? GUARD_SMUGGLING : GUARD_BARE_NEWLINE);
	}
	return smtp_accept(s);
}
