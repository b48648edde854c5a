/* METADATA (RFC 5464): entries that hang on a mailbox or, with "", on the account. Both trees are the account's own, since
 * nobody else sees its mailboxes. */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_metadata_args.h"
#include "proto/imap/imap_write.h"

enum { VALUE_MAX = 64 << 10, NAME_MAX_STORED = 256 };

/* The number under which the store keeps the entries. E_DENIED: answered. */
static int find(struct imap_session *s, struct str name, uint32_t *ret)
{
	struct ipc_mailbox_rep m;
	*ret = 0;
	if (name.n == 0)
		return OK;
	int r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = name }, &m, &s->hold);
	if (r == OK) {
		*ret = m.id;
		return OK;
	}
	r = imap_failed(s, r);
	return r == OK ? E_DENIED : r;
}

static int bad_args(struct imap_session *s, int err, const struct imap_args *a)
{
	return err == E_UNSUPPORTED ? imap_no(s, "NONEXISTENT", "no such mailbox") : imap_bad_args(s, err, a);
}

/* Below the entry by depth levels at most, or the entry itself. */
static bool meets(struct str entry, struct str name, unsigned depth)
{
	if (!str_starts(name, entry))
		return false;
	struct str below = str_skip(name, entry.n);
	if (below.n == 0)
		return true;
	if (below.p[0] != '/' || depth == 0)
		return false;
	return depth == IMAP_DEPTH_INFINITE || str_find(str_skip(below, 1), '/') == STR_NPOS;
}

struct getting { const struct imap_metadata *m; struct bufw w; bool any; size_t longest; };

static void tell_entry(struct imap_session *s, struct getting *g, struct str name, struct str value)
{
	if (g->m->has_maxsize && value.n > g->m->maxsize) {
		g->longest = value.n > g->longest ? value.n : g->longest;
		return;
	}
	if (!g->any) {
		bufw_c(&g->w, "* METADATA ");
		if (g->m->mailbox.n)
			imap_write_mailbox(&g->w, g->m->mailbox, s->utf8);
		else
			bufw_c(&g->w, "\"\"");
		bufw_c(&g->w, " (");
	}
	bufw_c(&g->w, g->any ? " " : "");
	imap_write_astring(&g->w, name, false);
	bufw_char(&g->w, ' ');
	imap_write_string(&g->w, value, s->utf8);
	g->any = true;
}

/* One entry and what is below it. */
static int tell_below(struct imap_session *s, struct getting *g, uint32_t mailbox, struct str entry)
{
	struct ipc_notes_rep a;
	struct str prefix = arena_printf(&s->command, "m" STR_FMT, STR_ARG(entry));
	int r = s->env->notes(&(struct ipc_notes_req){ .grant = s->grant, .mailbox = mailbox, .prefix = prefix }, &a, &s->hold);
	struct reader list = reader_of(r == OK ? a.notes : STR(""));
	while (list.rest.n && list.err == OK) {
		struct reader one = reader_of(read_str(&list, VALUE_MAX + NAME_MAX_STORED + 16));
		struct str name = str_skip(read_str(&one, NAME_MAX_STORED), 1), value = read_str(&one, VALUE_MAX);
		if (list.err == OK && reader_end(&one) != OK)
			return E_PROTO;
		if (list.err == OK && meets(entry, name, g->m->depth))
			tell_entry(s, g, name, value);
	}
	return r == OK ? reader_end(&list) : r;
}

int imap_cmd_getmetadata(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_metadata *m = arena_new(&s->command, struct imap_metadata);
	uint32_t mailbox;
	int r = imap_getmetadata_args(&a, m);
	if (r != OK)
		return bad_args(s, r, &a);
	r = find(s, m->mailbox, &mailbox);
	if (r != OK)
		return r == E_DENIED ? OK : r;
	struct getting g = { .m = m, .w = imap_out(s) };
	size_t before = g.w.b->n;
	for (size_t i = 0; i < m->n && r == OK; i++)
		r = tell_below(s, &g, mailbox, m->entries[i].name);
	if (r != OK) {
		g.w.b->n = before;      /* no half of a line */
		return imap_failed(s, r);
	}
	if (g.any)
		bufw_c(&g.w, ")\r\n");
	r = imap_push(s, &g.w);
	if (r != OK || !g.longest)
		return r == OK ? imap_ok(s, "done") : r;
	return imap_ok_code(s, arena_printf(&s->command, "METADATA LONGENTRIES %zu", g.longest), "some are longer");
}

static int set_one(struct imap_session *s, uint32_t mailbox, const struct imap_entry *e)
{
	struct ipc_note_set_rep a;
	struct ipc_note_set_req q = { .grant = s->grant, .mailbox = mailbox, .present = !e->nil, .value = e->value,
		.name = arena_printf(&s->command, "m" STR_FMT, STR_ARG(e->name)) };
	return s->env->note_set(&q, &a, &s->hold);
}

int imap_cmd_setmetadata(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_metadata *m = arena_new(&s->command, struct imap_metadata);
	uint32_t mailbox;
	int r = imap_setmetadata_args(&a, m);
	if (r != OK)
		return bad_args(s, r, &a);
	for (size_t i = 0; i < m->n; i++)
		if (m->entries[i].value.n > VALUE_MAX)
			return imap_no(s, "METADATA MAXSIZE 65536", "value is too long");
	r = find(s, m->mailbox, &mailbox);
	if (r != OK)
		return r == E_DENIED ? OK : r;
	for (size_t i = 0; i < m->n && r == OK; i++)
		r = set_one(s, mailbox, &m->entries[i]);
	if (r == E_FULL)
		return imap_no(s, "METADATA TOOMANY", "too many entries");
	return r == OK ? imap_ok(s, "done") : imap_failed(s, r);
}
