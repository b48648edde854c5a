/* BDAT (RFC 3030): the chunk is read whatever the answer will be, since it follows in any case. */
#include "role/smtp/smtp_accept.h"
#include "role/smtp/smtp_content.h"

enum { CHUNK_OF_SENSE = 1024 };     /* smaller ones count as commands without progress */

static unsigned mode_of(const struct smtp_session *s)
{
	unsigned mode = SMTP_DATA_CHUNKED;
	if (s->tx.body == SMTP_BODY_BINARYMIME)
		mode |= SMTP_DATA_BINARY;
	return smtp_is_submission(s) ? mode | SMTP_DATA_NORMALISE : mode;
}

/* Reads size bytes; with take they are content. A close in their midst ends the session (A08). */
static int read_chunk(struct smtp_session *s, uint64_t size, bool take)
{
	int r = OK;
	while (size && r == OK) {
		struct str block = smtp_input(s);
		if (block.n > size)
			block.n = (size_t)size;
		size -= block.n;
		smtp_consume(s, block.n);
		if (take)
			smtp_content_take(s, &block);
		if (size)
			r = smtp_read_more(s, s->conf->smtp.data_timeout);
	}
	return r;
}

/* Not the last chunk: it is acknowledged, or the message is refused now and the client spared the rest. */
static int answer_chunk(struct smtp_session *s, uint64_t size)
{
	if (size >= CHUNK_OF_SENSE)
		s->commands = 0;
	if (!smtp_data_over(&s->content.reader))
		return smtp_answer(s, 250, STR("2.0.0"),
				   arena_printf(&s->cmd, "%llu octets received", (unsigned long long)size));
	smtp_tx_reset(s);
	return smtp_answer(s, 552, STR("5.3.4"), STR("Message too large"));
}

int smtp_cmd_bdat(struct smtp_session *s, struct str args)
{
	struct smtp_bdat b;
	int r = smtp_bdat_parse(args, &b);
	if (r == E_SYNTAX)      /* how much follows is not known */
		return smtp_answer_close(s, 501, STR("5.5.4"), STR("Syntax: BDAT size [LAST], closing"));
	if (r != OK || b.size > 2 * s->conf->limits.message_size)
		return smtp_answer_close(s, 552, STR("5.3.4"), STR("Message too large, closing"));
	bool usable = s->state == SMTP_RCPT || s->state == SMTP_BDAT;
	if (s->state == SMTP_RCPT) {
		smtp_content_begin(s, mode_of(s));
		s->state = SMTP_BDAT;
	}
	r = read_chunk(s, b.size, usable);
	if (r != OK)
		return smtp_answer_no_line(s, r);
	if (!usable)
		return smtp_answer_error(s, 503, STR("5.5.1"), STR("Need a recipient first"));
	if (!b.last)
		return answer_chunk(s, b.size);
	smtp_data_end(&s->content.reader);
	return smtp_accept(s);
}
