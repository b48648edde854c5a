/* One mail transaction (RFC 5321 section 3.3): envelope, content, and what the answers mean for each recipient (B07).
 */
#include "role/relay/relay_client.h"

#include "os/clock.h"
#include "proto/addr/addr_normal.h"
#include "proto/addr/xtext.h"

enum { ADDRESS_MAX = 320, ARENA_MAX = 64 << 10 };

struct transaction {
	struct relay_client *c;
	struct relay_mail *m;
	struct relay_content content;
	struct str message;
	struct arena memory;
	bool smtputf8, eight_bit, chunked;
	size_t accepted;
	int err;    /* OK while the connection holds */
	bool first; /* nothing was answered yet in this transaction */
};

static bool offered(const struct transaction *t, unsigned cap) { return (t->c->caps.offers & cap) != 0; }

static bool waits(const struct relay_recipient *r) { return r->verdict.outcome == 0 && !r->again; }

static void remote(const struct transaction *t, struct relay_verdict *v)
{
	char text[NET_ADDRESS_TEXT];
	relay_verdict_remote(v, t->c->target->host, net_format(&t->c->target->address, text));
}

static void judge_all(struct transaction *t, const struct relay_verdict *v)
{
	for (size_t i = 0; i < t->m->count; i++)
		if (waits(&t->m->recipient[i])) {
			t->m->recipient[i].verdict = *v;
			remote(t, &t->m->recipient[i].verdict);
		}
}

static void fail_all(struct transaction *t, const char *status, const char *why)
{
	struct relay_verdict v = { 0 };
	relay_verdict_set(&v, QUEUE_FAILED, status, "%s", why);
	judge_all(t, &v);
}

/* ---- what the message needs */

static struct str local_part(struct str address)
{
	return str_first(address, str_rfind(address, '@') == STR_NPOS ? address.n : str_rfind(address, '@'));
}

/* The address as it goes on the wire: the local part is never touched; where it is ASCII, a domain that is not becomes
 * A-labels, and the address needs no SMTPUTF8 any more (A96). */
static struct str wire_address(struct transaction *t, struct str address)
{
	struct str local = local_part(address), domain = str_skip(address, local.n + 1);
	if (!str_is_ascii(local) || str_is_ascii(domain) || addr_domain_normalize(&t->memory, domain, &domain) != OK)
		return address;
	return arena_printf(&t->memory, STR_FMT "@" STR_FMT, STR_ARG(local), STR_ARG(domain));
}

/* A96: asked for only when something in the message or its envelope is not ASCII. */
static bool envelope_needs_utf8(const struct transaction *t)
{
	return !str_is_ascii(local_part(t->m->sender)) || (t->content.header_8bit && t->m->flags & DELIVERY_UTF8);
}

/* Recipients that cannot go by this connection fail; false when none is left. */
static bool check_addresses(struct transaction *t)
{
	bool can = offered(t, SMTP_CAP_SMTPUTF8), need = envelope_needs_utf8(t), left = false;
	for (size_t i = 0; i < t->m->count; i++) {
		struct relay_recipient *r = &t->m->recipient[i];
		bool odd = r->address.n == 0 || r->address.n > ADDRESS_MAX || str_has_control(r->address) ||
			   str_find(r->address, '@') == STR_NPOS;
		bool utf8 = !str_is_ascii(local_part(r->address));
		if (odd)
			relay_verdict_set(&r->verdict, QUEUE_FAILED, "5.1.3", "not an address that can be sent to");
		else if ((need || utf8) && !can)
			relay_verdict_set(&r->verdict, QUEUE_FAILED, "5.6.7",
					  "the next host does not support internationalized mail (SMTPUTF8)");
		t->smtputf8 = t->smtputf8 || (can && (need || utf8));
		left = left || waits(r);
		remote(t, &r->verdict);
	}
	return left;
}

/* How the content goes: by DATA where it is text, by BDAT where only that carries it unchanged. */
static bool check_content(struct transaction *t)
{
	uint64_t size = t->c->caps.size;
	t->eight_bit = t->content.body_8bit || (t->content.header_8bit && !t->smtputf8);
	if (offered(t, SMTP_CAP_SIZE) && size && t->content.size > size)
		fail_all(t, "5.3.4", "the message is larger than the next host takes");
	else if (t->content.binary && t->m->flags & DELIVERY_BINARY)
		t->chunked = offered(t, SMTP_CAP_CHUNKING) && offered(t, SMTP_CAP_BINARYMIME);
	if (t->content.binary && t->m->flags & DELIVERY_BINARY && !t->chunked)
		fail_all(t, "5.6.3", "the message is binary, and the next host does not take that");
	else if (t->eight_bit && !t->chunked && !offered(t, SMTP_CAP_8BITMIME))
		fail_all(t, "5.6.3", "the message is 8-bit, and the next host takes 7-bit only");
	for (size_t i = 0; i < t->m->count; i++)
		if (waits(&t->m->recipient[i]))
			return true;
	return false;
}

/* ---- the envelope */

static int put_mail(struct transaction *t)
{
	struct bufw w = { .b = stream_out(t->c->stream) };
	const struct relay_mail *m = t->m;
	bufw_c(&w, "MAIL FROM:<");
	if (m->sender.n)
		bufw_str(&w, wire_address(t, m->sender));
	bufw_c(&w, ">");
	if (offered(t, SMTP_CAP_SIZE))
		bufw_printf(&w, " SIZE=%zu", t->content.size);
	if (t->chunked)
		bufw_c(&w, " BODY=BINARYMIME");
	else if (t->eight_bit)
		bufw_c(&w, " BODY=8BITMIME");
	if (t->smtputf8)
		bufw_c(&w, " SMTPUTF8");
	if (m->flags & DELIVERY_REQUIRETLS)
		bufw_c(&w, " REQUIRETLS");
	if (offered(t, SMTP_CAP_DSN) && m->flags & (DELIVERY_RET_FULL | DELIVERY_RET_HDRS))
		bufw_c(&w, m->flags & DELIVERY_RET_FULL ? " RET=FULL" : " RET=HDRS");
	if (offered(t, SMTP_CAP_DSN) && m->envid.n) {
		bufw_c(&w, " ENVID=");
		xtext_encode(&w, m->envid);
	}
	bufw_c(&w, "\r\n");
	return w.err;
}

/* RFC 3461 section 5.2.1: passed on as given, and nothing is made up. */
static void put_dsn(struct bufw *w, const struct transaction *t, const struct relay_recipient *r)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} words[] = {
		{ NOTIFY_NEVER, "NEVER" },
		{ NOTIFY_SUCCESS, "SUCCESS" },
		{ NOTIFY_FAILURE, "FAILURE" },
		{ NOTIFY_DELAY, "DELAY" },
	};
	const char *before = " NOTIFY=";
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (r->notify & words[i].bit) {
			bufw_printf(w, "%s%s", before, words[i].word);
			before = ",";
		}
	struct str address = r->orcpt, type = str_until(&address, ';');
	bool utf8 = str_ieq(type, STR("utf-8"));
	if (!address.n || str_has_control(r->orcpt) || (utf8 && !t->smtputf8 && !str_is_ascii(address)))
		return;
	bufw_printf(w, " ORCPT=" STR_FMT ";", STR_ARG(type));
	if (utf8)
		bufw_str(w, address); /* RFC 6533 section 3: kept as it was given */
	else
		xtext_encode(w, address);
}

static int put_rcpt(struct transaction *t, const struct relay_recipient *r)
{
	struct bufw w = { .b = stream_out(t->c->stream) };
	bufw_c(&w, "RCPT TO:<");
	bufw_str(&w, wire_address(t, r->address));
	bufw_c(&w, ">");
	if (offered(t, SMTP_CAP_DSN))
		put_dsn(&w, t, r);
	bufw_c(&w, "\r\n");
	return w.err != OK ? w.err : stream_write(t->c->stream, STR(""));
}

/* The connection is gone; who waits has a deferral, unless nothing was decided yet on a connection that was used
 * before. */
static void lost(struct transaction *t, int err, const struct relay_verdict *v)
{
	t->err = t->first && t->c->used && err != E_CANCELLED ? E_STALE : err;
	judge_all(t, v);
}

static bool lost_sending(struct transaction *t, int err)
{
	struct relay_verdict v = { 0 };
	if (err == OK)
		return false;
	relay_client_broken(&v, err, "while we spoke");
	lost(t, err, &v);
	return true;
}

/* Reads a reply. False: the connection has ended, 421 included. */
static bool answer(struct transaction *t, int64_t timeout, const char *when, struct smtp_reply *ret)
{
	struct relay_verdict v = { 0 };
	if (t->err != OK)
		return false;
	int r = relay_client_reply(t->c, timeout, ret);
	if (r == OK && ret->code != 421) {
		t->first = false;
		return true;
	}
	if (r == OK) {
		relay_verdict_reply(&v, ret, QUEUE_DEFERRED);
		r = E_CLOSED;
	} else {
		relay_client_broken(&v, r, when);
	}
	lost(t, r, &v);
	return false;
}

static bool judge_mail(struct transaction *t)
{
	struct smtp_reply reply;
	struct relay_verdict v = { 0 };
	if (!answer(t, t->c->link->times->command, "after MAIL", &reply))
		return false;
	if (reply.code / 100 == 2)
		return true;
	relay_verdict_reply(&v, &reply, QUEUE_DEFERRED);
	/* B06: a smart host that wants another sign-in than ours */
	if (t->c->link->user.n && (reply.code == 530 || reply.code == 535)) {
		relay_verdict_defer(&v);
		v.local_fault = true;
	}
	judge_all(t, &v);
	return false;
}

/* 452, and 552 of old servers, say "too many for one transaction" when others were taken (RFC 5321 section 4.5.3.1.10).
 */
static bool too_many(const struct transaction *t, const struct smtp_reply *reply)
{
	bool limit = reply->status.class == 0 || (reply->status.subject == 5 && reply->status.detail == 3);
	return t->accepted > 0 && limit && (reply->code == 452 || reply->code == 552);
}

static void judge_rcpt(struct transaction *t, struct relay_recipient *r, bool mail_taken)
{
	struct smtp_reply reply;
	if (!answer(t, t->c->link->times->command, "after RCPT", &reply) || !mail_taken)
		return;
	if (reply.code / 100 == 2) {
		t->accepted++;
	} else if (too_many(t, &reply)) {
		r->again = true;
	} else {
		relay_verdict_reply(&r->verdict, &reply, QUEUE_DEFERRED);
		remote(t, &r->verdict);
	}
}

/* A recipient that was judged before MAIL (SMTPUTF8) takes no part. sent: by index, since judging changes what waits.
 */
static void envelope(struct transaction *t)
{
	bool together = offered(t, SMTP_CAP_PIPELINING), taken = false;
	bool *sent = arena_new_array(&t->memory, bool, t->m->count);
	if (lost_sending(t, put_mail(t)))
		return;
	if (!together)
		taken = judge_mail(t);
	for (size_t i = 0; i < t->m->count && t->err == OK && (together || taken); i++) {
		struct relay_recipient *r = &t->m->recipient[i];
		if (!waits(r))
			continue;
		sent[i] = true;
		if (!lost_sending(t, put_rcpt(t, r)) && !together)
			judge_rcpt(t, r, taken);
	}
	if (!together)
		return;
	taken = judge_mail(t);
	for (size_t i = 0; i < t->m->count && t->err == OK; i++)
		if (sent[i])
			judge_rcpt(t, &t->m->recipient[i], taken);
}

/* ---- the content */

static int write_dotted(struct transaction *t)
{
	struct relay_wire wire = { 0 };
	struct str rest = t->message, run;
	int r = stream_write(t->c->stream, t->m->prefix);
	while (r == OK && relay_wire_next(&wire, &rest, &run))
		r = stream_write(t->c->stream, run);
	if (r == OK)
		r = stream_write(t->c->stream, relay_wire_end(&wire));
	return r == OK ? stream_write(t->c->stream, STR(".\r\n")) : r;
}

static int write_chunk(struct transaction *t)
{
	int r = stream_printf(t->c->stream, "BDAT %zu LAST\r\n", t->m->prefix.n + t->message.n);
	if (r == OK)
		r = stream_write(t->c->stream, t->m->prefix);
	return r == OK ? stream_write(t->c->stream, t->message) : r;
}

/* True when the server wants the content. */
static bool ask_for_data(struct transaction *t)
{
	struct smtp_reply reply;
	struct relay_verdict v = { 0 };
	if (t->chunked)
		return true;
	if (lost_sending(t, stream_write(t->c->stream, STR("DATA\r\n"))) ||
	    !answer(t, t->c->link->times->data, "after DATA", &reply))
		return false;
	if (reply.code == 354)
		return true;
	relay_verdict_reply(&v, &reply, QUEUE_DEFERRED);
	if (reply.code / 100 == 2) {
		relay_client_broken(&v, E_PROTO, "after DATA");
		t->err = E_PROTO;
	}
	judge_all(t, &v);
	return false;
}

/* RFC 3461 section 5.2.2: where the next host takes no DSN parameters, a success that was to be reported is "relayed",
 * and our report. */
static void judge_final(struct transaction *t, const struct smtp_reply *reply)
{
	for (size_t i = 0; i < t->m->count; i++) {
		struct relay_recipient *r = &t->m->recipient[i];
		if (!waits(r))
			continue;
		bool relayed = r->notify & NOTIFY_SUCCESS && !offered(t, SMTP_CAP_DSN);
		relay_verdict_reply(&r->verdict, reply, relayed ? QUEUE_RELAYED : QUEUE_DELIVERED);
		remote(t, &r->verdict);
	}
}

static void content(struct transaction *t)
{
	struct smtp_reply reply;
	struct relay_verdict v = { 0 };
	if (!ask_for_data(t))
		return;
	int r = t->chunked ? write_chunk(t) : write_dotted(t);
	if (lost_sending(t, r == OK ? stream_flush(t->c->stream) : r))
		return;
	t->err = relay_client_reply(t->c, t->c->link->times->final, &reply);
	if (t->err == OK) {
		judge_final(t, &reply);
		t->err = reply.code == 421 ? E_CLOSED : OK;
		return;
	}
	relay_client_broken(&v, t->err, "after the whole message was sent");
	v.doubt = true;
	judge_all(t, &v);
}

/* ---- the whole */

/* After an error the server's state is put in order first (B10). */
static void reset(struct transaction *t)
{
	struct smtp_reply reply;
	struct relay_verdict v = { 0 };
	if (!t->c->dirty)
		return;
	if (lost_sending(t, stream_write(t->c->stream, STR("RSET\r\n"))) ||
	    !answer(t, t->c->link->times->command, "after RSET", &reply))
		return;
	if (reply.code / 100 != 2) {
		relay_verdict_reply(&v, &reply, QUEUE_DEFERRED);
		t->err = E_STALE;
		return;
	}
	t->first = true;
	t->c->dirty = false;
}

static bool all_taken(const struct relay_mail *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->recipient[i].verdict.outcome != QUEUE_DELIVERED &&
		    m->recipient[i].verdict.outcome != QUEUE_RELAYED)
			return false;
	return true;
}

static void run(struct transaction *t)
{
	if (!check_addresses(t) || !check_content(t))
		return;
	reset(t);
	if (t->err != OK)
		return;
	envelope(t);
	if (t->err == OK && t->accepted)
		content(t);
	t->c->used++;
	t->c->dirty = !all_taken(t->m);
}

int relay_client_send(struct relay_client *c, struct relay_mail *m)
{
	struct transaction t = { .c = c, .m = m, .message = relay_content_start(m->message), .first = true };
	arena_init(&t.memory, ARENA_MAX + 1024 * m->count, NULL, NULL);
	relay_content_look(t.message, &t.content);
	t.content.size += m->prefix.n;
	for (size_t i = 0; i < m->count; i++) {
		m->recipient[i].verdict.outcome = 0;
		m->recipient[i].again = false;
	}
	run(&t);
	arena_done(&t.memory);
	return t.err;
}
