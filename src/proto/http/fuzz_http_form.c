/* Forms, queries, cookies, entity-tags, hosts. Invariants: what was decoded is text; encoded and decoded again it is the same; a value that was
 * found in a cookie can be written into one; a host that was accepted has no delimiter in it. */
#include "proto/http/http_cookie.h"
#include "proto/http/http_percent.h"
#include "proto/http/http_response.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_form(struct arena *a, struct str in)
{
	struct http_form f, again;
	struct buf b;
	bool first = true;
	if (http_form_parse(a, in, &f) != OK)
		return;
	buf_init(&b, 1 << 20);
	struct bufw w = { .b = &b };
	for (size_t i = 0; i < f.count; i++) {
		check(utf8_valid(f.pairs[i].name) && utf8_valid(f.pairs[i].value) && str_find(f.pairs[i].value, 0) == STR_NPOS);
		http_form_put(&w, &first, f.pairs[i].name, f.pairs[i].value);
	}
	check(w.err == OK && !str_has_control(buf_str(&b)) && str_find(buf_str(&b), ' ') == STR_NPOS);
	check(http_form_parse(a, buf_str(&b), &again) == OK && again.count == f.count);
	for (size_t i = 0; i < f.count; i++)
		check(str_eq(again.pairs[i].name, f.pairs[i].name) && str_eq(again.pairs[i].value, f.pairs[i].value));
	buf_done(&b);
}

static void check_cookie(struct str in)
{
	struct str value;
	struct buf b;
	if (http_cookie_get(in, STR("__Host-s"), &value) != OK)
		return;
	buf_init(&b, 1 << 20);
	check(http_cookie_write(&b, STR("__Host-s"), value, HTTP_SAME_SITE_LAX, 1) == OK);
	struct str rest = buf_str(&b), first = str_until(&rest, ';'), again;
	check(http_cookie_get(first, STR("__Host-s"), &again) == OK && str_eq(again, value));
	buf_done(&b);
}

static void check_host(struct str in)
{
	struct str name;
	uint16_t port;
	if (http_host_parse(in, &name, &port) != OK)
		return;
	check(name.n && !str_has_control(name) && str_find(name, '/') == STR_NPOS && str_find(name, '@') == STR_NPOS && str_find(name, ' ') == STR_NPOS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = { (const char *)data, n };
	struct arena a;
	if (n > 20000)
		return 0;
	arena_init(&a, 4 << 20, NULL, NULL);
	check_form(&a, in);
	check_cookie(in);
	check_host(in);
	bool match = http_none_match(in, STR("\"x\""));
	check(!match || n == 1 || str_search(in, STR("\"x\"")) != STR_NPOS);
	arena_done(&a);
	return 0;
}
