#include "proto/smtp/smtp_param.h"

/* esmtp-keyword */
static bool keyword_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && (s.p[i] != '-' || i == 0))
			return false;
	return s.n > 0;
}

/* esmtp-value, with the UTF-8 of RFC 6531 section 3.3 */
static bool value_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '=' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && utf8_valid(s);
}

static const struct smtp_param *find(const struct smtp_param *rows, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_ieq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

int smtp_param_parse(const struct smtp_param *rows, size_t count, struct arena *a, struct str args, void *into,
                     struct str *reterr_name)
{
	uint32_t seen = 0;
	for (struct str value; (value = str_word(&args)).n;) {
		size_t equals = str_find(value, '=');
		struct str name = str_until(&value, '=');
		*reterr_name = STR("");
		if (!keyword_valid(name) || (equals != STR_NPOS && !value_valid(value)))
			return E_SYNTAX;
		const struct smtp_param *row = find(rows, count, name);
		if (!row)
			return E_NOTFOUND;
		uint32_t bit = UINT32_C(1) << (row - rows);
		*reterr_name = row->name;
		if (seen & bit || row->parse(a, value, into) != OK)
			return E_SYNTAX;
		seen |= bit;
	}
	return OK;
}
