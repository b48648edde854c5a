#include "proto/smtp/smtp_command.h"

#include "proto/addr/xtext.h"

void smtp_command_split(struct str line, struct str *ret_verb, struct str *ret_args)
{
	*ret_verb = str_until(&line, ' ');
	*ret_args = str_trim(line);
}

int smtp_bdat_parse(struct str args, struct smtp_bdat *ret)
{
	struct smtp_bdat b = { 0 };
	struct str size = str_until(&args, ' ');
	int r = str_u64(size, INT64_MAX, &b.size);
	if (r != OK)
		return r;
	b.last = args.n != 0;
	if (b.last && !str_ieq(args, STR("LAST")))
		return E_SYNTAX;
	*ret = b;
	return OK;
}

/* sasl-mech (RFC 4422 section 3.1), in whatever case. */
static bool mechanism_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n >= 1 && s.n <= SMTP_MECHANISM_MAX;
}

int smtp_auth_parse(struct str args, struct smtp_auth *ret)
{
	struct smtp_auth a = { .mechanism = str_until(&args, ' '), .has_initial = args.n != 0, .initial = args };
	if (!mechanism_valid(a.mechanism) || str_find(args, ' ') != STR_NPOS)
		return E_SYNTAX;
	if (str_eq(a.initial, STR("=")))
		a.initial = STR("");
	*ret = a;
	return OK;
}
