#include "proto/dns/dns_name.h"

/* Bytes that mean something in zone files stand behind a backslash; what does not print is a number. */
static void put_escaped(struct bufw *w, unsigned char c)
{
	if (c <= ' ' || c >= 0x7f)
		bufw_printf(w, "\\%03u", c);
	else if (strchr(".\\\"();@$", c))
		bufw_printf(w, "\\%c", c);
	else
		bufw_char(w, (char)c);
}

/* Length of the name at the front, the closing zero included; 0 when there is no whole one. */
static size_t wire_length(struct str wire)
{
	size_t n = 0;
	while (n < wire.n && n < DNS_NAME_WIRE_MAX) {
		size_t label = (unsigned char)wire.p[n];
		if (label > DNS_LABEL_MAX)
			return 0;
		n += 1 + label;
		if (label == 0)
			return n;
	}
	return 0;
}

int dns_name_take(struct str *wire, struct buf *text)
{
	size_t n = wire_length(*wire), start = text->n;
	struct bufw w = { .b = text };
	if (n == 0)
		return E_SYNTAX;
	if (n == 1)
		bufw_char(&w, '.');
	for (size_t i = 0; i + 1 < n;) {
		size_t end = i + 1 + (unsigned char)wire->p[i];
		if (i > 0)
			bufw_char(&w, '.');
		while (++i < end)
			put_escaped(&w, (unsigned char)wire->p[i]);
	}
	if (w.err != OK) {
		text->n = start;
		return w.err;
	}
	*wire = str_skip(*wire, n);
	return OK;
}

static bool label_is_host(struct str label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
			return false;
	return label.n > 0 && label.n <= DNS_LABEL_MAX && label.p[0] != '-';
}

bool dns_name_is_host(struct str text)
{
	if (text.n == 0 || text.n > DNS_NAME_WIRE_MAX - 2 || str_ends(text, STR(".")))
		return false;
	while (text.n)
		if (!label_is_host(str_until(&text, '.')))
			return false;
	return true;
}
