/* HTTPS for people and programs (RFC 9110, RFC 9112): sessions, routes, answers. JMAP, web mail and administration are rows of its table.
 *
 * A session reads a request, finds its row in the table of routes, checks what the row and the rules for all say, and runs the one handler,
 * which fills in a response. All that waits goes through the environment, a struct of functions.
 *
 * This role holds no secret. What a browser or program shows (a password, cookie, code, token) is passed to AUTH, which answers what it is worth;
 * nothing of it is kept longer than its request.
 *
 * In clear (port 80) there is a redirect and nothing else, but for rows that say HTTP_IN_CLEAR. */
#ifndef ROLE_HTTP_H
#define ROLE_HTTP_H

#include "ipc/conf.h"
#include "ipc/ipc.h"
#include "os/net.h"
#include "proto/guard/guard_event.h"
#include "proto/http/http_body.h"
#include "proto/http/http_percent.h"
#include "proto/http/http_response.h"
#include "role/http/http_text_table.h"

enum {
	HTTP_EXCHANGE_MEMORY = 512 << 10,
	HTTP_CONTENT_MAX = 256 << 10,   /* of what we answer */
	HTTP_FORM_MAX = 16 << 10,       /* of a form that is sent to us */
	HTTP_ORIGIN_MAX = 300
};

/* Under which name people find us: the issuer of tokens, the target of redirects, the Host that is answered. Never taken from a request (A83). */
struct http_site {
	char text[HTTP_ORIGIN_MAX];
	struct str origin;              /* "https://mail.example.org", with ":port" where it is not 443 */
	struct str host;                /* the name in it */
};
void http_site_set(struct http_site *s, const struct conf *c);

/* What AUTH is asked. */
#define HTTP_CALLS(CALL) \
	CALL(web_sign_in) CALL(web_session) CALL(web_sign_out) CALL(oauth_client) CALL(oauth_approve) CALL(oauth_token) CALL(oauth_revoke) \
	CALL(oauth_device_begin) CALL(oauth_device_find) CALL(oauth_device_decide)

struct http_session;
struct http_exchange;

/* What the world does for a session. Each call may suspend the fiber. */
struct http_env {
	struct str (*in)(void *ctx);                            /* read and not consumed, valid until the next call of these */
	void (*consume)(void *ctx, size_t n);
	int (*read)(void *ctx, int64_t deadline);               /* sends what is in out, then waits for more input */
	struct buf *(*out)(void *ctx);
	int (*flush)(void *ctx);
	int64_t (*mono)(void);                                  /* ms; what deadlines are of */
	int64_t (*now)(void);                                   /* unix seconds */
	void (*random)(void *p, size_t n);
#define CALL(name) int (*name)(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret, struct ipc_hold *hold);
	HTTP_CALLS(CALL)
#undef CALL
	void (*saw)(void *ctx, enum guard_kind kind);           /* what strangers do, for the guard */
	void (*overflow)(void *ctx);                            /* the memory of an exchange is full: ends the session, does not return */
	void (*tell)(void *ctx, const struct http_exchange *x); /* for the log */
};

struct http_session {
	const struct http_env *env;
	void *ctx;
	const struct conf *conf;
	const struct http_site *site;
	bool tls;
	char peer[NET_ADDRESS_TEXT];
	struct arena memory;            /* of one exchange */
	struct buf content;             /* of the request */
	struct buf answer;              /* what a handler writes */
	unsigned requests;
	bool between;                   /* waits for a request: may be cancelled */
	bool stopping;                  /* the server stops: close after what is in hand */
	bool turned_out;                /* closing was not the client's wish: it may still be sending */
};

void http_session_init(struct http_session *s, const struct http_env *env, void *ctx, const struct conf *conf, const struct http_site *site, bool tls);
void http_session_done(struct http_session *s);
/* Requests until one side ends. OK: closed in order after an answer, or between two requests. */
must_use int http_session_run(struct http_session *s);

/* ---- routes (http_routes.c) */
enum http_takes { HTTP_TAKES_NOTHING, HTTP_TAKES_FORM };
enum http_route_flag {
	HTTP_PAGE = 1,                  /* for people in a browser: errors are pages; writing needs to come from our own pages */
	HTTP_IN_CLEAR = 2,              /* also on the port without TLS (ACME HTTP-01 will be the first) */
	HTTP_ANY_NAME = 8,              /* also under other names of this host: the row is the same for all */
	HTTP_CACHEABLE = 4              /* the handler says for how long; all else is not to be stored */
};
struct http_route {
	struct str method, path;
	int (*run)(struct http_exchange *x);    /* not OK: answered as a failure of ours, or "too much at once" */
	enum http_takes takes;
	unsigned flags;
	const char *spec;
};
extern const struct http_route http_routes[];
extern const size_t http_route_count;

/* One request and its response. All views live until its end. */
struct http_exchange {
	struct http_session *session;
	struct arena *memory;
	struct http_request request;
	const struct http_route *route;
	struct str path;                /* decoded */
	struct str content;
	struct http_form query, form;
	enum http_language language;
	bool wants_page;                /* a browser asks: an error is a page */
	bool close;
	struct http_response response;
	struct str form_action;         /* beside our own pages, where a form of this page may lead (CSP) */
	struct bufw w;                  /* to session.answer */
	struct str visit;               /* cookie of a browser, for its forms (http_person.c); empty until it is asked for */
	struct ipc_hold hold;           /* of a call whose answer the handler still reads */
};

/* ---- dispatch (http_dispatch.c): the one gate for all (A84) */
/* The request has been parsed. Finds the row, checks, reads the content, runs the handler, completes the response. Not OK: the connection is
 * gone. */
must_use int http_dispatch(struct http_exchange *x);

/* ---- content (http_content.c) */
/* Reads the content as the row wants it. A refusal is an answer already given, and closes: then x->response.status is not 0. */
must_use int http_content_read(struct http_exchange *x);

/* ---- answers (http_answer.c) */
/* An error for programs (RFC 9457) or people. detail: a constant of ours. */
void http_answer_error(struct http_exchange *x, unsigned status, const char *detail);
/* What a call to another role could not do. */
void http_answer_failure(struct http_exchange *x, int err);
void http_answer_redirect(struct http_exchange *x, unsigned status, struct str location);
/* Starts a JSON answer; the handler writes into x->w; http_answer_written ends it. */
void http_answer_json(struct http_exchange *x, unsigned status);
void http_answer_written(struct http_exchange *x);
/* Fields that every answer has; those that a handler has set stay. */
void http_answer_complete(struct http_exchange *x);

/* An error of OAuth (RFC 6749 5.2). */
void http_answer_oauth_error(struct http_exchange *x, unsigned outcome);

/* ---- pages (http_page.c). What is written by http_page_raw is ours and constant; all else is escaped. */
void http_page_open(struct http_exchange *x, unsigned status, enum http_text title);
void http_page_raw(struct http_exchange *x, const char *html);
void http_page_say(struct http_exchange *x, enum http_text text);
void http_page_text(struct http_exchange *x, struct str text);
void http_page_close(struct http_exchange *x);

/* ---- people (http_person.c) */
#define HTTP_COOKIE_SESSION "__Host-session"
#define HTTP_COOKIE_VISIT "__Host-visit"
struct http_person { struct str cookie, address; };
/* Whose browser this is. E_DENIED: nobody's who has signed in; otherwise why it can't be said. The address is in the memory of the exchange. */
must_use int http_person_find(struct http_exchange *x, struct http_person *ret);
/* To the sign-in page, and back to this request afterwards. */
void http_answer_sign_in(struct http_exchange *x);
/* Whether `to` is a page of ours, as "/device?user_code=…": then a redirect may lead there, and nowhere else. */
bool http_is_own_page(struct http_exchange *x, struct str to);
/* A cookie; max_age as http_cookie_write. */
void http_answer_cookie(struct http_exchange *x, struct str name, struct str value, int64_t max_age);
/* Forms carry a token made of the cookies, so that no other page can have sent them (CSRF), and one from before the sign-in is none after it. */
void http_page_form(struct http_exchange *x, const char *action);      /* "<form ...>" with the token in it */
void http_page_hidden(struct http_exchange *x, const char *name, struct str value);
void http_page_input(struct http_exchange *x, enum http_text label, const char *name, const char *attributes, struct str value);
void http_page_button(struct http_exchange *x, enum http_text text, const char *value, bool main);
/* False: answered with an error. */
must_use bool http_form_is_ours(struct http_exchange *x);
void http_page_fill(struct http_exchange *x, enum http_text text, struct str value);   /* a text with "%" where the value belongs */

/* ---- handlers, one file each */
int http_get_sign_in(struct http_exchange *x);
int http_post_sign_in(struct http_exchange *x);
int http_post_sign_out(struct http_exchange *x);
int http_get_authorize(struct http_exchange *x);
int http_post_authorize(struct http_exchange *x);
int http_get_device(struct http_exchange *x);
int http_post_device(struct http_exchange *x);
int http_post_device_decision(struct http_exchange *x);
int http_post_token(struct http_exchange *x);
int http_post_revoke(struct http_exchange *x);
int http_post_device_authorization(struct http_exchange *x);
int http_get_oauth_metadata(struct http_exchange *x);
int http_get_home(struct http_exchange *x);
int http_get_style(struct http_exchange *x);
int http_get_robots(struct http_exchange *x);
int http_get_mta_sts(struct http_exchange *x);

#endif
