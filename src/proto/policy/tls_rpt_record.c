#include "proto/policy/tag_list.h"
#include "proto/policy/tls_rpt.h"

/* Printable octets, a scheme that reports can go to, and whole percent escapes. */
static bool is_uri(struct str s)
{
	if (!str_istarts(s, STR("mailto:")) && !str_istarts(s, STR("https://")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '!' || (s.p[i] == '%' && s.n - i < 3))
			return false;
	return s.n > str_find(s, ':') + 1;
}

static int on_rua(struct str value, struct tlsrpt_record *r)
{
	while (value.n) {
		struct str uri = str_trim(str_until(&value, ','));
		if (!is_uri(uri))
			return E_SYNTAX;
		if (r->count < TLSRPT_URIS_MAX)
			r->rua[r->count++] = uri;
	}
	return OK;
}

static bool is_extension(const struct tag *tag)
{
	return tag_extension_name(tag->name) && tag->value.n && str_find(tag->value, '=') == STR_NPOS &&
	       !str_has_control(tag->value);
}

int tlsrpt_record_parse(struct str txt, struct tlsrpt_record *ret)
{
	struct tlsrpt_record record = { .count = 0 };
	struct tag tag;
	if (!tag_list_is(txt, STR("TLSRPTv1")))
		return E_SYNTAX;
	(void)tag_next(&txt, &tag);
	while (tag_next(&txt, &tag)) {
		bool rua = str_ieq(tag.name, STR("rua"));
		if (rua ? on_rua(tag.value, &record) != OK : !is_extension(&tag))
			return E_SYNTAX;
	}
	if (record.count == 0)
		return E_SYNTAX;
	*ret = record;
	return OK;
}
