#include "role/fetch/fetch_https.h"

#include "os/clock.h"
#include "proto/http/http_body.h"
#include "proto/http/http_chars.h"
#include "proto/http/http_reply.h"

enum { CONNECT_MS = 15000, MEMORY_MAX = 64 << 10 };

static int failed(int err, const char *why, const char **ret_why)
{
	*ret_why = why;
	return err;
}

static int ask(const struct fetch_file *f, struct stream *s)
{
	int r = stream_printf(s, "GET " STR_FMT " HTTP/1.1\r\nHost: " STR_FMT "\r\nAccept: text/plain\r\nUser-Agent: Ceralacca\r\nConnection: close\r\n\r\n",
			      STR_ARG(f->path), STR_ARG(f->host));
	return r == OK ? stream_flush(s) : r;
}

/* RFC 8461 section 3.2: text/plain, whatever its parameters. */
static bool is_plain_text(struct str type)
{
	return str_ieq(http_trim(str_until(&type, ';')), STR("text/plain"));
}

static int take_head(const struct fetch_file *f, struct stream *s, struct arena *a, struct http_reply *ret, const char **ret_why)
{
	size_t n;
	int r;
	while ((r = http_reply_find(stream_in(s), &n)) == E_AGAIN)
		if ((r = stream_read(s, f->deadline)) != OK)
			return failed(r, "the connection ended, or time was over, before the answer", ret_why);
	if (r == OK)
		r = http_reply_parse(a, arena_dup(a, str_first(stream_in(s), n)), ret);
	if (r != OK)
		return failed(E_SYNTAX, "the answer is not HTTP", ret_why);
	stream_consume(s, n);
	if (ret->status >= 300 && ret->status < 400)
		return failed(E_DENIED, "a redirect, which must not be followed", ret_why);
	if (ret->status != 200)
		return failed(E_NOTFOUND, "the status is not 200", ret_why);
	return is_plain_text(http_reply_field(ret, STR("Content-Type"))) ? OK : failed(E_DENIED, "the type is not text/plain", ret_why);
}

static int take_framed(const struct fetch_file *f, struct stream *s, const struct http_reply *head, struct buf *out)
{
	struct http_body body;
	int r = http_body_begin_as(&body, head->chunked, head->length, out->max);
	while (r == OK) {
		struct str in = stream_in(s);
		size_t had = in.n;
		r = http_body_feed(&body, &in, out);
		stream_consume(s, had - in.n);
		if (r != E_AGAIN)
			return r;
		r = stream_read(s, f->deadline);
	}
	return r == E_CLOSED ? E_IO : r;
}

/* The orderly end of TLS is the end of the content; anything else cuts it off (A08). */
static int take_rest(const struct fetch_file *f, struct stream *s, struct buf *out)
{
	int r = OK;
	while (r == OK) {
		r = buf_put_str(out, stream_in(s));
		stream_consume(s, stream_in(s).n);
		if (r == OK)
			r = stream_read(s, f->deadline);
	}
	return r == E_CLOSED ? OK : r;
}

static int talk(const struct fetch_file *f, struct stream *s, struct buf *out, const char **ret_why)
{
	struct arena a;
	struct http_reply head;
	arena_init(&a, MEMORY_MAX, NULL, NULL);
	int r = ask(f, s);
	r = r == OK ? take_head(f, s, &a, &head, ret_why) : failed(r, "the request could not be sent", ret_why);
	if (r == OK) {
		r = head.chunked || head.has_length ? take_framed(f, s, &head, out) : take_rest(f, s, out);
		*ret_why = r == E_TOOBIG ? "the content is too large" : r == OK ? "" : "the content was cut off";
	}
	arena_done(&a);
	return r;
}

static const char *certificate_why(const SSL *ssl)
{
	switch (tls_peer_certificate(ssl)) {
	case TLS_CERTIFICATE_BAD_NAME: return "the certificate of the host has another name";
	case TLS_CERTIFICATE_BAD_DATES: return "the certificate of the host has expired or is not valid yet";
	case TLS_CERTIFICATE_UNTRUSTED: return "no TLS, or a certificate from no authority that is known here";
	case TLS_CERTIFICATE_GOOD: break;
	}
	return "the TLS handshake failed";
}

static int shake_hands(const struct fetch_file *f, struct stream *s, const char **ret_why)
{
	SSL *ssl = tls_client_session(f->tls, f->host, TLS_VERIFIED);
	if (!ssl)
		return failed(E_SYNTAX, "not the name of a host", ret_why);
	int r = stream_tls_connect(s, ssl, f->deadline);
	if (r == OK && tls_peer_certificate(ssl) == TLS_CERTIFICATE_GOOD)
		return OK;
	return failed(r == OK ? E_DENIED : r, stream_tls(s) ? certificate_why(ssl) : "the TLS handshake failed, or the certificate is not good", ret_why);
}

static int64_t soon(int64_t deadline)
{
	int64_t at = clock_mono_ms() + CONNECT_MS;
	return at < deadline ? at : deadline;
}

static int try_address(const struct fetch_file *f, const struct net_address *to, struct buf *out, const char **ret_why)
{
	struct stream *s = NULL;
	int r = stream_connect(to, NULL, soon(f->deadline), &s);
	if (r != OK)
		return failed(r, "no connection", ret_why);
	buf_clear(out);
	r = shake_hands(f, s, ret_why);
	if (r == OK)
		r = talk(f, s, out, ret_why);
	stream_free(s);
	return r;
}

int fetch_https(const struct fetch_file *f, struct buf *out, const char **ret_why)
{
	int r = failed(E_NOTFOUND, "the host has no public address", ret_why);
	for (size_t i = 0; i < f->addresses && clock_mono_ms() < f->deadline; i++) {
		r = try_address(f, &f->address[i], out, ret_why);
		if (r == OK || r == E_CANCELLED)
			break;
	}
	return r;
}
