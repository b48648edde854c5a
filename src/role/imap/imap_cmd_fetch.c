/* FETCH (RFC 9051 section 6.4.5; CHANGEDSINCE: RFC 7162 section 3.1.4). What the index knows is written at once;
 * summaries come in batches, as ready bytes; messages one by one, and go out as they lie while the client takes them. */
#include "role/imap/imap_cmd.h"

#include "role/imap/imap_fetch.h"

enum { SEEN_CHUNK = 40000 };      /* messages of one change: its answer names them all in 2 MiB */

static bool wanted(const struct imap_fetch_plan *p, const struct imap_message *m)
{
	return !p->args.changed_since || m->modseq > p->args.since;
}

/* The rows to be told, and their messages. */
struct picked { struct imap_session *s; struct imap_fetch_plan *plan; uint32_t *rows, *sizes; uint64_t *emails; size_t n; };

static struct picked pick(struct imap_session *s, struct imap_fetch_plan *p, const struct imap_set *rows)
{
	uint64_t most = imap_set_count(rows);
	struct picked k = { .s = s, .plan = p };
	k.rows = arena_new_array(&s->command, uint32_t, most);
	k.sizes = arena_new_array(&s->command, uint32_t, most);
	k.emails = arena_new_array(&s->command, uint64_t, most);
	for (size_t i = 0; i < rows->n; i++)
		for (size_t row = rows->v[i].first - 1; row < rows->v[i].last; row++) {
			const struct imap_message *m = &s->view.v[row];
			p->missed |= (m->state & IMAP_ROW_GONE) != 0;
			if ((m->state & IMAP_ROW_GONE) || !wanted(p, m))
				continue;
			k.rows[k.n] = (uint32_t)row;
			k.sizes[k.n] = m->size;
			k.emails[k.n++] = m->email;
		}
	return k;
}

static int tell_one(void *ctx, size_t i, struct str record)
{
	struct picked *k = ctx;
	return imap_fetch_message(k->s, k->plan, k->rows[i], record);
}

static int fetch_rows(struct imap_session *s, struct imap_fetch_plan *p, const struct imap_set *rows)
{
	struct picked k = pick(s, p, rows);
	if (p->needs_message)
		imap_ahead_begin(s, k.emails, k.sizes, k.n);
	if (p->needs_summary)
		return imap_load_summaries(s, k.emails, k.n, tell_one, &k);
	int r = OK;
	for (size_t i = 0; i < k.n && r == OK; i++)
		r = tell_one(&k, i, STR(""));
	return r;
}

static int add_seen(struct imap_session *s, const struct imap_set *rows)
{
	struct ipc_flags_rep rep;
	struct ipc_flags_req q = { .grant = s->grant, .mailbox = s->view.mailbox, .uids = imap_pack_uids(s, rows), .op = 1,
		.flags = FLAG_SEEN, .unchanged_since = UINT64_MAX };
	int r = s->env->flags(&q, &rep, &s->hold);
	if (r != OK)
		return r;
	imap_view_take(&s->view, rep.entries, true);      /* the response of each tells its new flags */
	imap_mailbox_take(s, STR(""), rep.modseq);
	return OK;
}

/* One change for all messages that are not \Seen yet, before their bytes go out. */
static int set_seen(struct imap_session *s, const struct imap_fetch_plan *p, const struct imap_set *rows)
{
	struct imap_set unseen = { 0 };
	size_t count = 0;
	int r = OK;
	for (size_t i = 0; i < rows->n && r == OK; i++)
		for (size_t row = rows->v[i].first - 1; row < rows->v[i].last && r == OK; row++) {
			const struct imap_message *m = &s->view.v[row];
			if ((m->flags & FLAG_SEEN) || (m->state & IMAP_ROW_GONE) || !wanted(p, m))
				continue;
			imap_set_add(&s->command, &unseen, (uint32_t)row + 1);
			if (++count % SEEN_CHUNK == 0) {
				r = add_seen(s, &unseen);
				unseen.n = 0;
			}
		}
	return r == OK && unseen.n ? add_seen(s, &unseen) : r;
}

static uint64_t flags_of(const struct imap_view *v, const struct imap_set *rows)
{
	uint64_t all = 0;
	for (size_t i = 0; i < rows->n; i++)
		for (size_t row = rows->v[i].first - 1; row < rows->v[i].last; row++)
			all |= v->v[row].flags;
	return all;
}

static int run(struct imap_session *s, struct imap_fetch_plan *p, const struct imap_set *rows)
{
	int r = imap_keywords_know(s, flags_of(&s->view, rows));
	if (r == OK && p->sets_seen)
		r = set_seen(s, p, rows);
	return r == OK ? fetch_rows(s, p, rows) : r;
}

int imap_cmd_fetch(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_fetch_plan plan = { .uid = s->reader.command.uid };
	struct imap_fetch args;
	struct imap_set set, rows;
	int r = imap_sp(&a);
	if (r == OK)
		r = imap_sequence_set(&a, &set);
	if (r == OK)
		r = imap_fetch_args(&a, &args);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (args.vanished && (!plan.uid || !s->qresync))
		return imap_bad(s, "VANISHED is for UID FETCH, with QRESYNC enabled");
	if (imap_rows(s, &set, plan.uid, &rows) != OK)
		return OK;
	if (args.partial)
		rows = imap_rows_partial(s, &args.range, &rows);
	imap_fetch_plan(s, &args, &plan);
	if (args.changed_since || (args.items & IMAP_FETCH_MODSEQ))
		r = imap_condstore_enable(s);
	if (r == OK && args.vanished)
		r = imap_tell_earlier(s, args.since, &set);
	if (r == OK)
		r = run(s, &plan, &rows);
	if (r != OK)
		return r == E_CLOSED || r == E_CANCELLED ? r : imap_failed(s, r);
	if (plan.missed)
		s->noted = UINT64_MAX;      /* look again: the client is to learn what has gone */
	if (plan.undecodable)
		return imap_no(s, "UNKNOWN-CTE", "some content has an unknown encoding");
	return plan.missed ? imap_ok_code(s, STR("EXPUNGEISSUED"), "some messages have gone") : imap_ok(s, "fetched");
}
