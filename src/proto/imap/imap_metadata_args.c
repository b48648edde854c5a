#include "proto/imap/imap_metadata_args.h"

#include "base/utf8.h"

static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	return (struct str){ p, s.n };
}

/* "/private/…" or "/shared/…", of ASCII, without "*" and "%", no empty level, none at the end (RFC 5464 section 3.2) */
static bool is_entry_name(struct str s)
{
	if (!str_starts(s, STR("/private/")) && !str_starts(s, STR("/shared/")))
		return false;
	if (str_ends(s, STR("/")) || !str_is_ascii(s) || str_has_control(s))
		return false;
	return str_find(s, '*') == STR_NPOS && str_find(s, '%') == STR_NPOS && str_search(s, STR("//")) == STR_NPOS;
}

static int entry_name(struct imap_args *a, struct imap_metadata *m)
{
	struct str name;
	if (m->n == IMAP_ENTRIES_MAX) {
		a->bad = "too many entries";
		return E_TOOBIG;
	}
	int r = imap_astring(a, &name);
	if (r != OK)
		return r;
	name = lower(a->arena, name);
	if (!is_entry_name(name))
		return imap_args_bad(a, "entry name expected: /private/... or /shared/...");
	if (name.n > IMAP_ENTRY_NAME_MAX) {
		a->bad = "entry name is too long";
		return E_TOOBIG;
	}
	m->entries[m->n++] = (struct imap_entry){ .name = name };
	return OK;
}

static int option(struct imap_args *a, struct imap_metadata *m)
{
	if (imap_word(a, STR("MAXSIZE"))) {
		int r = imap_sp(a);
		m->has_maxsize = true;
		return r == OK ? imap_number(a, &m->maxsize) : r;
	}
	if (!imap_word(a, STR("DEPTH")))
		return imap_args_bad(a, "MAXSIZE or DEPTH expected");
	int r = imap_sp(a);
	if (r != OK)
		return r;
	static const struct { struct str name; unsigned depth; } depths[] = {
		{ STR_INIT("0"), 0 }, { STR_INIT("1"), 1 }, { STR_INIT("infinity"), IMAP_DEPTH_INFINITE },
	};
	for (size_t i = 0; i < COUNT_OF(depths); i++)
		if (imap_word(a, depths[i].name)) {
			m->depth = depths[i].depth;
			return OK;
		}
	return imap_args_bad(a, "0, 1 or infinity expected");
}

/* "(" getmetadata-option *(SP getmetadata-option) ")" SP: only where an option's name follows the parenthesis */
static int options(struct imap_args *a, struct imap_metadata *m)
{
	if (!str_istarts(a->rest, STR("(MAXSIZE")) && !str_istarts(a->rest, STR("(DEPTH")))
		return OK;
	a->rest = str_skip(a->rest, 1);
	int r;
	do {
		r = option(a, m);
	} while (r == OK && str_take_char(&a->rest, ' '));
	if (r == OK)
		r = imap_char(a, ')');
	return r == OK ? imap_sp(a) : r;
}

/* The name of no mailbox is the server's. */
static int mailbox(struct imap_args *a, struct str *ret)
{
	int r = imap_sp(a);
	if (r == OK && str_take(&a->rest, STR("\"\""))) {
		*ret = STR("");
		return imap_sp(a);
	}
	if (r == OK)
		r = imap_mailbox(a, ret);
	return r == OK ? imap_sp(a) : r;
}

/* Clients are known that put the options in front of the mailbox, as the RFC's own example once did: both are taken. */
int imap_getmetadata_args(struct imap_args *a, struct imap_metadata *ret)
{
	struct imap_metadata *m = ret;
	*m = (struct imap_metadata){ 0 };
	struct imap_args at = *a;
	int r = imap_sp(&at);
	if (r == OK && imap_next_is(&at, '(')) {
		r = options(&at, m);
		if (r != OK) {
			a->bad = at.bad;
			return r;
		}
		a->rest = (struct str){ at.rest.p - 1, at.rest.n + 1 };
	}
	r = mailbox(a, &m->mailbox);
	if (r == OK)
		r = options(a, m);
	if (r != OK)
		return r;
	if (!str_take_char(&a->rest, '(')) {
		r = entry_name(a, m);
		return r == OK ? imap_args_end(a) : r;
	}
	do {
		r = entry_name(a, m);
	} while (r == OK && str_take_char(&a->rest, ' '));
	if (r == OK)
		r = imap_char(a, ')');
	return r == OK ? imap_args_end(a) : r;
}

/* entry-value = entry-name SP value; value = nstring / literal8 */
static int entry_value(struct imap_args *a, struct imap_metadata *m)
{
	int r = entry_name(a, m);
	if (r == OK)
		r = imap_sp(a);
	if (r != OK)
		return r;
	struct imap_entry *e = &m->entries[m->n - 1];
	(void)str_take_char(&a->rest, '~');
	return imap_nstring(a, &e->value, &e->nil);
}

int imap_setmetadata_args(struct imap_args *a, struct imap_metadata *ret)
{
	struct imap_metadata *m = ret;
	*m = (struct imap_metadata){ 0 };
	int r = mailbox(a, &m->mailbox);
	if (r == OK)
		r = imap_char(a, '(');
	if (r != OK)
		return r;
	do {
		r = entry_value(a, m);
	} while (r == OK && str_take_char(&a->rest, ' '));
	if (r == OK)
		r = imap_char(a, ')');
	return r == OK ? imap_args_end(a) : r;
}
