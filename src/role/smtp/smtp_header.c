#include "role/smtp/smtp_header.h"

#include "proto/authres/authres.h"
#include "proto/header/date.h"
#include "proto/header/header.h"

static bool see_nothing(struct smtp_session *s, struct str value)
{
	(void)s;
	(void)value;
	return true;
}

static bool see_date(struct smtp_session *s, struct str value)
{
	(void)value;
	s->content.dated = true;
	return true;
}

static bool see_message_id(struct smtp_session *s, struct str value)
{
	(void)value;
	s->content.identified = true;
	return true;
}

/* Only what we found out may stand there in our name (RFC 8601 section 5; A32). */
static bool see_results(struct smtp_session *s, struct str value)
{
	return authres_claims(&s->cmd, value, str_c(s->conf->server.hostname));
}

/* Of From and Sender the value of the first is kept for smtp_author.c; more than one is refused there. */
static bool see_from(struct smtp_session *s, struct str value)
{
	if (s->content.froms++ == 0 && smtp_is_submission(s))
		s->content.from = arena_dup(&s->tx_memory, str_first(value, SMTP_AUTHOR_FIELD_MAX + 1));
	return true;
}

static bool see_sender(struct smtp_session *s, struct str value)
{
	if (s->content.senders++ == 0 && smtp_is_submission(s))
		s->content.sender = arena_dup(&s->tx_memory, str_first(value, SMTP_AUTHOR_FIELD_MAX + 1));
	return true;
}

enum { KEEP, DROP };

/* One row a field that means something to us. see: false when what the row says does not hold for this one. */
static const struct row {
	struct str name;
	int inbound, submission;
	bool (*see)(struct smtp_session *s, struct str value);
} rows[] = {
	{ STR_INIT("Return-Path"), DROP, DROP, see_nothing },   { STR_INIT("Bcc"), KEEP, DROP, see_nothing },
	{ STR_INIT("Resent-Bcc"), KEEP, DROP, see_nothing },    { STR_INIT("Date"), KEEP, KEEP, see_date },
	{ STR_INIT("Message-ID"), KEEP, KEEP, see_message_id }, { STR_INIT("From"), KEEP, KEEP, see_from },
	{ STR_INIT("Sender"), KEEP, KEEP, see_sender },
	{ STR_INIT("Authentication-Results"), DROP, DROP, see_results },
};

static bool drop(struct smtp_session *s, const struct header_field *f)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].name.n != f->name.n || !str_ieq(rows[i].name, f->name))
			continue;
		return rows[i].see(s, f->value) && (smtp_is_submission(s) ? rows[i].submission : rows[i].inbound) == DROP;
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
