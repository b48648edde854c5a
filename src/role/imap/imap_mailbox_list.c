#include "role/imap/imap_mailbox_list.h"

#include "proto/imap/imap_list_args.h"
#include "proto/imap/imap_write.h"

enum { RECORD_MAX = 4096, NAME_MAX_BYTES = 1024 };

static const char *const role_attributes[] = {      /* by enum mailbox_role */
	NULL, NULL, "\\Drafts", "\\Sent", "\\Trash", "\\Junk", "\\Archive", "\\All", "\\Flagged",
};

const char *imap_role_attribute(uint32_t role)
{
	return role < COUNT_OF(role_attributes) ? role_attributes[role] : NULL;
}

static int read_record(struct str record, struct imap_mailbox_info *m)
{
	struct reader r = reader_of(record);
	m->id = read_u32(&r);
	m->name = read_str(&r, NAME_MAX_BYTES);
	m->role = read_u32(&r);
	m->uidvalidity = read_u32(&r);
	m->uidnext = read_u32(&r);
	m->messages = read_u32(&r);
	m->unseen = read_u32(&r);
	m->deleted = read_u32(&r);
	m->size = read_u64(&r);
	m->modseq = read_u64(&r);
	m->subscribed = read_u32(&r) != 0;
	m->exists = m->id != 0;
	m->parent = UINT32_MAX;
	return reader_end(&r);
}

static int read_records(struct arena *a, struct str bytes, struct imap_mailbox_info **ret, size_t *ret_n)
{
	struct reader r = reader_of(bytes);
	struct imap_mailbox_info *v = NULL;
	size_t n = 0, cap = 0;
	while (r.rest.n && r.err == OK) {
		struct str record = read_str(&r, RECORD_MAX);
		struct imap_mailbox_info *m = arena_push(a, &v, &n, &cap, sizeof *m);
		int e = r.err == OK ? read_record(record, m) : OK;
		if (e != OK)
			return e;
	}
	*ret = v;
	*ret_n = n;
	return reader_end(&r);
}

static void link_parents(struct imap_mailbox_info *v, size_t n)
{
	struct map names;
	map_init(&names, 0);      /* names are the account's own: nobody to attack but oneself, and their number is bounded */
	for (size_t i = 0; i < n; i++)
		map_str_put(&names, v[i].name, &v[i]);
	for (size_t i = 0; i < n; i++) {
		size_t slash = str_rfind(v[i].name, '/');
		struct imap_mailbox_info *parent = slash == STR_NPOS ? NULL : map_str_get(&names, str_first(v[i].name, slash));
		if (!parent)
			continue;
		parent->has_children = parent->has_children || v[i].exists;
		v[i].parent = (uint32_t)(parent - v);
	}
	map_done(&names);
}

int imap_mailbox_list(struct imap_session *s, struct imap_mailbox_info **ret, size_t *ret_n)
{
	struct ipc_mailboxes_rep a;
	int r = s->env->mailboxes(&(struct ipc_mailboxes_req){ .grant = s->grant }, &a, &s->hold);
	if (r == OK)
		r = read_records(&s->command, a.mailboxes, ret, ret_n);
	if (r == OK)
		link_parents(*ret, *ret_n);
	return r;
}

int imap_tell_status(struct imap_session *s, const struct imap_mailbox_info *m, unsigned items)
{
	const struct { unsigned item; uint64_t value; } values[] = {
		{ IMAP_STATUS_MESSAGES, m->messages },
		{ IMAP_STATUS_RECENT, m->recent },
		{ IMAP_STATUS_UIDNEXT, m->uidnext },
		{ IMAP_STATUS_UIDVALIDITY, m->uidvalidity },
		{ IMAP_STATUS_UNSEEN, m->unseen },
		{ IMAP_STATUS_DELETED, m->deleted },
		{ IMAP_STATUS_SIZE, m->size },
		{ IMAP_STATUS_HIGHESTMODSEQ, m->modseq ? m->modseq : 1 },
		{ IMAP_STATUS_APPENDLIMIT, s->conf->message_size },
	};
	struct bufw w = imap_out(s);
	bool any = false;
	bufw_c(&w, "* STATUS ");
	imap_write_mailbox(&w, m->name, s->utf8);
	bufw_c(&w, " (");
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		if (!(items & values[i].item))
			continue;
		if (any)
			bufw_char(&w, ' ');
		bufw_str(&w, imap_status_name(values[i].item));
		bufw_char(&w, ' ');
		bufw_u64(&w, values[i].value);
		any = true;
	}
	if (items & IMAP_STATUS_MAILBOXID)
		bufw_printf(&w, "%sMAILBOXID (F%u)", any ? " " : "", m->id);
	bufw_c(&w, ")\r\n");
	return imap_push(s, &w);
}
