#include "role/imap/imap_context.h"

#include "proto/imap/imap_write.h"

static void context_free(struct imap_context *c)
{
	buf_done(&c->tag);
	buf_done(&c->args);
	buf_done(&c->uids);
	mem_free(c);
}

static size_t count(const struct imap_session *s)
{
	size_t n = 0;
	for (const struct imap_context *c = s->contexts; c; c = c->next)
		n++;
	return n;
}

static int put_uid(struct buf *out, uint32_t uid)
{
	char p[4];
	put_le32(p, uid);
	return buf_put(out, p, sizeof p);
}

static struct imap_context *context_new(struct imap_session *s)
{
	struct imap_context *c = mem_new(struct imap_context);
	buf_init(&c->tag, 1024);
	buf_init(&c->args, IMAP_CONTEXT_ARGS_MAX);
	buf_init(&c->uids, 4 * s->view.told + 4);
	c->uid = s->reader.command.uid;
	c->modseq = s->view.modseq;
	return c;
}

/* Numbers would mean other messages later: a program that has them is not kept. */
int imap_context_add(struct imap_session *s, const struct imap_search *p, const struct imap_hits *h)
{
	if (p->uses_sequence || count(s) >= IMAP_CONTEXTS_MAX)
		return E_TOOBIG;
	(void)imap_context_cancel(s, s->reader.command.tag);
	struct imap_context *c = context_new(s);
	int r = buf_put_str(&c->tag, s->reader.command.tag);
	if (r == OK)
		r = buf_put_str(&c->args, s->reader.command.args);
	for (size_t i = 0; i < h->n && r == OK; i++)
		r = put_uid(&c->uids, s->view.v[h->rows[i]].uid);
	for (size_t row = 0; row < s->view.told; row++)      /* our own changes may be ahead of what the store has told */
		c->modseq = s->view.v[row].modseq > c->modseq ? s->view.v[row].modseq : c->modseq;
	if (r != OK) {
		context_free(c);
		return E_TOOBIG;
	}
	c->next = s->contexts;
	s->contexts = c;
	return OK;
}

int imap_no_update(struct imap_session *s)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* NO [NOUPDATE ");
	imap_write_string(&w, s->reader.command.tag, false);
	bufw_c(&w, "] the result will not be kept up to date\r\n");
	return imap_push(s, &w);
}

bool imap_context_cancel(struct imap_session *s, struct str tag)
{
	for (struct imap_context **at = &s->contexts; *at; at = &(*at)->next) {
		struct imap_context *c = *at;
		if (!str_eq(buf_str(&c->tag), tag))
			continue;
		*at = c->next;
		context_free(c);
		return true;
	}
	return false;
}

void imap_contexts_end(struct imap_session *s)
{
	while (s->contexts) {
		struct imap_context *c = s->contexts;
		s->contexts = c->next;
		context_free(c);
	}
}

static bool has(const struct imap_context *c, uint32_t uid)
{
	size_t from = 0, to = c->uids.n / 4;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (get_le32(c->uids.p + 4 * mid) < uid)
			from = mid + 1;
		else
			to = mid;
	}
	return from < c->uids.n / 4 && get_le32(c->uids.p + 4 * from) == uid;
}

/* "* ESEARCH (TAG "a") ADDTO (0 1:3)": a search has no order, so the place is 0 (RFC 5267 section 4.3.2). */
static int tell(struct imap_session *s, const struct imap_context *c, const char *word, const struct imap_set *set)
{
	if (set->n == 0)
		return OK;
	struct bufw w = imap_out(s);
	bufw_c(&w, "* ESEARCH (TAG ");
	imap_write_string(&w, buf_str(&c->tag), false);
	bufw_c(&w, c->uid ? ") UID " : ") ");
	bufw_c(&w, word);
	bufw_c(&w, " (0 ");
	imap_set_write(&w, set);
	bufw_c(&w, ")\r\n");
	return imap_push(s, &w);
}

static uint32_t name_of(const struct imap_session *s, const struct imap_context *c, size_t row)
{
	return c->uid ? s->view.v[row].uid : (uint32_t)row + 1;
}

int imap_contexts_tell_removed(struct imap_session *s)
{
	const struct imap_view *v = &s->view;
	int r = OK;
	for (struct imap_context *c = s->contexts; c && r == OK; c = c->next) {
		struct imap_set gone = { 0 };
		for (size_t row = 0; row < v->told; row++)
			if ((v->v[row].state & IMAP_ROW_GONE) && has(c, v->v[row].uid))
				imap_set_add(&s->results, &gone, name_of(s, c, row));
		r = tell(s, c, "REMOVEFROM", &gone);
	}
	return r;
}

/* The result anew: rows that did not change keep what they were. */
static int update(struct imap_session *s, struct imap_context *c, const struct imap_hits *h)
{
	const struct imap_view *v = &s->view;
	struct imap_set added = { 0 }, removed = { 0 };
	struct buf uids;
	uint64_t newest = c->modseq;
	size_t hit = 0;
	int r = OK;
	buf_init(&uids, 4 * v->told + 4);
	for (size_t row = 0; row < v->told && r == OK; row++) {
		const struct imap_message *m = &v->v[row];
		bool was = has(c, m->uid), is = was;
		if (m->modseq > c->modseq) {
			is = hit < h->n && h->rows[hit] == row;
			hit += is;
			newest = m->modseq > newest ? m->modseq : newest;
		}
		if (is && !was)
			imap_set_add(&s->results, &added, name_of(s, c, row));
		if (was && !is)
			imap_set_add(&s->results, &removed, name_of(s, c, row));
		if (is)
			r = put_uid(&uids, m->uid);
	}
	buf_done(&c->uids);
	c->uids = uids;
	c->modseq = newest;
	if (r == OK)
		r = tell(s, c, "REMOVEFROM", &removed);
	return r == OK ? tell(s, c, "ADDTO", &added) : r;
}

static bool has_news(const struct imap_session *s, const struct imap_context *c)
{
	for (size_t row = 0; row < s->view.told; row++)
		if (s->view.v[row].modseq > c->modseq)
			return true;
	return false;
}

static int ask_again(struct imap_session *s, struct imap_context *c)
{
	struct imap_args a = imap_args_of(buf_str(&c->args), &s->command, s->utf8);
	struct imap_search p;
	struct imap_hits hits;
	if (imap_search_args(&a, &p) != OK || imap_search_prepare(s, &p) != OK)
		return OK;
	p.changed_after = c->modseq;
	int r = imap_search_run(s, &p, &hits);
	return r == OK ? update(s, c, &hits) : r;
}

/* Trouble with the store fails no command: what changed is looked at again the next time. */
int imap_contexts_tell_changed(struct imap_session *s)
{
	struct imap_result kept = s->result;
	int r = OK;
	for (struct imap_context *c = s->contexts; c && r == OK; c = c->next)
		if (has_news(s, c))
			r = ask_again(s, c);
	s->result = kept;
	return r == OK || r == E_CANCELLED || r == E_CLOSED ? r : OK;
}
