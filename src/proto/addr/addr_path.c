#include "proto/addr/addr_path.h"

/* atext (RFC 5322 3.2.3) */
static bool is_atext(char c) { return ascii_is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c)); }

/* One character of a local part: an ASCII byte, or a code point above, which C1 controls and line separators are not.
 */
static bool take_utf8(struct str *s)
{
	struct str rest = *s;
	uint32_t c = utf8_take(&rest);
	if (c == UTF8_BAD || (c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029)
		return false;
	*s = rest;
	return true;
}

static bool is_high(char c) { return (unsigned char)c >= 0x80; }

static bool take_atom(struct str *s)
{
	size_t before = s->n;
	while (s->n) {
		if (is_atext(s->p[0]))
			*s = str_skip(*s, 1);
		else if (!is_high(s->p[0]) || !take_utf8(s))
			break;
	}
	return s->n < before;
}

/* Dot-string = Atom *("." Atom) */
static bool take_dot_string(struct str *s, struct str *ret)
{
	const char *start = s->p;
	do
		if (!take_atom(s))
			return false;
	while (str_take_char(s, '.'));
	*ret = str_range(start, s->p);
	return true;
}

/* One QcontentSMTP behind the opening quote; appends what it stands for. */
static int take_qcontent(struct str *s, char *out, size_t *n)
{
	struct str at = *s;
	str_take_char(&at, '\\');
	bool escaped = at.n < s->n;
	if (at.n == 0 || (escaped && is_high(at.p[0])))
		return E_SYNTAX;
	struct str next = at;
	if (!is_high(at.p[0]) && at.p[0] >= ' ' && at.p[0] != 0x7f)
		next = str_skip(at, 1);
	else if (!is_high(at.p[0]) || !take_utf8(&next))
		return E_SYNTAX;
	size_t len = at.n - next.n;
	if (*n + len > ADDR_LOCAL_MAX)
		return E_TOOBIG;
	memcpy(out + *n, at.p, len);
	*n += len;
	*s = next;
	return OK;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE. The grammar allows "", which is nobody's name and looks like the null
 * sender. */
static int take_quoted_string(struct arena *a, struct str *s, struct str *ret)
{
	char text[ADDR_LOCAL_MAX];
	size_t n = 0;
	*s = str_skip(*s, 1);
	while (!str_take_char(s, '"')) {
		int r = s->n ? take_qcontent(s, text, &n) : E_SYNTAX;
		if (r != OK)
			return r;
	}
	if (n == 0)
		return E_SYNTAX;
	*ret = arena_dup(a, (struct str){ text, n });
	return OK;
}

static int take_local(struct arena *a, struct str *s, struct addr_path *p)
{
	p->quoted = s->n && s->p[0] == '"';
	if (p->quoted)
		return take_quoted_string(a, s, &p->local);
	if (!take_dot_string(s, &p->local))
		return E_SYNTAX;
	return p->local.n > ADDR_LOCAL_MAX ? E_TOOBIG : OK;
}

static int take_domain_name(struct str *s, struct str *ret)
{
	size_t n = 0;
	while (n < s->n && (ascii_is_alnum(s->p[n]) || s->p[n] == '-' || s->p[n] == '.' || is_high(s->p[n])))
		n++;
	if (n > ADDR_DOMAIN_MAX)
		return E_TOOBIG;
	if (!addr_domain_valid(str_first(*s, n), true))
		return E_SYNTAX;
	*ret = str_take_n(s, n);
	return OK;
}

static int take_domain(struct str *s, struct addr_path *p)
{
	p->literal = s->n && s->p[0] == '[';
	if (!p->literal)
		return take_domain_name(s, &p->domain);
	size_t end = str_find(*s, ']');
	if (end == STR_NPOS || !addr_literal_valid(str_first(*s, end + 1)))
		return E_SYNTAX;
	p->domain = str_take_n(s, end + 1);
	return OK;
}

/* A-d-l ":" = At-domain *( "," At-domain ) ":"; accepted and ignored (RFC 5321 3.6.1, appendix C). */
static int take_route(struct str *s, struct addr_path *p)
{
	p->routed = s->n && s->p[0] == '@';
	if (!p->routed)
		return OK;
	do {
		struct str hop;
		if (!str_take_char(s, '@'))
			return E_SYNTAX;
		int r = take_domain_name(s, &hop);
		if (r != OK)
			return r;
	} while (str_take_char(s, ','));
	return str_take_char(s, ':') ? OK : E_SYNTAX;
}

static int take_mailbox(struct arena *a, struct str *s, unsigned flags, struct addr_path *p)
{
	int r = take_local(a, s, p);
	if (r != OK)
		return r;
	if (str_take_char(s, '@'))
		return take_domain(s, p);
	p->postmaster = true;
	bool allowed = (flags & ADDR_POSTMASTER_OK) && !p->routed && !p->quoted && str_ieq(p->local, STR("postmaster"));
	return allowed ? OK : E_SYNTAX;
}

/* What holds of the path as a whole: its length on the wire, and SMTPUTF8. */
static int check_whole(struct str text, unsigned flags, struct addr_path *p)
{
	if (text.n > ADDR_PATH_MAX)
		return E_TOOBIG;
	p->utf8 = !str_is_ascii(p->local) || !str_is_ascii(p->domain);
	return (flags & ADDR_UTF8) || str_is_ascii(text) ? OK : E_UNSUPPORTED;
}

int addr_path_take(struct arena *a, struct str *s, unsigned flags, struct addr_path *ret)
{
	struct addr_path p = { 0 };
	struct str in = *s;
	if ((flags & ADDR_NULL_OK) && str_take(&in, STR("<>"))) {
		*ret = (struct addr_path){ .null = true, .local = STR(""), .domain = STR("") };
		*s = in;
		return OK;
	}
	if (!str_take_char(&in, '<'))
		return E_SYNTAX;
	int r = take_route(&in, &p);
	if (r == OK)
		r = take_mailbox(a, &in, flags, &p);
	if (r == OK && !str_take_char(&in, '>'))
		r = E_SYNTAX;
	if (r == OK)
		r = check_whole(str_range(s->p, in.p), flags, &p);
	if (r != OK)
		return r;
	*ret = p;
	*s = in;
	return OK;
}

int addr_mailbox_parse(struct arena *a, struct str s, unsigned flags, struct addr_path *ret)
{
	struct addr_path p = { 0 };
	struct str in = s;
	int r = take_mailbox(a, &in, flags & ADDR_UTF8, &p);
	if (r == OK && in.n)
		r = E_SYNTAX;
	if (r == OK)
		r = check_whole(s, flags, &p);
	if (r == OK && s.n + 2 > ADDR_PATH_MAX)
		r = E_TOOBIG;
	if (r == OK)
		*ret = p;
	return r;
}

bool addr_local_needs_quotes(struct str local)
{
	struct str whole;
	return !take_dot_string(&local, &whole) || local.n;
}

void addr_local_render(struct bufw *out, struct str local)
{
	if (!addr_local_needs_quotes(local)) {
		bufw_str(out, local);
		return;
	}
	bufw_char(out, '"');
	for (size_t i = 0; i < local.n; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\')
			bufw_char(out, '\\');
		bufw_char(out, local.p[i]);
	}
	bufw_char(out, '"');
}

void addr_mailbox_render(struct bufw *out, struct str local, struct str domain)
{
	addr_local_render(out, local);
	if (domain.n)
		bufw_char(out, '@');
	bufw_str(out, domain);
}

void addr_path_render(struct bufw *out, const struct addr_path *path)
{
	bufw_char(out, '<');
	if (!path->null)
		addr_mailbox_render(out, path->local, path->domain);
	bufw_char(out, '>');
}

bool addr_split_detail(struct str local, char separator, struct str *ret_user, struct str *ret_detail)
{
	size_t at = str_find(str_skip(local, 1), separator);
	*ret_user = local;
	*ret_detail = STR("");
	if (at == STR_NPOS)
		return false;
	*ret_user = str_first(local, at + 1);
	*ret_detail = str_skip(local, at + 2);
	return true;
}
