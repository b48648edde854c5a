#include "role/smtp/smtp_header.h"

#include "proto/header/date.h"
#include "proto/header/header.h"

static void see_nothing(struct smtp_session *s, struct str value)
{
	(void)s;
	(void)value;
}

static void see_date(struct smtp_session *s, struct str value)
{
	(void)value;
	s->content.dated = true;
}

static void see_message_id(struct smtp_session *s, struct str value)
{
	(void)value;
	s->content.identified = true;
}

/* Of From and Sender the value of the first is kept for smtp_author.c; more than one is refused there. */
static void see_from(struct smtp_session *s, struct str value)
{
	if (s->content.froms++ == 0 && smtp_is_submission(s))
		s->content.from = arena_dup(&s->tx_memory, str_first(value, SMTP_AUTHOR_FIELD_MAX + 1));
}

static void see_sender(struct smtp_session *s, struct str value)
{
	if (s->content.senders++ == 0 && smtp_is_submission(s))
		s->content.sender = arena_dup(&s->tx_memory, str_first(value, SMTP_AUTHOR_FIELD_MAX + 1));
}

enum { KEEP, DROP };

/* One row a field that means something to us. */
static const struct row {
	struct str name;
	int inbound, submission;
	void (*see)(struct smtp_session *s, struct str value);
} rows[] = {
	{ STR_INIT("Return-Path"), DROP, DROP, see_nothing },   { STR_INIT("Bcc"), KEEP, DROP, see_nothing },
	{ STR_INIT("Resent-Bcc"), KEEP, DROP, see_nothing },    { STR_INIT("Date"), KEEP, KEEP, see_date },
	{ STR_INIT("Message-ID"), KEEP, KEEP, see_message_id }, { STR_INIT("From"), KEEP, KEEP, see_from },
	{ STR_INIT("Sender"), KEEP, KEEP, see_sender },
};

static bool drop(struct smtp_session *s, const struct header_field *f)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].name.n != f->name.n || !str_ieq(rows[i].name, f->name))
			continue;
		rows[i].see(s, f->value);
		return (smtp_is_submission(s) ? rows[i].submission : rows[i].inbound) == DROP;
	}
	return false;
}

static void add_missing(struct smtp_session *s, struct bufw *w)
{
	char date[DATE_TEXT_MAX];
	if (!s->content.dated) {
		bufw_c(w, "Date: ");
		bufw_str(w, date_format_rfc5322((struct date){ .unix_seconds = s->env->now(s->ctx) }, date));
		bufw_c(w, "\r\n");
	}
	if (!s->content.identified)
		bufw_printf(w, "Message-ID: <%016llx.%016llx@%s>\r\n", (unsigned long long)s->env->unique(s->ctx),
		            (unsigned long long)s->tx.id, s->conf->server.hostname);
}

void smtp_header_write(struct smtp_session *s, struct str header, struct bufw *w)
{
	struct header_field f;
	struct str rest = header;
	const char *kept = header.p;        /* what was not written yet begins here */
	while (header_next(&rest, &f)) {
		if (!drop(s, &f))
			continue;
		bufw_put(w, kept, (size_t)(f.whole.p - kept));
		kept = f.whole.p + f.whole.n;
	}
	struct str tail = str_range(kept, header.p + header.n);
	bufw_str(w, tail);
	if (!smtp_is_submission(s))
		return;
	if (tail.n && !str_ends(tail, STR("\r\n")))
		bufw_c(w, "\r\n");      /* the last line of a message without body */
	add_missing(s, w);
}
