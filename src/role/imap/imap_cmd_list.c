/* LIST (RFC 9051 section 6.3.9; RFC 5258, RFC 5819, RFC 6154) and LSUB (RFC 3501 section 6.3.9). */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_list_args.h"
#include "proto/imap/imap_list_match.h"
#include "proto/imap/imap_write.h"
#include "role/imap/imap_mailbox_list.h"

/* reference and pattern are joined as they stand. */
static int compile(struct imap_session *s, const struct imap_list *l, struct imap_pattern *patterns)
{
	for (size_t i = 0; i < l->pattern_count; i++) {
		struct str whole = arena_printf(&s->command, "%.*s%.*s", (int)l->reference.n, l->reference.p,
						(int)l->patterns[i].n, l->patterns[i].p);
		int r = imap_pattern_init(&patterns[i], &s->command, whole);
		if (r != OK)
			return r;
	}
	return OK;
}

static bool matches_any(const struct imap_pattern *patterns, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (imap_pattern_match(&patterns[i], name, '/'))
			return true;
	return false;
}

static bool meets(const struct imap_list *l, const struct imap_mailbox_info *m)
{
	return (m->exists || (l->select & IMAP_LIST_SUBSCRIBED)) && (!(l->select & IMAP_LIST_SUBSCRIBED) || m->subscribed) &&
	       (!(l->select & IMAP_LIST_SPECIAL_USE) || imap_role_attribute(m->role));
}

/* What matches no pattern but meets the selection is told of at its ancestors. */
static void mark(struct imap_mailbox_info *v, size_t n, const struct imap_list *l, const struct imap_pattern *patterns)
{
	for (size_t i = 0; i < n; i++)
		v[i].matches = matches_any(patterns, l->pattern_count, v[i].name);
	for (size_t i = 0; i < n; i++) {
		if (v[i].matches || !meets(l, &v[i]))
			continue;
		for (uint32_t up = v[i].parent; up != UINT32_MAX && !v[up].chosen_below; up = v[up].parent)
			v[up].chosen_below = true;
	}
}

static void attribute(struct bufw *w, bool *any, const char *name)
{
	if (*any)
		bufw_char(w, ' ');
	bufw_c(w, name);
	*any = true;
}

static void attributes(struct bufw *w, const struct imap_list *l, const struct imap_mailbox_info *m)
{
	bool any = false;
	if (m->exists)
		attribute(w, &any, m->has_children ? "\\HasChildren" : "\\HasNoChildren");
	else
		attribute(w, &any, "\\NonExistent");
	if (m->subscribed && ((l->select | l->returns) & IMAP_LIST_SUBSCRIBED))
		attribute(w, &any, "\\Subscribed");
	if (imap_role_attribute(m->role))
		attribute(w, &any, imap_role_attribute(m->role));
}

static void child_info(struct bufw *w, const struct imap_list *l)
{
	bufw_c(w, " (\"CHILDINFO\" (");
	if (l->select & IMAP_LIST_SUBSCRIBED)
		bufw_c(w, "\"SUBSCRIBED\"");
	if (l->select & IMAP_LIST_SPECIAL_USE)
		bufw_c(w, l->select & IMAP_LIST_SUBSCRIBED ? " \"SPECIAL-USE\"" : "\"SPECIAL-USE\"");
	bufw_c(w, "))");
}

static int tell(struct imap_session *s, const struct imap_list *l, const struct imap_mailbox_info *m)
{
	bool below = (l->select & IMAP_LIST_RECURSIVEMATCH) && m->chosen_below;
	if (!m->matches || (!meets(l, m) && !below))
		return OK;
	struct bufw w = imap_out(s);
	bufw_c(&w, "* LIST (");
	attributes(&w, l, m);
	bufw_c(&w, ") \"/\" ");
	imap_write_mailbox(&w, m->name, s->utf8);
	if (below)
		child_info(&w, l);
	bufw_c(&w, "\r\n");
	int r = imap_push(s, &w);
	return r == OK && l->status && m->exists && meets(l, m) ? imap_tell_status(s, m, l->status) : r;
}

/* A pattern that ends in "%" shows ancestors of what is subscribed, too (RFC 3501 section 6.3.9). */
static int tell_lsub(struct imap_session *s, const struct imap_list *l, const struct imap_mailbox_info *m)
{
	bool percent = str_ends(l->patterns[0], STR("%"));
	if (!m->matches || (!m->subscribed && !(percent && m->chosen_below)))
		return OK;
	struct bufw w = imap_out(s);
	bufw_c(&w, m->subscribed ? "* LSUB () \"/\" " : "* LSUB (\\Noselect) \"/\" ");
	imap_write_mailbox(&w, m->name, s->utf8);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

typedef int tell_fn(struct imap_session *s, const struct imap_list *l, const struct imap_mailbox_info *m);

static int run(struct imap_session *s, const struct imap_list *l, tell_fn *tell_one)
{
	struct imap_pattern *patterns = arena_new_array(&s->command, struct imap_pattern, l->pattern_count);
	struct imap_mailbox_info *v;
	size_t n;
	int r = compile(s, l, patterns);
	if (r == OK)
		r = imap_mailbox_list(s, &v, &n);
	if (r != OK)
		return imap_failed(s, r);
	mark(v, n, l, patterns);
	for (size_t i = 0; i < n && r == OK; i++)
		r = tell_one(s, l, &v[i]);
	return r == OK ? imap_ok(s, "that is all") : r;
}

/* LIST "" "" asks for the hierarchy separator (RFC 9051 section 6.3.9). */
static bool asks_separator(const struct imap_list *l)
{
	return !l->extended && l->patterns[0].n == 0;
}

int imap_cmd_list(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_list l;
	int r = imap_list_args(&a, &l);
	if (r == E_UNSUPPORTED)
		return imap_ok(s, "no mailbox can have such a name");
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (!asks_separator(&l))
		return run(s, &l, tell);
	r = imap_untagged(s, "LIST (\\Noselect) \"/\" \"\"");
	return r == OK ? imap_ok(s, "done") : r;
}

int imap_cmd_lsub(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_list l;
	int r = imap_lsub_args(&a, &l);
	if (r == E_UNSUPPORTED)
		return imap_ok(s, "no mailbox can have such a name");
	return r == OK ? run(s, &l, tell_lsub) : imap_bad_args(s, r, &a);
}
