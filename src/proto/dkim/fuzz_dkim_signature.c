#include "proto/dkim/dkim_signature.h"

#include "proto/dns/dns_name.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool is_inside(struct str part, struct str whole) { return part.p >= whole.p && part.p + part.n <= whole.p + whole.n; }

static void check_sound(enum dkim_form form, struct str value, const struct dkim_signature *s)
{
	bool from = false;
	require(dns_name_is_host(s->domain) && dns_name_is_host(s->selector) && str_find(s->domain, '.') != STR_NPOS);
	require(is_inside(s->hole, value) && s->hole.p > value.p && s->hole.p[-1] == '=');
	require(s->signature.n > 0 && s->signature.n <= DKIM_SIGNATURE_MAX && s->short_signature.n <= 8);
	require(s->name_count <= DKIM_NAMES_MAX && (!s->expires || s->expires > s->time));
	require(form == DKIM_FORM_ARC_SEAL || (s->body_hash.n > 0 && s->name_count > 0));
	require(form == DKIM_FORM_SIGNATURE || s->instance > 0);
	for (size_t i = 0; i < s->name_count; i++)
		from = from || str_ieq(s->names[i], STR("From"));
	require(form != DKIM_FORM_SIGNATURE || from);
	require(str_iends(s->identity_domain, s->domain) && str_find(s->identity, '@') != STR_NPOS && !str_has_control(s->identity));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum dkim_form forms[] = { DKIM_FORM_SIGNATURE, DKIM_FORM_ARC_MESSAGE, DKIM_FORM_ARC_SEAL };
	struct str value = { (const char *)data, n };
	struct arena a;
	arena_init(&a, 64 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct dkim_signature s;
		struct dkim_verdict v = dkim_signature_parse(&a, forms[i], value, &s);
		require(str_is_ascii(v.reason) && !str_has_control(v.reason) && (v.code == DKIM_PASS) == (v.reason.n == 0));
		require(s.domain.n == 0 || dns_name_is_host(s.domain));
		if (v.code == DKIM_PASS)
			check_sound(forms[i], value, &s);
		v = dkim_signature_check_time(&a, &s, 1700000000);
		require((v.code == DKIM_PASS) == (v.reason.n == 0));
	}
	arena_done(&a);
	return 0;
}
