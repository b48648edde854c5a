/* A world for one session, in memory: a store with one account, a sign-in, a scan, and a client that speaks from a
 * script. For tests (imap_fake_talk.h) and the fuzz target, each of which includes it once. A line of a script that
 * begins with "@" is something that happens elsewhere meanwhile. */
#ifndef ROLE_IMAP_FAKE_H
#define ROLE_IMAP_FAKE_H

#include "base/base.h"
#include "os/fd.h"
#include "proto/mime/mime_summary.h"
#include "role/imap/imap.h"

#include <stdio.h>
#include <stdlib.h>

enum { FAKE_BOXES = 40, FAKE_MESSAGES = 2000, FAKE_KEYWORDS = 59, FAKE_EXPUNGES = 2000, FAKE_GRANT = 77 };

struct fake_message { uint32_t uid; uint64_t modseq, flags, email; int64_t date; struct buf bytes, summary; bool gone; };
struct fake_box {
	uint32_t id, role, uidvalidity, uidnext;
	char name[600];
	bool subscribed, used;
	struct fake_message *m;
	size_t n;
};

static struct fake {
	struct fake_box box[FAKE_BOXES];
	uint32_t next_id, next_validity;
	uint64_t modseq, next_email;
	char keywords[FAKE_KEYWORDS][256];
	size_t keyword_count;
	struct { uint32_t mailbox, uid; uint64_t modseq; } expunged[FAKE_EXPUNGES];
	size_t expunged_count;
	struct buf a, b, names;             /* memory of replies */
	struct imap_session *s;
	bool watching;
	uint64_t quota;
	uint32_t recent_from;           /* the first UID that is recent, 0 for none */
	struct { uint32_t mailbox; char name[300], value[300]; } note[20];
	size_t note_count;
	int fail;                       /* what calls to the store answer; OK: they work */
	bool log_lost;                  /* the log of changes does not reach back */
	bool no_header;                 /* summaries come without what may be lost */
	unsigned calls, sign_ins, grants_closed, tls_started;
	int64_t now, tick;              /* tick: what passes from one look at the clock to the next */
	const char *const *script;
	struct buf in, out;
	size_t consumed;
} fake;

static void fake_must(bool good)
{
	if (!good)
		abort();
}

static struct fake_box *fake_by_name(struct str name)
{
	for (size_t i = 0; i < FAKE_BOXES; i++)
		if (fake.box[i].used && str_eq(str_c(fake.box[i].name), name))
			return &fake.box[i];
	return NULL;
}

static struct fake_box *fake_by_id(uint32_t id)
{
	for (size_t i = 0; i < FAKE_BOXES; i++)
		if (fake.box[i].used && fake.box[i].id == id)
			return &fake.box[i];
	return NULL;
}

/* NULL: full. */
static struct fake_box *fake_make(const char *name)
{
	for (size_t i = 0; i < FAKE_BOXES; i++) {
		struct fake_box *b = &fake.box[i];
		if (b->used)
			continue;
		*b = (struct fake_box){ .id = ++fake.next_id, .uidvalidity = ++fake.next_validity, .uidnext = 1, .used = true };
		snprintf(b->name, sizeof b->name, "%s", name);
		b->m = mem_new_array(struct fake_message, FAKE_MESSAGES);
		return b;
	}
	return NULL;
}

static struct fake_message *fake_add(struct fake_box *b, struct str bytes, uint64_t flags)
{
	if (b->n == FAKE_MESSAGES)
		return NULL;
	struct fake_message *m = &b->m[b->n++];
	struct arena scratch;
	*m = (struct fake_message){ .uid = b->uidnext++, .modseq = ++fake.modseq, .flags = flags, .email = ++fake.next_email, .date = 1000000000 };
	buf_init(&m->bytes, 16 << 20);
	buf_init(&m->summary, 1 << 20);
	fake_must(buf_put_str(&m->bytes, bytes) == OK);
	arena_init(&scratch, 64 << 20, NULL, NULL);
	fake_must(mime_summary_build(&scratch, bytes, &mime_limits_default, &m->summary) == OK);
	arena_done(&scratch);
	return m;
}

static void fake_note(const struct fake_box *b)
{
	if (fake.s && fake.watching && fake.s->view.mailbox == b->id && fake.modseq > fake.s->noted)
		fake.s->noted = fake.modseq;
}

static void fake_remove(struct fake_box *b, struct fake_message *m)
{
	m->gone = true;
	if (fake.expunged_count == FAKE_EXPUNGES)
		fake.expunged_count--;
	fake.expunged[fake.expunged_count].mailbox = b->id;
	fake.expunged[fake.expunged_count].uid = m->uid;
	fake.expunged[fake.expunged_count++].modseq = fake.modseq;
}

static void fake_put_entry(struct buf *out, const struct fake_message *m)
{
	char p[INDEX_ENTRY_SIZE];
	index_entry_put(p, &(struct index_entry){ .uid = m->uid, .size = (uint32_t)m->bytes.n, .email = m->email, .modseq = m->modseq,
	                                          .flags = m->flags, .date = m->date, .saved = m->date });
	fake_must(buf_put(out, p, sizeof p) == OK);
}

static void fake_put_u32(struct buf *out, uint32_t v)
{
	char p[4];
	put_le32(p, v);
	fake_must(buf_put(out, p, 4) == OK);
}

static bool fake_in(struct str pairs, uint32_t uid)
{
	for (size_t i = 0; i < pairs.n; i += 8)
		if (uid >= get_le32(pairs.p + i) && uid <= get_le32(pairs.p + i + 4))
			return true;
	return false;
}

#define FAKE(name) static int fake_##name(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret, struct ipc_hold *hold)
#define FAKE_BEGIN                                                                                                            \
	(void)hold;                                                                                                           \
	fake.calls++;                                                                                                         \
	if (fake.fail != OK)                                                                                                  \
		return fake.fail;                                                                                             \
	fake_must(q->grant == FAKE_GRANT)

FAKE(token_sign_in)
{
	(void)hold;
	fake.sign_ins++;
	if (fake.fail != OK)
		return fake.fail;
	if (q->scope != GRANT_IMAP || !str_eq(q->token, STR("token")) || (q->user.n && !str_eq(q->user, STR("joe@example.test"))))
		return E_DENIED;
	*ret = (struct ipc_token_sign_in_rep){ .grant = FAKE_GRANT, .address = STR("joe@example.test") };
	return OK;
}

/* "first" and then "final" open; "lost" finds no exchange. */
FAKE(scram_first)
{
	(void)hold;
	fake.sign_ins++;
	if (fake.fail != OK)
		return fake.fail;
	if (q->scope != GRANT_IMAP || q->exporter.n || !str_eq(q->message, STR("first")))
		return E_SYNTAX;
	*ret = (struct ipc_scram_first_rep){ .exchange = 7, .challenge = STR("challenge") };
	return OK;
}

FAKE(scram_final)
{
	(void)hold;
	if (str_eq(q->message, STR("lost")))
		return E_TIMEOUT;
	if (q->exchange != 7 || !str_eq(q->message, STR("final")))
		return E_DENIED;
	*ret = (struct ipc_scram_final_rep){ .grant = FAKE_GRANT, .address = STR("joe@example.test"), .message = STR("v=ok") };
	return OK;
}

FAKE(sign_in)
{
	(void)hold;
	fake.sign_ins++;
	if (fake.fail != OK)
		return fake.fail;
	if (!str_eq(q->user, STR("joe@example.test")) || !str_eq(q->password, STR("secret")))
		return E_DENIED;
	*ret = (struct ipc_sign_in_rep){ .grant = FAKE_GRANT, .address = STR("joe@example.test") };
	return OK;
}

static void fake_fill(const struct fake_box *b, struct ipc_mailbox_rep *r)
{
	*r = (struct ipc_mailbox_rep){ .id = b->id, .role = b->role, .uidvalidity = b->uidvalidity, .uidnext = b->uidnext,
		.modseq = fake.modseq, .subscribed = b->subscribed };
	for (size_t i = 0; i < b->n; i++) {
		if (b->m[i].gone)
			continue;
		r->count++;
		r->unseen += !(b->m[i].flags & FLAG_SEEN);
		r->deleted += !!(b->m[i].flags & FLAG_DELETED);
		r->size += b->m[i].bytes.n;
	}
}

FAKE(mailbox)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_name(q->name);
	if (!b)
		return E_NOTFOUND;
	fake_fill(b, ret);
	return OK;
}

FAKE(mailboxes)
{
	FAKE_BEGIN;
	struct buf record;
	buf_clear(&fake.a);
	buf_init(&record, 4096);
	for (size_t i = 0; i < FAKE_BOXES; i++) {
		struct ipc_mailbox_rep r;
		struct bufw w = { .b = &record };
		if (!fake.box[i].used)
			continue;
		fake_fill(&fake.box[i], &r);
		buf_clear(&record);
		write_u32(&w, r.id);
		write_str(&w, str_c(fake.box[i].name));
		write_u32(&w, r.role);
		write_u32(&w, r.uidvalidity);
		write_u32(&w, r.uidnext);
		write_u32(&w, r.count);
		write_u32(&w, r.unseen);
		write_u32(&w, r.deleted);
		write_u64(&w, r.size);
		write_u64(&w, r.modseq);
		write_u32(&w, r.subscribed);
		w.b = &fake.a;
		write_str(&w, buf_str(&record));
	}
	buf_done(&record);
	*ret = (struct ipc_mailboxes_rep){ .mailboxes = buf_str(&fake.a) };
	return OK;
}

FAKE(mailbox_create)
{
	FAKE_BEGIN;
	char name[600];
	if (fake_by_name(q->name))
		return E_EXISTS;
	if (q->name.n == 0 || str_to_c(q->name, name, sizeof name) != OK)
		return E_SYNTAX;
	for (size_t i = 0; i < q->name.n; i++)
		if (q->name.p[i] == '/' && !fake_by_name(str_first(q->name, i))) {
			name[i] = '\0';
			if (!fake_make(name))
				return E_FULL;
			name[i] = '/';
		}
	struct fake_box *made = fake_make(name);
	if (!made)
		return E_FULL;
	*ret = (struct ipc_mailbox_create_rep){ .id = made->id };
	return OK;
}

FAKE(mailbox_delete)
{
	FAKE_BEGIN;
	(void)ret;
	struct fake_box *b = fake_by_name(q->name);
	if (!b)
		return E_NOTFOUND;
	for (size_t i = 0; i < FAKE_BOXES; i++)
		if (fake.box[i].used && str_starts(str_c(fake.box[i].name), q->name) && fake.box[i].name[q->name.n] == '/')
			return E_BUSY;
	b->used = false;
	mem_free(b->m);
	return OK;
}

FAKE(mailbox_rename)
{
	FAKE_BEGIN;
	(void)ret;
	struct fake_box *b = fake_by_name(q->from);
	if (!b)
		return E_NOTFOUND;
	if (b == &fake.box[0])      /* what INBOX does is the store's affair */
		return E_UNSUPPORTED;
	if (q->to.n >= sizeof b->name)
		return E_TOOBIG;
	return fake_by_name(q->to) ? E_EXISTS : str_to_c(q->to, b->name, sizeof b->name);
}

FAKE(mailbox_subscribe)
{
	FAKE_BEGIN;
	(void)ret;
	struct fake_box *b = fake_by_name(q->name);
	if (!b)
		return E_NOTFOUND;
	b->subscribed = q->on != 0;
	return OK;
}

FAKE(entries)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox);
	if (!b)
		return E_NOTFOUND;
	buf_clear(&fake.a);
	*ret = (struct ipc_entries_rep){ .modseq = fake.modseq };
	for (size_t i = 0; i < b->n; i++) {
		if (b->m[i].gone || b->m[i].uid < q->from_uid)
			continue;
		if (fake.a.n / INDEX_ENTRY_SIZE == (q->limit < 3 ? q->limit : 3)) {      /* small pages, so that there are several */
			ret->more = 1;
			break;
		}
		fake_put_entry(&fake.a, &b->m[i]);
	}
	ret->entries = buf_str(&fake.a);
	return OK;
}

FAKE(changes)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox);
	if (!b)
		return E_NOTFOUND;
	buf_clear(&fake.a);
	buf_clear(&fake.b);
	*ret = (struct ipc_changes_rep){ .modseq = fake.modseq, .complete = !fake.log_lost };
	if (fake.log_lost)
		return OK;
	for (size_t i = 0; i < b->n; i++)
		if (!b->m[i].gone && b->m[i].modseq > q->since)
			fake_put_entry(&fake.a, &b->m[i]);
	for (size_t i = 0; i < fake.expunged_count; i++)
		if (fake.expunged[i].mailbox == b->id && fake.expunged[i].modseq > q->since)
			fake_put_u32(&fake.b, fake.expunged[i].uid);
	ret->entries = buf_str(&fake.a);
	ret->vanished = buf_str(&fake.b);
	return OK;
}

FAKE(keywords)
{
	FAKE_BEGIN;
	struct bufw w = { .b = &fake.names };
	buf_clear(&fake.names);
	for (size_t i = 0; i < fake.keyword_count; i++)
		write_str(&w, str_c(fake.keywords[i]));
	*ret = (struct ipc_keywords_rep){ .names = buf_str(&fake.names) };
	return OK;
}

FAKE(keyword_bit)
{
	FAKE_BEGIN;
	size_t i = 0;
	while (i < fake.keyword_count && !str_ieq(str_c(fake.keywords[i]), q->name))
		i++;
	if (i == FAKE_KEYWORDS)
		return E_FULL;
	if (i == fake.keyword_count)
		fake_must(str_to_c(q->name, fake.keywords[fake.keyword_count++], 256) == OK);
	*ret = (struct ipc_keyword_bit_rep){ .bit = (uint32_t)(FLAG_FIRST_KEYWORD + i) };
	return OK;
}

FAKE(watch)
{
	FAKE_BEGIN;
	(void)ret;
	fake.watching = q->on != 0;
	return OK;
}

static struct fake_message *fake_email(uint64_t email)
{
	for (size_t i = 0; i < FAKE_BOXES; i++)
		for (size_t k = 0; fake.box[i].used && k < fake.box[i].n; k++)
			if (fake.box[i].m[k].email == email && !fake.box[i].m[k].gone)
				return &fake.box[i].m[k];
	return NULL;
}

FAKE(summaries)
{
	struct buf records;
	FAKE_BEGIN;
	buf_init(&records, 64 << 20);
	struct bufw w = { .b = &records };
	for (size_t i = 0; i < q->emails.n / 8 && i < 3; i++) {      /* fewer than asked, so that there is a rest */
		struct fake_message *m = fake_email(get_le64(q->emails.p + 8 * i));
		write_str(&w, m && !fake.no_header ? buf_str(&m->summary) : STR(""));
	}
	fake_must(w.err == OK);
	ipc_release(hold);
	hold->bytes = records.p;
	*ret = (struct ipc_summaries_rep){ .summaries = buf_str(&records) };
	return OK;
}

FAKE(message)
{
	FAKE_BEGIN;
	struct fake_message *m = fake_email(q->email);
	if (!m)
		return E_NOTFOUND;
	*ret = (struct ipc_message_rep){ .bytes = buf_str(&m->bytes), .body = -1 };
	if (m->bytes.n <= IPC_INLINE)
		return OK;
	int fd;
	if (fd_memory("fake", &fd) != OK || fd_write_all(fd, buf_str(&m->bytes)) != OK || fd_seal(fd) != OK)
		return E_IO;
	*ret = (struct ipc_message_rep){ .body = fd };
	return OK;
}

FAKE(append)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox);
	struct str bytes = q->bytes, mapped = { 0 };
	if (!b)
		return E_NOTFOUND;
	if (q->body >= 0) {
		fake_must(bytes.n == 0);
		fake_must(fd_map(q->body, MESSAGE_MAX, &mapped) == OK);
		bytes = mapped;
	}
	struct fake_message *m = fake_add(b, bytes, q->flags);
	if (mapped.n)
		fd_unmap(mapped);
	if (!m)
		return E_FULL;
	if (q->date)
		m->date = q->date;
	fake_note(b);
	*ret = (struct ipc_append_rep){ .uidvalidity = b->uidvalidity, .uid = m->uid };
	return OK;
}

FAKE(append_many)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox), *from = fake_by_id(q->replaced_in);
	struct str bytes = q->bytes, mapped = { 0 };
	struct reader list = reader_of(q->messages);
	struct fake_message *old = NULL;
	for (size_t i = 0; from && i < from->n; i++)
		if (from->m[i].uid == q->replaced && !from->m[i].gone)
			old = &from->m[i];
	if (!b || (q->replaced && !old))
		return E_NOTFOUND;
	if (q->body >= 0) {
		fake_must(fd_map(q->body, MESSAGE_MAX, &mapped) == OK);
		bytes = mapped;
	}
	buf_clear(&fake.a);
	while (list.rest.n) {
		struct reader r = reader_of(read_str(&list, 1 << 20));
		uint64_t flags = read_u64(&r), date = read_u64(&r), size = read_u64(&r);
		fake_must(list.err == OK && size <= bytes.n);
		struct fake_message *m = fake_add(b, str_take_n(&bytes, (size_t)size), flags);
		if (!m)
			break;
		m->date = date ? (int64_t)date : m->date;
		fake_put_u32(&fake.a, m->uid);
	}
	fake_must(bytes.n == 0 || b->n == FAKE_MESSAGES);
	if (mapped.n)
		fd_unmap(mapped);
	if (old)
		fake_remove(from, old);
	fake_note(b);
	*ret = (struct ipc_append_many_rep){ .uidvalidity = b->uidvalidity, .uids = buf_str(&fake.a), .modseq = old ? fake.modseq : 0 };
	return list.rest.n ? E_FULL : OK;
}

FAKE(flags)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox);
	bool any = false;
	if (!b)
		return E_NOTFOUND;
	buf_clear(&fake.a);
	buf_clear(&fake.b);
	for (size_t i = 0; i < b->n; i++) {
		struct fake_message *m = &b->m[i];
		if (m->gone || !fake_in(q->uids, m->uid))
			continue;
		if (q->unchanged_since != UINT64_MAX && m->modseq > q->unchanged_since) {
			fake_put_u32(&fake.b, m->uid);
			continue;
		}
		uint64_t now = q->op == 0 ? q->flags : q->op == 1 ? m->flags | q->flags : m->flags & ~q->flags;
		if (now == m->flags)
			continue;
		m->flags = now;
		m->modseq = fake.modseq + 1;
		any = true;
		fake_put_entry(&fake.a, m);
	}
	fake.modseq += any;
	*ret = (struct ipc_flags_rep){ .modseq = any ? fake.modseq : 0, .entries = buf_str(&fake.a), .failed = buf_str(&fake.b) };
	fake_note(b);
	return OK;
}

FAKE(copy)
{
	FAKE_BEGIN;
	struct fake_box *from = fake_by_id(q->from), *to = fake_by_id(q->to);
	if (!from || !to)
		return E_NOTFOUND;
	buf_clear(&fake.a);
	for (size_t i = 0, n = from->n; i < n; i++) {
		struct fake_message *m = &from->m[i];
		if (m->gone || !fake_in(q->uids, m->uid))
			continue;
		struct fake_message *copied = fake_add(to, buf_str(&m->bytes), m->flags);
		if (!copied)
			break;
		fake_put_u32(&fake.a, m->uid);
		fake_put_u32(&fake.a, copied->uid);
		if (q->move)
			fake_remove(from, m);
	}
	fake_note(from);
	fake_note(to);
	*ret = (struct ipc_copy_rep){ .uidvalidity = to->uidvalidity, .pairs = buf_str(&fake.a) };
	return OK;
}

FAKE(expunge)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox);
	if (!b)
		return E_NOTFOUND;
	buf_clear(&fake.a);
	for (size_t i = 0; i < b->n; i++) {
		struct fake_message *m = &b->m[i];
		if (m->gone || !(m->flags & FLAG_DELETED) || !(q->all || fake_in(q->uids, m->uid)))
			continue;
		if (fake.a.n == 0)
			fake.modseq++;
		fake_remove(b, m);
		fake_put_u32(&fake.a, m->uid);
	}
	*ret = (struct ipc_expunge_rep){ .modseq = fake.a.n ? fake.modseq : 0, .vanished = buf_str(&fake.a) };
	fake_note(b);
	return OK;
}

FAKE(recent)
{
	FAKE_BEGIN;
	struct fake_box *b = fake_by_id(q->mailbox);
	if (!b)
		return E_NOTFOUND;
	*ret = (struct ipc_recent_rep){ .first = fake.recent_from ? fake.recent_from : UINT32_MAX };
	for (size_t i = 0; i < b->n; i++)
		ret->count += !b->m[i].gone && b->m[i].uid >= ret->first;
	if (q->claim && fake.recent_from)
		fake.recent_from = b->uidnext;
	return OK;
}

FAKE(notes)
{
	FAKE_BEGIN;
	struct buf record;
	buf_clear(&fake.a);
	buf_init(&record, 1 << 20);
	for (size_t i = 0; i < fake.note_count; i++) {
		struct bufw w = { .b = &record };
		if (fake.note[i].mailbox != q->mailbox || !str_starts(str_c(fake.note[i].name), q->prefix))
			continue;
		buf_clear(&record);
		write_str(&w, str_c(fake.note[i].name));
		write_str(&w, str_c(fake.note[i].value));
		w.b = &fake.a;
		write_str(&w, buf_str(&record));
	}
	buf_done(&record);
	*ret = (struct ipc_notes_rep){ .notes = buf_str(&fake.a) };
	return OK;
}

FAKE(note_set)
{
	FAKE_BEGIN;
	(void)ret;
	size_t i = 0;
	while (i < fake.note_count && (fake.note[i].mailbox != q->mailbox || !str_eq(str_c(fake.note[i].name), q->name)))
		i++;
	if (i == COUNT_OF(fake.note) || q->value.n >= sizeof fake.note[0].value || q->name.n >= sizeof fake.note[0].name)
		return E_FULL;
	if (!q->present) {
		if (i < fake.note_count)
			fake.note[i] = fake.note[--fake.note_count];
		return OK;
	}
	fake.note_count += i == fake.note_count;
	fake.note[i].mailbox = q->mailbox;
	fake_must(str_to_c(q->name, fake.note[i].name, sizeof fake.note[i].name) == OK);
	(void)!str_to_c(q->value, fake.note[i].value, sizeof fake.note[i].value);
	return OK;
}

FAKE(quota)
{
	FAKE_BEGIN;
	*ret = (struct ipc_quota_rep){ .used = 1025, .limit = fake.quota };
	return OK;
}

FAKE(scan)
{
	(void)hold;
	(void)q;
	*ret = (struct ipc_scan_rep){ .summary = STR("opaque") };
	return fake.fail;
}

/* ---- the client ---- */
static void fake_event(const char *line)
{
	char name[16];
	unsigned long long x = 0, y = 0;
	struct fake_box *b = fake_by_name(STR("INBOX"));
	fake_must(sscanf(line, "@%15s %llu %llu", name, &x, &y) >= 1);
	struct str n = str_c(name);
	fake.modseq++;
	if (str_eq(n, STR("new"))) {
		fake_add(b, STR("Subject: new\r\n\r\nbody\r\n"), 0);
	} else if (str_eq(n, STR("expunge"))) {      /* by UID */
		for (size_t i = 0; i < b->n; i++)
			if (b->m[i].uid == x && !b->m[i].gone)
				fake_remove(b, &b->m[i]);
	} else if (str_eq(n, STR("flags"))) {
		for (size_t i = 0; i < b->n; i++)
			if (b->m[i].uid == x) {
				b->m[i].flags = y;
				b->m[i].modseq = fake.modseq;
			}
	} else if (str_eq(n, STR("fail"))) {
		fake.fail = -(int)x;
	} else if (str_eq(n, STR("lost"))) {
		fake.log_lost = true;
	} else if (str_eq(n, STR("stop"))) {
		fake.s->stopping = true;
	} else if (str_eq(n, STR("bare"))) {
		fake.no_header = true;
	} else {
		fake_must(false);
	}
	fake_note(b);
}

static struct str fake_env_in(void *io) { (void)io; return str_skip(buf_str(&fake.in), fake.consumed); }
static void fake_env_consume(void *io, size_t n) { (void)io; fake.consumed += n; }
static struct buf *fake_env_out(void *io) { (void)io; return &fake.out; }
static int fake_env_write(void *io, struct str bytes) { (void)io; return buf_put_str(&fake.out, bytes); }
static int fake_env_ok(void *io) { (void)io; return OK; }
static int64_t fake_env_now(void) { return fake.now += fake.tick; }
static int64_t fake_env_real(void) { return 1000000000 + 3600; }
static void fake_env_job_start(struct imap_job *job)
{
	job->result = job->run(job);
	job->done = true;
}

static int fake_env_job_wait(struct imap_job *job)
{
	fake_must(job->done);
	return OK;
}

static void fake_env_grant_close(uint64_t grant) { fake.grants_closed += grant == FAKE_GRANT; }
static void fake_env_signed_in(struct imap_session *s) { (void)s; }
static void fake_env_signed_out(struct imap_session *s) { fake_must(s->grant == FAKE_GRANT); }

static unsigned fake_seen[GUARD_KINDS];         /* what the guard was told */
static void fake_env_tell_guard(struct imap_session *s, enum guard_kind kind)
{
	(void)s;
	fake_seen[kind]++;
}

/* Events happen while the client is waited for. "@idle" lets a waiting time pass; what is noted wakes a session that
 * idles. */
static int fake_env_read(void *io, int64_t deadline)
{
	(void)io;
	const char *line = *fake.script;
	if (!line)
		return E_CLOSED;
	fake.script++;
	if (line[0] != '@')
		return buf_put_str(&fake.in, str_c(line));
	if (str_eq(str_c(line), STR("@idle"))) {
		fake.now = deadline;
		return E_TIMEOUT;
	}
	fake_event(line);
	return E_AGAIN;
}

static int fake_env_start_tls(void *io, int64_t deadline)
{
	(void)io;
	(void)deadline;
	fake.consumed = fake.in.n;      /* as stream_tls_accept */
	fake.tls_started++;
	return OK;
}

static const struct imap_env fake_env = {
	.in = fake_env_in, .consume = fake_env_consume, .read = fake_env_read, .out = fake_env_out, .push = fake_env_ok,
	.write = fake_env_write, .flush = fake_env_ok, .start_tls = fake_env_start_tls, .now = fake_env_now, .real = fake_env_real,
	.job_start = fake_env_job_start, .job_wait = fake_env_job_wait,
	.grant_close = fake_env_grant_close, .signed_in = fake_env_signed_in, .signed_out = fake_env_signed_out, .tell_guard = fake_env_tell_guard,
#define FAKE_CALL(name) .name = fake_##name,
	IMAP_CALLS(FAKE_CALL)
#undef FAKE_CALL
};

static const struct imap_conf fake_conf = {
	.message_size = 50 << 20, .session_memory = 2 << 20, .command_size = 1 << 20, .idle_ms = 1800000, .login_ms = 60000,
	.handshake_ms = 30000, .errors = 20, .sign_in_attempts = 3, .scram = true,
};

static int fake_setup(void **state)
{
	(void)state;
	fake = (struct fake){ 0 };
	buf_init(&fake.a, 64 << 20);
	buf_init(&fake.b, 64 << 20);
	buf_init(&fake.names, 64 << 10);
	buf_init(&fake.in, 64 << 20);
	buf_init(&fake.out, 64 << 20);
	fake_make("INBOX")->role = MAILBOX_INBOX;
	return 0;
}

static int fake_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAKE_BOXES; i++) {
		struct fake_box *b = &fake.box[i];
		for (size_t k = 0; b->used && k < b->n; k++) {
			buf_done(&b->m[k].bytes);
			buf_done(&b->m[k].summary);
		}
		if (b->used)
			mem_free(b->m);
	}
	buf_done(&fake.a);
	buf_done(&fake.b);
	buf_done(&fake.names);
	buf_done(&fake.in);
	buf_done(&fake.out);
	return 0;
}

static inline void fake_fill_inbox(size_t n)
{
	for (size_t i = 1; i <= n; i++) {
		char text[200];
		snprintf(text, sizeof text, "From: a%zu@example.test\r\nSubject: number %zu\r\nDate: Thu, 15 Feb 2007 01:02:03 +0200\r\n\r\nbody %zu\r\n", i, i, i);
		fake_add(fake_by_name(STR("INBOX")), str_c(text), 0);
	}
}

#endif
