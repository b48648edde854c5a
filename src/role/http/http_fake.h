/* For tests and fuzz targets only: a world of plain functions around a session. The client's side is a list of segments; the next one is read
 * when the session waits. anna's cookie is FAKE_COOKIE; her password is "secret"; the client "c" may send codes to https://a.test/cb. */
#ifndef ROLE_HTTP_FAKE_H
#define ROLE_HTTP_FAKE_H

#include "proto/oauth/oauth_client.h"
#include "proto/oauth/oauth_outcome.h"
#include "role/http/http.h"

#include <setjmp.h>
#include <stdlib.h>

enum { FAKE_NOW = 784111777 };
#define FAKE_COOKIE "cs_good"

struct fake {
	struct http_session session;
	struct http_site site;
	struct conf conf;
	const struct str *segments;     /* ended by p == NULL */
	size_t step;                    /* bytes given at once; 0: a segment */
	struct str left;
	struct buf in, out, said;
	size_t consumed;
	int end;                        /* what read says at the end of input */
	int auth_error;                 /* what every call answers, when not OK */
	unsigned exchanges, sign_ins, approvals, saw[GUARD_KINDS];
	jmp_buf stop;
	bool overflown;
};

static struct fake *fake_now;           /* calls have no context */

static struct str fake_in(void *ctx) { return str_skip(buf_str(&((struct fake *)ctx)->in), ((struct fake *)ctx)->consumed); }
static struct buf *fake_out(void *ctx) { return &((struct fake *)ctx)->out; }
static int64_t fake_mono(void) { return 1000; }
static int64_t fake_clock(void) { return FAKE_NOW; }
static void fake_random(void *p, size_t n) { memset(p, 0x5a, n); }
static void fake_tell(void *ctx, const struct http_exchange *x) { ((struct fake *)ctx)->exchanges += x->response.status != 0; }

static void fake_consume(void *ctx, size_t n)
{
	struct fake *f = ctx;
	if (n > f->in.n - f->consumed)
		abort();
	f->consumed += n;
}

static int fake_flush(void *ctx)
{
	struct fake *f = ctx;
	int r = buf_put_str(&f->said, buf_str(&f->out));
	buf_clear(&f->out);
	return r;
}

/* Each read gets memory of its own, so that a view kept too long is seen by the sanitizer. */
static int fake_read(void *ctx, int64_t deadline)
{
	struct fake *f = ctx;
	struct buf fresh;
	if (deadline <= fake_mono() || fake_flush(f) != OK)
		abort();
	while (f->left.n == 0) {
		if (!f->segments || !f->segments->p)
			return f->end;
		f->left = *f->segments++;
	}
	buf_init(&fresh, 8 << 20);
	if (buf_put_str(&fresh, fake_in(f)) != OK || buf_put_str(&fresh, str_take_n(&f->left, f->step ? f->step : SIZE_MAX)) != OK)
		abort();
	buf_done(&f->in);
	f->in = fresh;
	f->consumed = 0;
	return OK;
}

static void fake_saw(void *ctx, enum guard_kind kind)
{
	((struct fake *)ctx)->saw[kind]++;
}

static noreturn_fn void fake_overflow(void *ctx)
{
	struct fake *f = ctx;
	f->overflown = true;
	longjmp(f->stop, 1);
}

#define FAKE(name)                                                                                                                     \
	static int fake_answer_##name(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret);                                 \
	static int fake_##name(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret, struct ipc_hold *hold)                  \
	{                                                                                                                              \
		(void)hold;                                                                                                            \
		memset(ret, 0, sizeof *ret);                                                                                           \
		return fake_now->auth_error != OK ? fake_now->auth_error : fake_answer_##name(q, ret);                                 \
	}                                                                                                                              \
	static int fake_answer_##name(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret)

FAKE(web_sign_in)
{
	fake_now->sign_ins++;
	if (str_eq(q->user, STR("two")) || str_eq(q->pending, STR("cp_again"))) {
		*ret = (struct ipc_web_sign_in_rep){ .state = WEB_NEEDS_CODE, .token = STR("cp_again") };
		return OK;
	}
	if (!str_eq(q->password, STR("secret")))
		return E_DENIED;
	*ret = (struct ipc_web_sign_in_rep){ .state = WEB_SIGNED_IN, .token = STR(FAKE_COOKIE) };
	return OK;
}

FAKE(web_session)
{
	ret->address = STR("anna@b.test");
	return str_eq(q->token, STR(FAKE_COOKIE)) ? OK : E_DENIED;
}

FAKE(web_sign_out)
{
	(void)q;
	(void)ret;
	return OK;
}

FAKE(oauth_client)
{
	*ret = (struct ipc_oauth_client_rep){ .name = STR("<C>"), .flags = OAUTH_CLIENT_CODE | OAUTH_CLIENT_DEVICE, .scope = OAUTH_SCOPE_IMAP,
		.redirects = STR("\021https://a.test/cb") };
	return str_eq(q->id, STR("c")) ? OK : E_NOTFOUND;
}

FAKE(oauth_approve)
{
	fake_now->approvals++;
	ret->outcome = OAUTH_OK;
	ret->code = STR("cc_1");
	return str_eq(q->session, STR(FAKE_COOKIE)) ? OK : E_DENIED;
}

FAKE(oauth_token)
{
	*ret = (struct ipc_oauth_token_rep){ .outcome = OAUTH_OK, .access = STR("ca_1"), .refresh = STR("cr_1"), .expires = 3600, .scope = OAUTH_SCOPE_IMAP };
	if (!str_eq(q->credential, STR("cc_1")))
		ret->outcome = OAUTH_INVALID_GRANT;
	return OK;
}

FAKE(oauth_revoke)
{
	(void)q;
	(void)ret;
	return OK;
}

FAKE(oauth_device_begin)
{
	(void)q;
	*ret = (struct ipc_oauth_device_begin_rep){ .outcome = OAUTH_OK, .device_code = STR("cd_1"), .user_code = STR("WDJB-MJHT"), .expires = 600, .interval = 5 };
	return OK;
}

FAKE(oauth_device_find)
{
	*ret = (struct ipc_oauth_device_find_rep){ .client = STR("c"), .name = STR("<C>"), .scope = OAUTH_SCOPE_IMAP, .asked_from = STR("::1") };
	return str_eq(q->user_code, STR("WDJB-MJHT")) ? OK : E_NOTFOUND;
}

FAKE(oauth_device_decide)
{
	(void)ret;
	return str_eq(q->user_code, STR("WDJB-MJHT")) ? OK : E_NOTFOUND;
}
#undef FAKE

static const struct http_env fake_env = {
	.in = fake_in, .consume = fake_consume, .read = fake_read, .out = fake_out, .flush = fake_flush, .mono = fake_mono, .now = fake_clock,
	.random = fake_random, .saw = fake_saw, .overflow = fake_overflow, .tell = fake_tell,
#define CALL(name) .name = fake_##name,
	HTTP_CALLS(CALL)
#undef CALL
};

static void fake_init(struct fake *f, bool tls)
{
	memset(f, 0, sizeof *f);
	fake_now = f;
	f->end = E_CLOSED;
	conf_defaults(&f->conf);
	mem_free(f->conf.server.hostname);
	f->conf.server.hostname = mem_alloc(sizeof "m.test");
	memcpy(f->conf.server.hostname, "m.test", sizeof "m.test");
	http_site_set(&f->site, &f->conf);
	buf_init(&f->in, 8 << 20);
	buf_init(&f->out, 8 << 20);
	buf_init(&f->said, 64 << 20);
	http_session_init(&f->session, &fake_env, f, &f->conf, &f->site, tls);
}

static int fake_run(struct fake *f, const struct str *segments)
{
	f->segments = segments;
	if (setjmp(f->stop))
		return E_CANCELLED;
	int r = http_session_run(&f->session);
	return fake_flush(f) == OK ? r : E_IO;
}

static void fake_done(struct fake *f)
{
	http_session_done(&f->session);
	buf_done(&f->in);
	buf_done(&f->out);
	buf_done(&f->said);
	conf_done(&f->conf);
}

#endif
