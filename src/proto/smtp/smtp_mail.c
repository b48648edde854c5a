/* MAIL and its parameters: one row a parameter, one small function a row. */
#include "proto/addr/xtext.h"
#include "proto/smtp/smtp_command.h"
#include "proto/smtp/smtp_param.h"

static int param_size(struct arena *a, struct str value, void *into)
{
	(void)a;
	struct smtp_mail *m = into;
	int r = value.n <= 20 ? str_u64(value, UINT64_MAX, &m->size) : E_SYNTAX;
	if (r == E_TOOBIG)
		m->size = UINT64_MAX;
	return r == E_TOOBIG ? OK : r;
}

static int param_body(struct arena *a, struct str value, void *into)
{
	(void)a;
	static const struct str names[] = {
		[SMTP_BODY_7BIT] = STR_INIT("7BIT"),
		[SMTP_BODY_8BITMIME] = STR_INIT("8BITMIME"),
		[SMTP_BODY_BINARYMIME] = STR_INIT("BINARYMIME"),
	};
	struct smtp_mail *m = into;
	for (unsigned i = 0; i < COUNT_OF(names); i++) {
		if (!str_ieq(value, names[i]))
			continue;
		m->body = (enum smtp_body)i;
		return OK;
	}
	return E_SYNTAX;
}

static int param_smtputf8(struct arena *a, struct str value, void *into)
{
	(void)a;
	((struct smtp_mail *)into)->smtputf8 = true;
	return value.n ? E_SYNTAX : OK;
}

static int param_requiretls(struct arena *a, struct str value, void *into)
{
	(void)a;
	((struct smtp_mail *)into)->requiretls = true;
	return value.n ? E_SYNTAX : OK;
}

static int param_auth(struct arena *a, struct str value, void *into)
{
	struct smtp_mail *m = into;
	struct addr_path mailbox;
	m->auth = true;
	if (str_eq(value, STR("<>")))
		return OK;
	int r = xtext_decode(a, value, &m->auth_mailbox);
	return r == OK ? addr_mailbox_parse(a, m->auth_mailbox, 0, &mailbox) : r;
}

static int param_ret(struct arena *a, struct str value, void *into)
{
	(void)a;
	struct smtp_mail *m = into;
	bool full = str_ieq(value, STR("FULL"));
	m->ret = full ? SMTP_RET_FULL : SMTP_RET_HDRS;
	return full || str_ieq(value, STR("HDRS")) ? OK : E_SYNTAX;
}

static int param_envid(struct arena *a, struct str value, void *into)
{
	if (value.n == 0 || value.n > SMTP_ENVID_MAX)
		return E_SYNTAX;
	return xtext_decode(a, value, &((struct smtp_mail *)into)->envid);
}

static const struct smtp_param params[] = {
	{ STR_INIT("SIZE"), param_size, "1870 section 3" },
	{ STR_INIT("BODY"), param_body, "6152 section 2, 3030 section 3" },
	{ STR_INIT("SMTPUTF8"), param_smtputf8, "6531 section 3.4" },
	{ STR_INIT("REQUIRETLS"), param_requiretls, "8689 section 2" },
	{ STR_INIT("AUTH"), param_auth, "4954 section 5" },
	{ STR_INIT("RET"), param_ret, "3461 section 4.3" },
	{ STR_INIT("ENVID"), param_envid, "3461 section 4.4" },
};
_Static_assert(COUNT_OF(params) <= SMTP_PARAM_ROWS_MAX, "duplicates are counted in 32 bits");

int smtp_mail_parse(struct arena *a, struct str args, struct smtp_mail *ret, struct str *reterr_name)
{
	struct smtp_mail m = { 0 };
	*reterr_name = STR("");
	if (!str_itake(&args, STR("FROM:")))
		return E_SYNTAX;
	while (str_take_char(&args, ' '))       /* against the grammar, and common */
		;
	int r = addr_path_take(a, &args, ADDR_NULL_OK | ADDR_UTF8, &m.path);
	if (r != OK)
		return r;
	if (args.n && args.p[0] != ' ')
		return E_SYNTAX;
	r = smtp_param_parse(params, COUNT_OF(params), a, args, &m, reterr_name);
	if (r != OK)
		return r;
	if (m.path.utf8 && !m.smtputf8)
		return E_UNSUPPORTED;
	*ret = m;
	return OK;
}
