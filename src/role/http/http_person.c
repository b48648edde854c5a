/* Who sits at the browser, and forms that only our own pages can have sent. */
#include "base/base64.h"
#include "proto/http/http_cookie.h"
#include "proto/http/http_text.h"
#include "role/http/http.h"

#include <sodium.h>

enum { VISIT_BYTES = 16, COOKIE_TEXT = 512 };

static struct str cookie_of(const struct http_exchange *x, struct str name)
{
	struct str value;
	return http_cookie_get(http_request_field(&x->request, STR("Cookie")), name, &value) == OK ? value : STR("");
}

int http_person_find(struct http_exchange *x, struct http_person *ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_web_session_rep rep;
	struct ipc_web_session_req q = { .token = cookie_of(x, STR(HTTP_COOKIE_SESSION)) };
	if (!q.token.n || q.token.n > 128)
		return E_DENIED;
	int r = x->session->env->web_session(&q, &rep, &hold);
	if (r == OK)
		*ret = (struct http_person){ .cookie = q.token, .address = arena_dup(x->memory, rep.address) };
	ipc_release(&hold);
	return r;
}

void http_answer_cookie(struct http_exchange *x, struct str name, struct str value, int64_t max_age)
{
	struct buf b;
	buf_init(&b, COOKIE_TEXT);
	if (http_cookie_write(&b, name, value, HTTP_SAME_SITE_LAX, max_age) == OK)
		http_response_field(&x->response, STR("Set-Cookie"), arena_dup(x->memory, buf_str(&b)));
	buf_done(&b);
}

static struct str base64url(struct http_exchange *x, const uint8_t *p, size_t n)
{
	struct buf b;
	buf_init(&b, 64);
	struct str text = base64url_encode(&b, (struct str){ (const char *)p, n }) == OK ? arena_dup(x->memory, buf_str(&b)) : STR("");
	buf_done(&b);
	return text;
}

/* The cookie that a browser has from its first form on. */
static struct str visit(struct http_exchange *x)
{
	uint8_t random[VISIT_BYTES];
	if (!x->visit.n)
		x->visit = cookie_of(x, STR(HTTP_COOKIE_VISIT));
	if (!x->visit.n) {
		x->session->env->random(random, sizeof random);
		x->visit = base64url(x, random, sizeof random);
		http_answer_cookie(x, STR(HTTP_COOKIE_VISIT), x->visit, -1);
	}
	return x->visit;
}

static struct str token_of(struct http_exchange *x, struct str visit_cookie)
{
	crypto_hash_sha256_state h;
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct str session = cookie_of(x, STR(HTTP_COOKIE_SESSION)), parts[] = { STR("form\n"), visit_cookie, STR("\n"), session };
	crypto_hash_sha256_init(&h);
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		crypto_hash_sha256_update(&h, (const uint8_t *)parts[i].p, parts[i].n);
	crypto_hash_sha256_final(&h, hash);
	return base64url(x, hash, sizeof hash);
}

bool http_form_is_ours(struct http_exchange *x)
{
	struct str cookie = cookie_of(x, STR(HTTP_COOKIE_VISIT));
	if (cookie.n && secret_eq(http_form_text(&x->form, STR("csrf")), token_of(x, cookie)))
		return true;
	http_page_open(x, 403, HTTP_TEXT_ERROR);
	http_page_raw(x, "<p role=\"alert\">");
	http_page_say(x, HTTP_TEXT_FORM_OLD);
	http_page_raw(x, "</p>");
	http_page_close(x);
	return false;
}

void http_page_form(struct http_exchange *x, const char *action)
{
	http_page_raw(x, "<form method=\"post\" action=\"");
	http_page_raw(x, action);
	http_page_raw(x, "\">");
	http_page_hidden(x, "csrf", token_of(x, visit(x)));
}

void http_page_hidden(struct http_exchange *x, const char *name, struct str value)
{
	http_page_raw(x, "<input type=\"hidden\" name=\"");
	http_page_raw(x, name);
	http_page_raw(x, "\" value=\"");
	http_page_text(x, value);
	http_page_raw(x, "\">");
}

void http_page_input(struct http_exchange *x, enum http_text label, const char *name, const char *attributes, struct str value)
{
	bufw_printf(&x->w, "<label for=\"%s\">", name);
	http_page_say(x, label);
	bufw_printf(&x->w, "</label><input id=\"%s\" name=\"%s\" %s value=\"", name, name, attributes);
	http_page_text(x, value);
	http_page_raw(x, "\" required>");
}

void http_page_button(struct http_exchange *x, enum http_text text, const char *value, bool main)
{
	bufw_printf(&x->w, "<button type=\"submit\" name=\"decision\" value=\"%s\"%s>", value, main ? "" : " class=\"other\"");
	http_page_say(x, text);
	http_page_raw(x, "</button>");
}

void http_page_fill(struct http_exchange *x, enum http_text text, struct str value)
{
	struct str rest = http_text_in(text, x->language), before = str_until(&rest, '%');
	http_page_text(x, before);
	http_page_raw(x, "<strong>");
	http_page_text(x, value);
	http_page_raw(x, "</strong>");
	http_page_text(x, rest);
}

bool http_is_own_page(struct http_exchange *x, struct str to)
{
	struct http_target t;
	struct str path;
	if (!to.n || to.p[0] != '/' || http_target_parse(to, &t) != OK || http_path_decode(x->memory, t.path, &path) != OK)
		return false;
	for (size_t i = 0; i < http_route_count; i++)
		if (str_eq(http_routes[i].method, STR("GET")) && (http_routes[i].flags & HTTP_PAGE) && str_eq(http_routes[i].path, path))
			return true;
	return false;
}

void http_answer_sign_in(struct http_exchange *x)
{
	struct buf b;
	bool first = true;
	buf_init(&b, 3 * HTTP_LINE_MAX + 64);
	struct bufw w = { .b = &b };
	const struct http_target *t = &x->request.target;
	bufw_c(&w, "/sign-in?");
	http_form_put(&w, &first, STR("to"), str_eq(x->request.method, STR("GET")) ? str_range(t->path.p, t->has_query ? t->query.p + t->query.n : t->path.p + t->path.n) : STR("/"));
	http_answer_redirect(x, 303, w.err == OK ? arena_dup(x->memory, buf_str(&b)) : STR("/sign-in"));
	buf_done(&b);
}
