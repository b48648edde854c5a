#include "proto/policy/tls_rpt_mail.h"

#include "base/base64.h"
#include "proto/header/date.h"

enum { BASE64_LINE = 76, FIELD_MAX = 320 };

static bool is_plain(struct str s)
{
	return s.n && s.n <= FIELD_MAX && str_is_ascii(s) && !str_has_control(s) && str_find(s, ' ') == STR_NPOS &&
	       str_find(s, '<') == STR_NPOS && str_find(s, '>') == STR_NPOS;
}

static void put_head(struct bufw *w, const struct tlsrpt_mail *m)
{
	char date[DATE_TEXT_MAX];
	bufw_printf(w, "Return-Path: <>\r\nFrom: TLS reports <postmaster@" STR_FMT ">\r\nTo: <" STR_FMT ">\r\n", STR_ARG(m->host),
		    STR_ARG(m->to));
	bufw_c(w, "Date: ");
	bufw_str(w, date_format_rfc5322((struct date){ .unix_seconds = m->now }, date));
	bufw_printf(w, "\r\nMessage-ID: <" STR_FMT "@" STR_FMT ">\r\n", STR_ARG(m->id), STR_ARG(m->host));
	bufw_printf(w, "Subject: Report Domain: " STR_FMT "\r\n Submitter: " STR_FMT "\r\n Report-ID: <" STR_FMT "@" STR_FMT ">\r\n",
		    STR_ARG(m->domain), STR_ARG(m->host), STR_ARG(m->id), STR_ARG(m->host));
	bufw_printf(w, "TLS-Report-Domain: " STR_FMT "\r\nTLS-Report-Submitter: " STR_FMT "\r\n", STR_ARG(m->domain),
		    STR_ARG(m->host));
	bufw_c(w, "TLS-Required: No\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
	bufw_printf(w, "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"" STR_FMT "\"\r\n\r\n", STR_ARG(m->id));
}

static int put_json(struct bufw *w, struct str json)
{
	struct buf coded;
	buf_init(&coded, 2 * json.n + 16);
	int r = base64_encode(&coded, json);
	for (struct str rest = buf_str(&coded); r == OK && rest.n;) {
		bufw_str(w, str_take_n(&rest, BASE64_LINE));
		bufw_c(w, "\r\n");
	}
	buf_done(&coded);
	return r;
}

int tlsrpt_mail_write(const struct tlsrpt_mail *m, struct buf *out)
{
	struct bufw w = { .b = out };
	if (!is_plain(m->host) || !is_plain(m->domain) || !is_plain(m->to) || !is_plain(m->id))
		return E_SYNTAX;
	put_head(&w, m);
	bufw_printf(&w, "--" STR_FMT "\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n", STR_ARG(m->id));
	bufw_printf(&w, "This is an aggregate TLS report from " STR_FMT "\r\nabout connections to " STR_FMT ".\r\n\r\n", STR_ARG(m->host),
		    STR_ARG(m->domain));
	bufw_printf(&w, "--" STR_FMT "\r\nContent-Type: application/tlsrpt+json\r\nContent-Transfer-Encoding: base64\r\n", STR_ARG(m->id));
	bufw_printf(&w, "Content-Disposition: attachment; filename=\"" STR_FMT ".json\"\r\n\r\n", STR_ARG(m->id));
	int r = put_json(&w, m->json);
	bufw_printf(&w, "--" STR_FMT "--\r\n", STR_ARG(m->id));
	return r == OK ? w.err : r;
}

static int hex(char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int tlsrpt_mail_address(struct str uri, struct arena *a, struct str *ret)
{
	if (!str_itake(&uri, STR("mailto:")))
		return E_UNSUPPORTED;
	struct str coded = str_until(&uri, '?');
	char *p = arena_alloc(a, coded.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < coded.n; i++, n++) {
		p[n] = coded.p[i];
		if (coded.p[i] != '%')
			continue;
		int high = i + 2 < coded.n ? hex(coded.p[i + 1]) : -1, low = high >= 0 ? hex(coded.p[i + 2]) : -1;
		if (low < 0)
			return E_SYNTAX;
		p[n] = (char)(high << 4 | low);
		i += 2;
	}
	struct str address = { p, n };
	if (!is_plain(address) || str_find(address, '@') == STR_NPOS || str_find(address, ',') != STR_NPOS)
		return E_SYNTAX;
	*ret = address;
	return OK;
}
