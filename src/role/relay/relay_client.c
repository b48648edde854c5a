#include "role/relay/relay_client.h"

#include "base/base64.h"
#include "os/clock.h"
#include "role/relay/relay_certificate.h"

enum { QUIT_MS = 5000 };

const struct relay_times relay_times_rfc = {
	.connect = 30 * 1000,
	.greeting = 300 * 1000,
	.command = 300 * 1000,
	.data = 120 * 1000,
	.block = 180 * 1000,
	.final = 600 * 1000,
};

void relay_client_init(struct relay_client *c, const struct relay_link *link)
{
	*c = (struct relay_client){ .link = link };
	buf_init(&c->text, SMTP_REPLY_TEXT_MAX);
	buf_init(&c->caps_text, SMTP_REPLY_TEXT_MAX);
}

void relay_client_close(struct relay_client *c)
{
	stream_free(c->stream);
	c->stream = NULL;
}

void relay_client_done(struct relay_client *c)
{
	relay_client_close(c);
	buf_done(&c->text);
	buf_done(&c->caps_text);
}

int relay_client_reply(struct relay_client *c, int64_t timeout, struct smtp_reply *ret)
{
	int64_t deadline = clock_mono_ms() + timeout;
	for (;;) {
		struct str input = stream_in(c->stream);
		size_t before = input.n;
		int r = smtp_reply_next(&c->reader, &input, ret);
		stream_consume(c->stream, before - input.n);
		if (r == E_AGAIN)
			r = stream_read(c->stream, deadline);
		else
			return r;
		if (r != OK)
			return r == E_TOOBIG ? E_PROTO : r;
	}
}

int relay_client_ask(struct relay_client *c, int64_t timeout, struct smtp_reply *ret, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int r = buf_vprintf(stream_out(c->stream), fmt, ap);
	va_end(ap);
	return r == OK ? relay_client_reply(c, timeout, ret) : r;
}

void relay_client_broken(struct relay_verdict *v, int err, const char *when)
{
	static const struct {
		int err;
		const char *status, *what;
	} rows[] = {
		{ E_TIMEOUT, "4.4.2", "the server did not answer in time" },
		{ E_CLOSED, "4.4.2", "the server closed the connection" },
		{ E_PROTO, "4.5.0", "the server broke the protocol" },
		{ E_CANCELLED, "4.3.2", "this server is stopping" },
	};
	const char *status = "4.4.2", *what = "the connection failed";
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].err == err) {
			status = rows[i].status;
			what = rows[i].what;
		}
	relay_verdict_set(v, QUEUE_DEFERRED, status, "%s %s", what, when);
}

/* ---- opening */

static int refused(struct relay_verdict *v, const struct smtp_reply *reply)
{
	relay_verdict_reply(v, reply, QUEUE_DEFERRED);
	return E_DENIED;
}

static int broken(struct relay_verdict *v, int err, const char *when)
{
	relay_client_broken(v, err, when);
	return err;
}

static int dial(struct relay_client *c, struct relay_verdict *v)
{
	struct smtp_reply reply;
	smtp_reply_init(&c->reader, &c->text);
	c->used = 0;
	c->dirty = false;
	int r =
	    c->link->connect(c->link->ctx, &c->target->address, clock_mono_ms() + c->link->times->connect, &c->stream);
	if (r != OK) {
		relay_verdict_set(v, QUEUE_DEFERRED, "4.4.1",
				  r == E_TIMEOUT ? "no answer from the host" : "cannot connect to the host");
		return r;
	}
	stream_set_timeout(c->stream, c->link->times->block);
	r = relay_client_reply(c, c->link->times->greeting, &reply);
	if (r != OK)
		return broken(v, r, "in its greeting");
	return reply.code == 220 ? OK : refused(v, &reply);
}

/* The capabilities are kept in memory of their own: the next reply overwrites the text. */
static int keep_caps(struct relay_client *c, const struct smtp_reply *reply)
{
	buf_clear(&c->caps_text);
	int r = buf_put_str(&c->caps_text, reply->text);
	if (r == OK)
		smtp_caps_parse(buf_str(&c->caps_text), &c->caps);
	return r;
}

static int hello(struct relay_client *c, struct relay_verdict *v)
{
	struct smtp_reply reply;
	struct str name = c->link->own_name;
	int r = relay_client_ask(c, c->link->times->command, &reply, "EHLO " STR_FMT "\r\n", STR_ARG(name));
	if (r == OK && reply.code == 250)
		return keep_caps(c, &reply);
	c->caps = (struct smtp_caps){ 0 };
	if (r == OK && reply.code / 100 == 5) /* a server from before 1995 (RFC 5321 section 3.2) */
		r = relay_client_ask(c, c->link->times->command, &reply, "HELO " STR_FMT "\r\n", STR_ARG(name));
	if (r != OK)
		return broken(v, r, "at EHLO");
	return reply.code == 250 ? OK : refused(v, &reply);
}

static int no_tls(const struct relay_client *c, struct relay_verdict *v, const struct relay_security *s,
		  const char *why)
{
	relay_verdict_set(v, s->requiretls ? QUEUE_FAILED : QUEUE_DEFERRED, s->requiretls ? "5.7.10" : "4.7.10", "%s",
			  why);
	v->local_fault = c->link->user.n > 0;
	v->policy = true;
	return E_DENIED;
}

static struct str sni_of(const struct relay_client *c, const struct relay_security *s, char text[NET_ADDRESS_TEXT])
{
	if (s->dane)
		return s->dane->base; /* RFC 7672 section 8.1 */
	return str_starts(c->target->host, STR("[")) ? str_c(net_format(&c->target->address, text)) : c->target->host;
}

/* Nothing was sent since the handshake, so that a host that fails here has learnt nothing. */
static int check_certificate(struct relay_client *c, const struct relay_security *s, struct relay_verdict *v)
{
	const char *why;
	c->result = relay_certificate_judge(stream_tls(c->stream), s, clock_real(), &why);
	return c->result != TLSRPT_SUCCESS && s->tls >= RELAY_TLS_VERIFIED ? no_tls(c, v, s, why) : OK;
}

/* E_UNSUPPORTED: the handshake failed and a new connection in clear is allowed. */
static int start_tls(struct relay_client *c, const struct relay_security *s, struct relay_verdict *v)
{
	struct smtp_reply reply;
	bool must = s->tls != RELAY_TLS_OPPORTUNISTIC;
	c->result = TLSRPT_STARTTLS_NOT_SUPPORTED;
	if (!c->link->tls || !(c->caps.offers & SMTP_CAP_STARTTLS))
		return must ? no_tls(c, v, s, "the host offers no TLS, which is asked for here") : OK;
	int r = relay_client_ask(c, c->link->times->command, &reply, "STARTTLS\r\n");
	if (r != OK)
		return must ? broken(v, r, "at STARTTLS") : E_UNSUPPORTED;
	if (reply.code != 220)
		return must ? no_tls(c, v, s, "the host refuses STARTTLS") : OK;
	char address[NET_ADDRESS_TEXT];
	SSL *ssl = tls_client_session(c->link->tls, sni_of(c, s, address), TLS_OPPORTUNISTIC);
	c->result = TLSRPT_VALIDATION_FAILURE;
	/* what came behind the 220 in clear is dropped by stream_tls_connect, and the reply reader starts anew (A06) */
	if (!ssl || stream_tls_connect(c->stream, ssl, clock_mono_ms() + c->link->times->command) != OK)
		return must ? no_tls(c, v, s, "the TLS handshake failed") : E_UNSUPPORTED;
	smtp_reply_init(&c->reader, &c->text);
	r = check_certificate(c, s, v);
	if (r != OK)
		return r;
	r = hello(c, v);
	return r != OK && r != E_DENIED && !must ? E_UNSUPPORTED : r;
}

/* A password goes over TLS whose certificate was verified, or stays on this machine. */
static bool may_sign_in(const struct relay_client *c, const struct relay_security *s)
{
	return (stream_tls(c->stream) && s->tls >= RELAY_TLS_VERIFIED) || net_is_loopback(&c->target->address);
}

static int send_plain(struct relay_client *c, struct smtp_reply *ret)
{
	struct buf plain, coded;
	buf_init(&plain, 1024);
	buf_init(&coded, 2048);
	struct bufw w = { .b = &plain };
	bufw_char(&w, '\0');
	bufw_str(&w, c->link->user);
	bufw_char(&w, '\0');
	bufw_str(&w, c->link->password);
	int r = w.err == OK ? base64_encode(&coded, buf_str(&plain)) : w.err;
	if (r == OK)
		r = stream_printf(c->stream, "AUTH PLAIN ");
	if (r == OK)
		r = stream_write(c->stream, buf_str(&coded));
	if (r == OK)
		r = relay_client_ask(c, c->link->times->command, ret, "\r\n");
	secret_wipe(plain.p, plain.n);
	secret_wipe(coded.p, coded.n);
	buf_done(&plain);
	buf_done(&coded);
	return r;
}

/* B06: what goes wrong here is for the administrator, not for the senders. */
static int sign_in(struct relay_client *c, const struct relay_security *s, struct relay_verdict *v)
{
	struct smtp_reply reply;
	if (!c->link->user.n)
		return OK;
	v->local_fault = true;
	if (!may_sign_in(c, s) || !(c->caps.mechanisms & SMTP_AUTH_PLAIN)) {
		relay_verdict_set(v, QUEUE_DEFERRED, "4.7.0", "the smart host offers no safe way to sign in");
		return E_DENIED;
	}
	int r = send_plain(c, &reply);
	if (r != OK)
		return broken(v, r, "at AUTH");
	if (reply.code == 235) {
		v->local_fault = false;
		return OK;
	}
	relay_verdict_reply(v, &reply, QUEUE_DEFERRED);
	relay_verdict_defer(v);
	return E_DENIED;
}

static int offers_enough(const struct relay_client *c, const struct relay_security *s, struct relay_verdict *v)
{
	if (!s->requiretls || (stream_tls(c->stream) && c->caps.offers & SMTP_CAP_REQUIRETLS))
		return OK;
	relay_verdict_set(v, QUEUE_FAILED, "5.7.30",
			  "the host does not support REQUIRETLS, which the message asks for");
	v->policy = true;
	return E_DENIED;
}

static int open_once(struct relay_client *c, const struct relay_security *s, bool clear, struct relay_verdict *v)
{
	int r = dial(c, v);
	if (r == OK)
		r = hello(c, v);
	if (r == OK && !clear)
		r = start_tls(c, s, v);
	if (r == OK)
		r = offers_enough(c, s, v);
	if (r == OK)
		r = sign_in(c, s, v);
	if (r != OK)
		relay_client_close(c);
	return r;
}

int relay_client_open(struct relay_client *c, const struct relay_target *target, const struct relay_security *security,
		      struct relay_verdict *reterr)
{
	char text[NET_ADDRESS_TEXT];
	c->target = target;
	c->result = TLSRPT_NO_SESSION;
	relay_verdict_remote(reterr, target->host, net_format(&target->address, text));
	int r = open_once(c, security, false, reterr);
	return r == E_UNSUPPORTED ? open_once(c, security, true, reterr) : r;
}

void relay_client_quit(struct relay_client *c)
{
	struct smtp_reply reply;
	if (c->stream && relay_client_ask(c, QUIT_MS, &reply, "QUIT\r\n") == OK) {
		stream_close(c->stream, clock_mono_ms() + QUIT_MS);
		c->stream = NULL;
	}
	relay_client_close(c);
}
