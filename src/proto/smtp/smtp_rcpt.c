/* RCPT and its parameters: one row a parameter, one small function a row. */
#include "proto/addr/xtext.h"
#include "proto/smtp/smtp_command.h"
#include "proto/smtp/smtp_param.h"

static unsigned notify_bit(struct str word)
{
	static const struct { struct str name; unsigned bit; } words[] = {
		{ STR_INIT("NEVER"), SMTP_NOTIFY_NEVER },
		{ STR_INIT("SUCCESS"), SMTP_NOTIFY_SUCCESS },
		{ STR_INIT("FAILURE"), SMTP_NOTIFY_FAILURE },
		{ STR_INIT("DELAY"), SMTP_NOTIFY_DELAY },
	};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_ieq(word, words[i].name))
			return words[i].bit;
	return 0;
}

/* NEVER stands alone; the others may be combined. */
static int param_notify(struct arena *a, struct str value, void *into)
{
	(void)a;
	unsigned all = 0;
	do {
		unsigned bit = notify_bit(str_until(&value, ','));
		if (!bit || all & (bit | SMTP_NOTIFY_NEVER) || (all && bit == SMTP_NOTIFY_NEVER))
			return E_SYNTAX;
		all |= bit;
	} while (value.n);
	((struct smtp_rcpt *)into)->notify = all;
	return OK;
}

/* addr-type is an atom, of which only letters, digits and hyphens were ever registered. */
static bool addr_type_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return s.n > 0;
}

static int param_orcpt(struct arena *a, struct str value, void *into)
{
	struct smtp_rcpt *r = into;
	if (value.n > SMTP_ORCPT_MAX)
		return E_SYNTAX;
	r->orcpt_type = str_until(&value, ';');
	if (!addr_type_valid(r->orcpt_type) || value.n == 0)
		return E_SYNTAX;
	if (!str_ieq(r->orcpt_type, STR("utf-8")))
		return xtext_decode(a, value, &r->orcpt);
	r->orcpt = value;       /* smtp_param_parse saw to it that it is UTF-8 without control bytes */
	return OK;
}

static const struct smtp_param params[] = {
	{ STR_INIT("NOTIFY"), param_notify, "3461 section 4.1" },
	{ STR_INIT("ORCPT"), param_orcpt, "3461 section 4.2" },
};
_Static_assert(COUNT_OF(params) <= SMTP_PARAM_ROWS_MAX, "duplicates are counted in 32 bits");

int smtp_rcpt_parse(struct arena *a, struct str args, bool smtputf8, struct smtp_rcpt *ret, struct str *reterr_name)
{
	struct smtp_rcpt rcpt = { 0 };
	*reterr_name = STR("");
	if (!str_itake(&args, STR("TO:")))
		return E_SYNTAX;
	while (str_take_char(&args, ' '))       /* against the grammar, and common */
		;
	int r = addr_path_take(a, &args, ADDR_POSTMASTER_OK | (smtputf8 ? ADDR_UTF8 : 0u), &rcpt.path);
	if (r != OK)
		return r;
	if (args.n && args.p[0] != ' ')
		return E_SYNTAX;
	r = smtp_param_parse(params, COUNT_OF(params), a, args, &rcpt, reterr_name);
	if (r == OK)
		*ret = rcpt;
	return r;
}
