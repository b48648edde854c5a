#include "proto/imap/imap_flags.h"

static const struct { struct str name; unsigned flag; } names[] = {
	{ STR_INIT("\\Answered"), IMAP_ANSWERED }, { STR_INIT("\\Flagged"), IMAP_FLAGGED },
	{ STR_INIT("\\Deleted"), IMAP_DELETED },   { STR_INIT("\\Seen"), IMAP_SEEN },
	{ STR_INIT("\\Draft"), IMAP_DRAFT },       { STR_INIT("\\Recent"), IMAP_RECENT },
};

static int system_flag(struct imap_args *a, struct imap_flags *into)
{
	struct imap_args at = *a;
	struct str name;
	at.rest = str_skip(at.rest, 1);
	if (imap_atom(&at, &name) != OK)
		return imap_args_bad(a, "flag expected");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].flag != IMAP_RECENT && str_ieq(str_skip(names[i].name, 1), name)) {
			into->system |= names[i].flag;
			a->rest = at.rest;
			return OK;
		}
	return imap_args_bad(a, "system flag that no client may set");
}

static bool has_keyword(const struct imap_flags *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_ieq(f->keywords[i], name))
			return true;
	return false;
}

int imap_flag(struct imap_args *a, struct imap_flags *into)
{
	struct str name;
	if (imap_next_is(a, '\\'))
		return system_flag(a, into);
	if (imap_atom(a, &name) != OK)
		return imap_args_bad(a, "flag expected");
	if (name.n > IMAP_KEYWORD_LENGTH_MAX || into->n >= IMAP_KEYWORDS_MAX) {
		a->bad = name.n > IMAP_KEYWORD_LENGTH_MAX ? "keyword is too long" : "too many keywords";
		return E_TOOBIG;
	}
	if (!has_keyword(into, name)) {
		struct str *k = arena_push(a->arena, &into->keywords, &into->n, &into->cap, sizeof *k);
		*k = name;
	}
	return OK;
}

static int flags(struct imap_args *a, struct imap_flags *ret)
{
	struct imap_flags f = { 0 };
	do {
		int r = imap_flag(a, &f);
		if (r != OK)
			return r;
	} while (str_take_char(&a->rest, ' '));
	*ret = f;
	return OK;
}

int imap_flag_list(struct imap_args *a, struct imap_flags *ret)
{
	struct imap_flags f = { 0 };
	int r = imap_char(a, '(');
	if (r == OK && !imap_next_is(a, ')'))
		r = flags(a, &f);
	if (r == OK)
		r = imap_char(a, ')');
	if (r == OK)
		*ret = f;
	return r;
}

int imap_flags_of_store(struct imap_args *a, struct imap_flags *ret)
{
	return imap_next_is(a, '(') ? imap_flag_list(a, ret) : flags(a, ret);
}

bool imap_flags_write(struct bufw *w, unsigned system)
{
	bool any = false;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!(system & names[i].flag))
			continue;
		if (any)
			bufw_char(w, ' ');
		bufw_str(w, names[i].name);
		any = true;
	}
	return any;
}
