#include "role/smtp/smtp_accept.h"

#include "role/smtp/smtp_content.h"

enum { RECIPIENT_RECORD_MAX = 1024, OWN_MAX = 8 << 10, REASON_MAX = 200 };

/* What can be said of the bytes alone. */
static struct smtp_failure check_content(struct smtp_session *s)
{
	const struct smtp_content *c = &s->content;
	const struct smtp_data *d = &c->reader;
	if (d->bare)
		return (struct smtp_failure){ 554, STR("5.6.0"),
					      STR("Bare CR or LF in the message (RFC 5321 section 2.3.8)") };
	if (d->nul)
		return (struct smtp_failure){ 554, STR("5.6.0"), STR("NUL in the message") };
	if (smtp_data_over(d))
		return smtp_failure_of(E_TOOBIG);
	if (c->header_big)
		return (struct smtp_failure){ 552, STR("5.3.4"), STR("Header too large") };
	if (d->received > s->conf->smtp.received)
		return (struct smtp_failure){ 554, STR("5.4.6"), STR("Too many hops, this is a loop") };
	int r = smtp_content_finish(s);
	return r == OK ? (struct smtp_failure){ 0 } : smtp_failure_of(r);
}

static struct str inline_bytes(const struct smtp_content *c)
{
	return c->fd < 0 ? buf_str(&c->bytes) : STR("");
}

static uint32_t purpose(const struct smtp_session *s)
{
	return smtp_is_submission(s) ? SCAN_SUBMISSION : smtp_is_stranger(s) ? SCAN_INBOUND : SCAN_LOCAL;
}

/* Those that are ours, as many as fit: scan learns from them which domains are. */
static struct str own_recipients(struct smtp_session *s)
{
	struct buf room;
	struct bufw w = { .b = &room };
	buf_init(&room, OWN_MAX);
	for (size_t i = 0; i < s->tx.count && w.err == OK; i++)
		if (s->tx.recipients[i].local && room.n + s->tx.recipients[i].address.n + 2 <= OWN_MAX)
			write_str(&w, s->tx.recipients[i].address);
	struct str own = arena_dup(&s->cmd, buf_str(&room));
	buf_done(&room);
	return own;
}

/* What holds for each of our recipients. */
static uint32_t relation(const struct smtp_session *s)
{
	uint32_t least = SENDER_CORRESPONDENT;
	for (size_t i = 0; i < s->tx.count; i++)
		if (s->tx.recipients[i].relation < least)
			least = s->tx.recipients[i].relation;
	return least;
}

/* The reason comes from a role that reads what strangers wrote: it may say something, and not end our line. */
static struct smtp_failure failure_of_verdict(const struct ipc_scan_rep *scanned)
{
	bool fit = scanned->reason.n && scanned->reason.n <= REASON_MAX && str_is_ascii(scanned->reason) && !str_has_control(scanned->reason);
	struct str reason = fit ? scanned->reason : STR("Refused by policy");
	if (scanned->verdict <= SCAN_JUNK)
		return (struct smtp_failure){ 0 };
	return (struct smtp_failure){ scanned->verdict == SCAN_DEFER ? 451 : 550, scanned->verdict == SCAN_DEFER ? STR("4.7.1") : STR("5.7.1"), reason };
}

static struct smtp_failure scan(struct smtp_session *s, struct ipc_scan_rep *ret)
{
	struct ipc_scan_req q = {
		.purpose = purpose(s),
		.sender = s->tx.sender,
		.helo = buf_str(&s->helo),
		.peer = str_c(s->peer_text),
		.recipients = own_recipients(s),
		.relation = relation(s),
		.bytes = inline_bytes(&s->content),
		.body = s->content.fd,
	};
	int r = s->env->scan(s->ctx, &q, ret, &s->scanned);
	return r == OK ? failure_of_verdict(ret) : smtp_failure_of(r);
}

static unsigned delivery_flags(const struct smtp_session *s)
{
	const struct smtp_tx *tx = &s->tx;
	unsigned flags = 0;
	flags |= tx->smtputf8 ? DELIVERY_UTF8 : 0u;
	flags |= tx->body == SMTP_BODY_8BITMIME ? DELIVERY_8BIT : 0u;
	flags |= tx->body == SMTP_BODY_BINARYMIME ? DELIVERY_BINARY : 0u;
	flags |= tx->requiretls ? DELIVERY_REQUIRETLS : 0u;
	flags |= tx->ret == SMTP_RET_FULL ? DELIVERY_RET_FULL : 0u;
	flags |= tx->ret == SMTP_RET_HDRS ? DELIVERY_RET_HDRS : 0u;
	flags |= smtp_is_lmtp(s) ? 0u : DELIVERY_ALL_OR_NOTHING;
	return flags;
}

static int write_recipients(const struct smtp_tx *tx, struct buf *out)
{
	struct buf record;
	struct bufw w = { .b = out };
	buf_init(&record, RECIPIENT_RECORD_MAX);
	for (size_t i = 0; i < tx->count && w.err == OK; i++) {
		struct bufw one = { .b = &record };
		buf_clear(&record);
		write_str(&one, tx->recipients[i].address);
		write_u32(&one, tx->recipients[i].notify);
		write_str(&one, tx->recipients[i].orcpt);
		w.err = one.err;
		write_str(&w, buf_str(&record));
	}
	buf_done(&record);
	return w.err;
}

static int deliver(struct smtp_session *s, const struct ipc_scan_rep *scanned, struct ipc_deliver_rep *ret)
{
	buf_clear(&s->scratch);
	int r = write_recipients(&s->tx, &s->scratch);
	struct ipc_deliver_req q = {
		.grant = s->grant,
		.sender = s->tx.sender,
		.recipients = buf_str(&s->scratch),
		.flags = delivery_flags(s),
		.envid = s->tx.envid,
		.mailbox = scanned->verdict == SCAN_JUNK ? MAILBOX_JUNK : MAILBOX_NONE,
		.summary = scanned->summary,
		.prefix = scanned->prefix,
		.bytes = inline_bytes(&s->content),
		.body = s->content.fd,
	};
	if (r == OK)
		r = s->env->deliver(s->ctx, &q, ret, &s->delivered);
	if (r == OK && ret->results.n != s->tx.count)
		r = E_PROTO;
	return r;
}

static int answer_one(struct smtp_session *s, unsigned char result, struct str accepted)
{
	if (result == 0)
		return smtp_answer(s, 250, STR("2.0.0"), accepted);
	struct smtp_failure f = smtp_failure_of(-(int)result);
	return smtp_answer(s, f.code, f.status, f.text);
}

/* SMTP has one reply for all recipients, LMTP one for each (RFC 2033 section 4.2). */
static int answer_delivered(struct smtp_session *s, const struct ipc_deliver_rep *d)
{
	struct str accepted =
	    arena_printf(&s->cmd, "Accepted, id %016llx-%llu", (unsigned long long)s->tx.id, (unsigned long long)d->id);
	s->env->tell_message(s->ctx, s, 250, accepted, d->id);
	smtp_saw(s, GUARD_MESSAGE_IN);
	s->commands = 0;
	s->messages++;
	if (!smtp_is_lmtp(s))
		return answer_one(s, 0, accepted);
	int r = OK;
	for (size_t i = 0; i < s->tx.count && r == OK; i++)
		r = answer_one(s, (unsigned char)d->results.p[i], accepted);
	return r;
}

static int answer_refused(struct smtp_session *s, struct smtp_failure f)
{
	s->env->tell_message(s->ctx, s, f.code, f.text, 0);
	return smtp_answer_message(s, f.code, f.status, f.text);
}

static int judge(struct smtp_session *s)
{
	struct ipc_scan_rep scanned = { 0 };
	struct ipc_deliver_rep delivered = { 0 };
	struct smtp_failure f = check_content(s);
	if (!f.code)
		f = scan(s, &scanned);
	if (!f.code && smtp_is_submission(s))
		f = smtp_author_check(s, &scanned);
	if (f.code)
		return answer_refused(s, f);
	int r = deliver(s, &scanned, &delivered);
	return r == OK ? answer_delivered(s, &delivered) : answer_refused(s, smtp_failure_of(r));
}

int smtp_accept(struct smtp_session *s)
{
	int r = judge(s);
	ipc_release(&s->scanned);
	ipc_release(&s->delivered);
	smtp_tx_reset(s);
	return r;
}
