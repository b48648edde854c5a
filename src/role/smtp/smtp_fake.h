/* For tests and fuzz targets only: a world of plain functions around a session. The client's side is a list of
 * segments; the next one is read when the session waits for input. Directory: bob, carol and postmaster of local.test
 * are there; full@local.test is over quota; for lost@local.test the store does not answer; what else is in local.test
 * is unknown. alice@local.test signs in with "secret" and may also send as sales@local.test. */
#ifndef ROLE_SMTP_FAKE_H
#define ROLE_SMTP_FAKE_H

#include "os/fd.h"
#include "proto/addr/addr_list.h"
#include "proto/addr/addr_normal.h"
#include "proto/header/header.h"
#include "role/smtp/smtp.h"

#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

enum { FAKE_GRANT = 7, FAKE_NOW = 1171494123 };     /* Wed, 14 Feb 2007 23:02:03 +0000 */

struct fake {
	struct smtp_session session;
	struct conf conf;
	struct net_address peer;
	enum conf_service service;

	const struct str *segments;     /* ended by p == NULL */
	size_t step;                    /* bytes given at once; 0: a segment */
	struct str left;                /* of the present segment */
	struct buf in, out, said;
	size_t consumed, writes;
	int end;                        /* what read says at the end of input */
	bool early;

	int recipient_error, identity_error, scan_error, deliver_error, sign_in_error;
	unsigned recipient_calls, identity_calls, sign_in_calls, grants_closed, tls_handshakes;
	const char *results;            /* of deliver, one byte a recipient */

	unsigned delivered;             /* messages */
	unsigned told, refused_sign_ins;
	unsigned seen[GUARD_KINDS];     /* what the guard was told */
	size_t seen_value;              /* bytes of the last value */
	struct buf message, recipients, sender, prefix;
	unsigned flags, mailbox;
	struct ipc_scan_rep verdict;    /* what scan finds: verdict, reason, prefix */
	uint32_t purpose;               /* of the last scan */
	struct arena memory;
	jmp_buf stop;
	bool overflown;
};

static struct str fake_in(void *ctx)
{
	struct fake *f = ctx;
	return str_skip(buf_str(&f->in), f->consumed);
}

static void fake_consume(void *ctx, size_t n)
{
	struct fake *f = ctx;
	if (n > f->in.n - f->consumed)
		abort();
	f->consumed += n;
}

static struct buf *fake_out(void *ctx) { return &((struct fake *)ctx)->out; }

static int fake_flush(void *ctx)
{
	struct fake *f = ctx;
	f->writes += f->out.n != 0;
	int r = buf_put_str(&f->said, buf_str(&f->out));
	buf_clear(&f->out);
	return r;
}

/* Each read gets memory of its own, so that a view kept too long is seen by the sanitizer. */
static int fake_read(void *ctx, int64_t timeout_ms)
{
	struct fake *f = ctx;
	struct buf fresh;
	if (timeout_ms <= 0 || fake_flush(f) != OK)
		abort();
	while (f->left.n == 0) {
		if (!f->segments || !f->segments->p)
			return f->end;
		f->left = *f->segments++;
	}
	buf_init(&fresh, 8 << 20);
	if (buf_put_str(&fresh, fake_in(f)) != OK ||
	    buf_put_str(&fresh, str_take_n(&f->left, f->step ? f->step : SIZE_MAX)) != OK)
		abort();
	buf_done(&f->in);
	f->in = fresh;
	f->consumed = 0;
	return OK;
}

static bool fake_spoke(void *ctx) { return ((struct fake *)ctx)->early; }

static int fake_start_tls(void *ctx, int64_t timeout_ms, struct str *ret_version, struct str *ret_cipher)
{
	struct fake *f = ctx;
	(void)timeout_ms;
	buf_clear(&f->in);
	f->consumed = 0;
	f->tls_handshakes++;
	*ret_version = STR("TLSv1.3");
	*ret_cipher = STR("TLS_AES_256_GCM_SHA384");
	return OK;
}

static int fake_recipient(void *ctx, const struct ipc_recipient_req *q, struct ipc_recipient_rep *ret)
{
	struct fake *f = ctx;
	static const struct { struct str address; unsigned kind; } known[] = {
		{ STR_INIT("bob@local.test"), RECIPIENT_LOCAL },
		{ STR_INIT("carol@local.test"), RECIPIENT_LOCAL },
		{ STR_INIT("postmaster@local.test"), RECIPIENT_LOCAL },
		{ STR_INIT("full@local.test"), RECIPIENT_FULL },
	};
	f->recipient_calls++;
	if (f->recipient_error != OK)
		return f->recipient_error;
	if (str_eq(q->address, STR("lost@local.test")))
		return E_IO;
	ret->kind = str_ends(q->address, STR("@local.test")) ? RECIPIENT_UNKNOWN : RECIPIENT_FOREIGN;
	if (str_starts(q->address, STR("many")))
		ret->kind = RECIPIENT_LOCAL;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_eq(q->address, known[i].address))
			ret->kind = known[i].kind;
	return OK;
}

static int fake_identity(void *ctx, const struct ipc_identity_req *q)
{
	struct fake *f = ctx;
	f->identity_calls++;
	if (f->identity_error != OK)
		return f->identity_error;
	bool allowed = str_eq(q->address, STR("alice@local.test")) || str_eq(q->address, STR("sales@local.test"));
	return q->grant == FAKE_GRANT && allowed ? OK : E_DENIED;
}

static int fake_sign_in(void *ctx, const struct ipc_sign_in_req *q, struct ipc_sign_in_rep *ret, struct ipc_hold *hold)
{
	struct fake *f = ctx;
	(void)hold;
	f->sign_in_calls++;
	if (f->sign_in_error != OK)
		return f->sign_in_error;
	if (q->scope != GRANT_SUBMIT || !str_eq(q->user, STR("alice@local.test")) ||
	    !str_eq(q->password, STR("secret")))
		return E_DENIED;
	*ret = (struct ipc_sign_in_rep){ .grant = FAKE_GRANT, .address = STR("alice@local.test") };
	return OK;
}

static int fake_token_sign_in(void *ctx, const struct ipc_token_sign_in_req *q, struct ipc_token_sign_in_rep *ret, struct ipc_hold *hold)
{
	struct fake *f = ctx;
	(void)hold;
	f->sign_in_calls++;
	if (f->sign_in_error != OK)
		return f->sign_in_error;
	if (q->scope != GRANT_SUBMIT || !str_eq(q->token, STR("token")) || (q->user.n && !str_eq(q->user, STR("alice@local.test"))))
		return E_DENIED;
	*ret = (struct ipc_token_sign_in_rep){ .grant = FAKE_GRANT, .address = STR("alice@local.test") };
	return OK;
}

/* "first" and then "final" open; "lost" finds no exchange. */
static int fake_scram_first(void *ctx, const struct ipc_scram_first_req *q, struct ipc_scram_first_rep *ret, struct ipc_hold *hold)
{
	struct fake *f = ctx;
	(void)hold;
	f->sign_in_calls++;
	if (f->sign_in_error != OK)
		return f->sign_in_error;
	if (q->scope != GRANT_SUBMIT || q->exporter.n || !str_eq(q->message, STR("first")))
		return E_SYNTAX;
	*ret = (struct ipc_scram_first_rep){ .exchange = 7, .challenge = STR("challenge") };
	return OK;
}

static int fake_scram_final(void *ctx, const struct ipc_scram_final_req *q, struct ipc_scram_final_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	(void)hold;
	if (str_eq(q->message, STR("lost")))
		return E_TIMEOUT;
	if (q->exchange != 7 || !str_eq(q->message, STR("final")))
		return E_DENIED;
	*ret = (struct ipc_scram_final_rep){ .grant = FAKE_GRANT, .address = STR("alice@local.test"), .message = STR("v=ok") };
	return OK;
}

static void fake_grant_close(void *ctx, uint64_t grant)
{
	struct fake *f = ctx;
	if (grant != FAKE_GRANT)
		abort();
	f->grants_closed++;
}

static struct str fake_message(struct fake *f, struct str bytes, int fd)
{
	buf_clear(&f->message);
	if (fd < 0) {
		if (buf_put_str(&f->message, bytes) != OK)
			abort();
		return buf_str(&f->message);
	}
	struct str mapped;
	if (bytes.n || fd_map(fd, MESSAGE_MAX, &mapped) != OK || buf_put_str(&f->message, mapped) != OK)
		abort();
	fd_unmap(mapped);
	return buf_str(&f->message);
}

/* What the role scan would say of the From fields. */
static int fake_scan(void *ctx, const struct ipc_scan_req *q, struct ipc_scan_rep *ret, struct ipc_hold *hold)
{
	struct fake *f = ctx;
	(void)hold;
	if (f->scan_error != OK)
		return f->scan_error;
	struct str m = fake_message(f, q->bytes, q->body), block = str_first(m, header_end(m)), address;
	struct header_field field;
	struct buf from;
	unsigned count = 0;
	buf_init(&from, 20 << 10);
	struct bufw w = { .b = &from };
	while (header_next(&block, &field)) {
		struct addr_list list;
		if (!str_ieq(field.name, STR("From")))
			continue;
		count += count < 255;
		addr_list_parse(&f->memory, field.value, 50, &list);
		for (size_t i = 0; i < list.count; i++)
			if (list.items[i].kind == ADDR_MAILBOX &&
			    addr_normalize(&f->memory, list.items[i].local, list.items[i].domain, &address) == OK)
				write_str(&w, address);
	}
	f->purpose = q->purpose;
	*ret = (struct ipc_scan_rep){ .verdict = f->verdict.verdict, .reason = f->verdict.reason, .prefix = f->verdict.prefix, .flags = count << SCAN_FROM_COUNT_SHIFT,
				      .from = arena_dup(&f->memory, buf_str(&from)) };
	buf_done(&from);
	return OK;
}

/* A21: whatever the client did, without a grant nothing leaves for elsewhere. */
static void fake_check_recipient(uint64_t grant, struct str address)
{
	bool ours = str_ends(address, STR("@local.test")) || str_ends(address, STR("@mx.local.test")) ||
		    str_starts(address, STR("many"));
	if (str_has_control(address) || (!ours && grant != FAKE_GRANT))
		abort();
}

/* A01, A03, B35: no bare CR or LF enters, but in the body of a BINARYMIME message. */
static void fake_check_message(const struct fake *f, unsigned flags)
{
	struct str m = buf_str(&f->message);
	if (!str_starts(m, STR("Return-Path: <")) && !str_starts(m, STR("Received: from ")))
		abort();
	for (size_t i = 0; i < m.n && !(flags & DELIVERY_BINARY); i++)
		if ((m.p[i] == '\n' && m.p[i - 1] != '\r') ||
		    (m.p[i] == '\r' && (i + 1 == m.n || m.p[i + 1] != '\n')) || m.p[i] == '\0')
			abort();
}

static int fake_deliver(void *ctx, const struct ipc_deliver_req *q, struct ipc_deliver_rep *ret, struct ipc_hold *hold)
{
	struct fake *f = ctx;
	static const char fine[SMTP_RECIPIENTS_MAX];
	struct reader r = reader_of(q->recipients);
	size_t count = 0;
	(void)hold;
	if (f->deliver_error != OK)
		return f->deliver_error;
	fake_message(f, q->bytes, q->body);
	fake_check_message(f, q->flags);
	f->mailbox = q->mailbox;
	buf_clear(&f->prefix);
	if (buf_put_str(&f->prefix, q->prefix) != OK)
		abort();
	buf_clear(&f->recipients);
	for (; r.rest.n; count++) {
		struct reader one = reader_of(read_str(&r, 1024));
		struct str address = read_str(&one, 320);
		unsigned notify = read_u32(&one);
		struct str orcpt = read_str(&one, 512);
		fake_check_recipient(q->grant, address);
		if (reader_end(&one) != OK || r.err != OK ||
		    buf_printf(&f->recipients, STR_FMT " %u " STR_FMT "|", STR_ARG(address), notify, STR_ARG(orcpt)) !=
			OK)
			abort();
	}
	buf_clear(&f->sender);
	if (buf_put_str(&f->sender, q->sender) != OK)
		abort();
	f->flags = q->flags;
	f->delivered++;
	*ret = (struct ipc_deliver_rep){ .id = 42, .results = { f->results ? f->results : fine, count } };
	return OK;
}

static void fake_tell_message(void *ctx, const struct smtp_session *s, unsigned code, struct str reply, uint64_t id)
{
	struct fake *f = ctx;
	f->told++;
	if (code < 250 || reply.n == 0 || (id != 0) != (code == 250) || str_has_control(s->tx.sender))
		abort();
}

static void fake_tell_guard(void *ctx, const struct smtp_session *s, enum guard_kind kind, struct str value)
{
	struct fake *f = ctx;
	(void)s;
	f->seen[kind]++;
	f->seen_value = value.n;
}

static void fake_tell_sign_in(void *ctx, const struct smtp_session *s, int err)
{
	struct fake *f = ctx;
	f->refused_sign_ins++;
	if (err == OK || s->grant)
		abort();
}

static int64_t fake_now(void *ctx)
{
	(void)ctx;
	return FAKE_NOW;
}

static uint64_t fake_unique(void *ctx)
{
	(void)ctx;
	return 0x1234;
}

static noreturn_fn void fake_overflow(void *ctx)
{
	struct fake *f = ctx;
	f->overflown = true;
	longjmp(f->stop, 1);
}

static const struct smtp_env fake_env = {
	.in = fake_in,
	.consume = fake_consume,
	.read = fake_read,
	.out = fake_out,
	.flush = fake_flush,
	.spoke = fake_spoke,
	.start_tls = fake_start_tls,
	.recipient = fake_recipient,
	.identity = fake_identity,
	.sign_in = fake_sign_in,
	.token_sign_in = fake_token_sign_in,
	.scram_first = fake_scram_first,
	.scram_final = fake_scram_final,
	.grant_close = fake_grant_close,
	.scan = fake_scan,
	.deliver = fake_deliver,
	.tell_message = fake_tell_message,
	.tell_sign_in = fake_tell_sign_in,
	.tell_guard = fake_tell_guard,
	.now = fake_now,
	.unique = fake_unique,
	.overflow = fake_overflow,
};

static void fake_init(struct fake *f, enum conf_service service)
{
	*f = (struct fake){ .service = service, .end = E_CLOSED, .peer = { .bytes = { 192, 0, 2, 1 } } };
	conf_defaults(&f->conf);
	f->conf.smtp.scram = true;
	mem_free(f->conf.server.hostname);
	f->conf.server.hostname = memcpy(mem_alloc(14), "mx.local.test", 14);
	buf_init(&f->in, 8 << 20);
	buf_init(&f->out, 1 << 20);
	buf_init(&f->said, 16 << 20);
	buf_init(&f->message, MESSAGE_MAX);
	buf_init(&f->recipients, 1 << 20);
	buf_init(&f->sender, 1024);
	buf_init(&f->prefix, 1 << 16);
	arena_init(&f->memory, 64 << 20, NULL, NULL);
}

/* Runs the session over the segments; what it said is in said. Returns how it ended. */
static int fake_run(struct fake *f, const struct str *segments)
{
	volatile int r = E_TOOBIG;
	f->segments = segments;
	smtp_session_init(&f->session, &fake_env, f, &f->conf, f->service, &f->peer);
	f->session.can_tls = true;
	if (!setjmp(f->stop))
		r = smtp_session_run(&f->session);
	if (fake_flush(f) != OK)
		abort();
	return r;
}

static void fake_done(struct fake *f)
{
	smtp_session_done(&f->session);
	conf_done(&f->conf);
	buf_done(&f->in);
	buf_done(&f->out);
	buf_done(&f->said);
	buf_done(&f->message);
	buf_done(&f->recipients);
	buf_done(&f->sender);
	buf_done(&f->prefix);
	arena_done(&f->memory);
}

#endif
