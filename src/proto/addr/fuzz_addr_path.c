#include "proto/addr/addr_normal.h"
#include "proto/addr/addr_path.h"
#include "proto/addr/xtext.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What is accepted has no control byte, keeps the limits, and renders to a path that reads the same. */
static void check_path(struct arena *a, const struct addr_path *p, unsigned flags)
{
	struct buf out;
	struct addr_path again;
	require(!str_has_control(p->local) && !str_has_control(p->domain));
	require(p->local.n <= ADDR_LOCAL_MAX && p->domain.n <= ADDR_DOMAIN_MAX);
	require(p->null == (p->local.n == 0));
	require((p->domain.n == 0) == (p->null || p->postmaster));
	require((flags & ADDR_UTF8) || (str_is_ascii(p->local) && str_is_ascii(p->domain)));
	require(utf8_valid(p->local) && utf8_valid(p->domain));
	buf_init(&out, 4096);
	struct bufw w = { &out, OK };
	addr_path_render(&w, p);
	struct str text = buf_str(&out);
	require(w.err == OK);
	require(text.n > ADDR_PATH_MAX ||
		(addr_path_take(a, &text, flags, &again) == OK && text.n == 0 && str_eq(again.local, p->local) &&
		 str_eq(again.domain, p->domain) && again.null == p->null));
	buf_done(&out);
}

/* The normal form is its own normal form. */
static void check_normal(struct arena *a, const struct addr_path *p)
{
	struct str local, domain, again;
	if (addr_local_normalize(a, p->local, &local) == OK)
		require(addr_local_normalize(a, local, &again) == OK && str_eq(local, again));
	if (addr_domain_normalize(a, p->domain, &domain) == OK)
		require(addr_domain_normalize(a, domain, &again) == OK && str_eq(domain, again) &&
			str_is_ascii(domain));
	addr_domain_unicode(a, p->domain);
}

static void check_xtext(struct arena *a, struct str s)
{
	struct str text, again;
	struct buf out;
	if (xtext_decode(a, s, &text) != OK)
		return;
	require(!str_has_control(text) && str_is_ascii(text));
	buf_init(&out, 1 << 20);
	struct bufw w = { &out, OK };
	xtext_encode(&w, text);
	require(w.err == OK && xtext_decode(a, buf_str(&out), &again) == OK && str_eq(text, again));
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct addr_path p;
	if (n == 0)
		return 0;
	struct str s = { (const char *)data + 1, n - 1 }, rest = s;
	arena_init(&a, 64 << 20, NULL, NULL);
	unsigned flags = data[0] & 7u;
	if (addr_path_take(&a, &rest, flags, &p) == OK) {
		require(s.n - rest.n <= ADDR_PATH_MAX);
		check_path(&a, &p, flags);
		check_normal(&a, &p);
	} else {
		require(rest.p == s.p && rest.n == s.n);
	}
	if (addr_mailbox_parse(&a, s, flags, &p) == OK)
		check_path(&a, &p, flags);
	check_xtext(&a, s);
	arena_done(&a);
	return 0;
}
