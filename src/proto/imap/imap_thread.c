#include "proto/imap/imap_thread.h"

#include <stdlib.h>

enum { NONE = IMAP_THREAD_NONE };

struct forest {
	struct arena *arena;
	const struct imap_thread_message *m;
	struct imap_thread_node *v;
	uint32_t n;
};

static bool is_dummy(const struct forest *f, uint32_t x) { return f->v[x].message == NONE; }

static uint32_t new_node(struct forest *f, uint32_t message)
{
	int64_t date = message == NONE ? 0 : f->m[message].date;
	f->v[f->n] = (struct imap_thread_node){ message, NONE, NONE, NONE, date };
	return f->n++;
}

/* ---- lists of siblings ---- */

struct order { int64_t date; uint32_t number, node; };

static int by_date(const void *x, const void *y)
{
	const struct order *a = x, *b = y;
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

static uint32_t number_of(const struct forest *f, uint32_t x)
{
	uint32_t first = is_dummy(f, x) ? f->v[x].child : x;
	return first == NONE || is_dummy(f, first) ? 0 : f->m[f->v[first].message].number;
}

/* Sorts the list that begins at first; room holds them all. Returns the new first. */
static uint32_t sort_list(const struct forest *f, uint32_t first, struct order *room)
{
	size_t n = 0;
	for (uint32_t x = first; x != NONE; x = f->v[x].next)
		room[n++] = (struct order){ f->v[x].date, number_of(f, x), x };
	if (n < 2)
		return first;
	qsort(room, n, sizeof room[0], by_date);
	for (size_t i = 0; i < n; i++)
		f->v[room[i].node].next = i + 1 < n ? room[i + 1].node : NONE;
	return room[0].node;
}

static void adopt(struct forest *f, uint32_t parent, uint32_t child)
{
	f->v[child].parent = parent;
	f->v[child].next = f->v[parent].child;
	f->v[parent].child = child;
}

/* Parents before their children, from the list at root: the order in which to walk, or, backwards, to build. */
static uint32_t *preorder(struct forest *f, uint32_t root, uint32_t *ret_n)
{
	uint32_t *order = arena_new_array(f->arena, uint32_t, f->n);
	uint32_t n = 0;
	for (uint32_t x = root; x != NONE; x = f->v[x].next)
		order[n++] = x;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t x = f->v[order[i]].child; x != NONE; x = f->v[x].next)
			order[n++] = x;
	*ret_n = n;
	return order;
}

/* A dummy has the date of its first child. newest: of its newest descendant (REFS). Roots are sorted last. */
static uint32_t sort_all(struct forest *f, uint32_t root, bool newest)
{
	uint32_t n;
	uint32_t *order = preorder(f, root, &n);
	struct order *room = arena_new_array(f->arena, struct order, f->n);
	int64_t *latest = arena_new_array(f->arena, int64_t, f->n);
	while (n-- > 0) {
		struct imap_thread_node *x = &f->v[order[n]];
		x->child = sort_list(f, x->child, room);
		if (x->message == NONE && x->child != NONE)
			x->date = f->v[x->child].date;
		latest[order[n]] = x->date;
		for (uint32_t c = x->child; c != NONE; c = f->v[c].next)
			if (latest[c] > latest[order[n]])
				latest[order[n]] = latest[c];
	}
	for (uint32_t x = root; newest && x != NONE; x = f->v[x].next)
		f->v[x].date = latest[x];
	return sort_list(f, root, room);
}

/* ---- names to nodes ---- */

struct named { uint64_t id; uint32_t message; uint8_t ref; };      /* ref: its place among references, 255 the message's own id */

static int by_name(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if ((a->ref == 255) != (b->ref == 255))
		return a->ref == 255 ? -1 : 1;
	return (a->message > b->message) - (a->message < b->message);
}

static size_t count_names(const struct imap_thread_message *m, uint32_t n)
{
	size_t count = n;
	for (uint32_t i = 0; i < n; i++)
		count += m[i].ref_count;
	return count;
}

/* refs[first[i] + k] is the node of message i's reference k. Node i is message i's own; an id that came before makes the
 * later message a nameless one (step 1 A). */
struct names { size_t *first; uint32_t *refs; };

static struct names resolve(struct forest *f, uint32_t n)
{
	size_t count = count_names(f->m, n), at = 0;
	struct names out = { arena_new_array(f->arena, size_t, n), arena_new_array(f->arena, uint32_t, count) };
	struct named *all = arena_new_array(f->arena, struct named, count);
	f->v = arena_new_array(f->arena, struct imap_thread_node, count + n + 1);      /* names, and dummies that join two by subject */
	for (uint32_t i = 0; i < n; i++) {
		(void)new_node(f, i);
		out.first[i] = at - i;
		all[at++] = (struct named){ f->m[i].id, i, 255 };
		for (uint8_t k = 0; k < f->m[i].ref_count; k++)
			all[at++] = (struct named){ f->m[i].refs[k], i, k };
	}
	qsort(all, count, sizeof all[0], by_name);
	for (size_t i = 0, node = NONE; i < count; i++) {
		if (i == 0 || all[i].id != all[i - 1].id || all[i].id == 0)
			node = all[i].ref == 255 ? all[i].message : new_node(f, NONE);
		if (all[i].ref != 255)
			out.refs[out.first[all[i].message] + all[i].ref] = (uint32_t)node;
	}
	return out;
}

static bool would_loop(const struct forest *f, uint32_t parent, uint32_t child)
{
	unsigned climbed = 0;
	for (uint32_t x = parent; x != NONE; x = f->v[x].parent)
		if (x == child || ++climbed > IMAP_THREAD_CLIMB)
			return true;
	return false;
}

/* Step 1: chains of references, then the message below the last of them. Links that are there stay. */
static void link_message(struct forest *f, const struct names *names, uint32_t i)
{
	const uint32_t *refs = names->refs + names->first[i];
	uint32_t last = NONE;
	for (uint8_t k = 0; k < f->m[i].ref_count; k++) {
		if (last != NONE && f->v[refs[k]].parent == NONE && !would_loop(f, last, refs[k]))
			f->v[refs[k]].parent = last;
		last = refs[k];
	}
	if (f->v[i].parent != NONE && f->v[i].parent != last)
		f->v[i].parent = NONE;      /* what others said of it counts less than its own word (step 1 B) */
	if (last != NONE && !would_loop(f, last, i))
		f->v[i].parent = last;
}

/* Children's lists from parents' words; the roots become a list. */
static uint32_t gather(struct forest *f)
{
	uint32_t root = NONE;
	for (uint32_t x = f->n; x-- > 0;) {
		uint32_t parent = f->v[x].parent;
		uint32_t *list = parent == NONE ? &root : &f->v[parent].child;
		f->v[x].next = *list;
		*list = x;
	}
	return root;
}

/* Step 3, bottom up: dummies go, their children take their place; at the top one with several children stays. */
static uint32_t prune_list(struct forest *f, uint32_t first, uint32_t parent)
{
	uint32_t out = NONE;
	for (uint32_t x = first, next; x != NONE; x = next) {
		next = f->v[x].next;
		uint32_t child = f->v[x].child;
		bool keep = !is_dummy(f, x) || (parent == NONE && child != NONE && f->v[child].next != NONE);
		if (keep) {
			f->v[x].next = out;
			f->v[x].parent = parent;
			out = x;
			continue;
		}
		for (uint32_t c = child, after; c != NONE; c = after) {
			after = f->v[c].next;
			f->v[c].next = out;
			f->v[c].parent = parent;
			out = c;
		}
	}
	return out;
}

static uint32_t prune(struct forest *f, uint32_t root)
{
	uint32_t n;
	uint32_t *order = preorder(f, root, &n);
	while (n-- > 0)
		f->v[order[n]].child = prune_list(f, f->v[order[n]].child, order[n]);
	return prune_list(f, root, NONE);
}

/* ---- step 5: by subject ---- */

struct topic { uint64_t subject; uint32_t place, node; bool is_reply, dummy; };      /* place: in the sorted list of roots */

static struct topic topic_of(const struct forest *f, uint32_t x, uint32_t place)
{
	bool dummy = is_dummy(f, x);
	uint32_t first = dummy ? f->v[x].child : x;
	const struct imap_thread_message *m = &f->m[f->v[first].message];
	return (struct topic){ m->subject, place, x, m->is_reply, dummy };
}

static int by_subject(const void *x, const void *y)
{
	const struct topic *a = x, *b = y;
	if (a->subject != b->subject)
		return a->subject < b->subject ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* Which of those with one subject the others join: a dummy before others, an original before a reply (step 5 B). */
static size_t chosen(const struct topic *t, size_t n)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if ((t[i].dummy && !t[best].dummy) || (!t[i].dummy && !t[best].dummy && t[best].is_reply && !t[i].is_reply))
			best = i;
	return best;
}

static void move_children(struct forest *f, uint32_t from, uint32_t to)
{
	for (uint32_t c = f->v[from].child, next; c != NONE; c = next) {
		next = f->v[c].next;
		adopt(f, to, c);
	}
	f->v[from].child = NONE;
}

/* Step 5 C: x joins *table, which may become a new dummy. */
static void join(struct forest *f, struct topic *table, const struct topic *x)
{
	if (table->dummy && x->dummy) {
		move_children(f, x->node, table->node);
	} else if (table->dummy || (x->is_reply && !table->is_reply)) {
		adopt(f, table->node, x->node);
	} else {
		uint32_t both = new_node(f, NONE);
		adopt(f, both, table->node);
		adopt(f, both, x->node);
		*table = (struct topic){ table->subject, table->place, both, false, true };
	}
}

static uint32_t join_subjects(struct forest *f, uint32_t root)
{
	struct topic *t = arena_new_array(f->arena, struct topic, f->n);
	size_t n = 0;
	uint32_t out = NONE;
	for (uint32_t x = root; x != NONE; x = f->v[x].next, n++)
		t[n] = topic_of(f, x, (uint32_t)n);
	qsort(t, n, sizeof t[0], by_subject);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && t[i].subject && t[end].subject == t[i].subject; end++)
			;
		size_t best = i + chosen(t + i, end - i);
		struct topic table = t[best];
		for (size_t k = i; k < end; k++)
			if (k != best)
				join(f, &table, &t[k]);
		f->v[table.node].next = out;
		f->v[table.node].parent = NONE;
		out = table.node;
	}
	return out;
}

static void by_references(struct forest *f, uint32_t n, bool refs, struct imap_threads *ret)
{
	struct names names = resolve(f, n);
	for (uint32_t i = 0; i < n; i++)
		link_message(f, &names, i);
	uint32_t root = prune(f, gather(f));
	root = sort_all(f, root, refs);
	if (!refs)
		root = sort_all(f, join_subjects(f, root), false);
	*ret = (struct imap_threads){ f->v, f->n, root };
}

/* All of one subject are one thread: the oldest above, the others below it (RFC 5256 section 3). */
static void by_subjects(struct forest *f, uint32_t n, struct imap_threads *ret)
{
	struct topic *t = arena_new_array(f->arena, struct topic, n);
	struct order *room = arena_new_array(f->arena, struct order, n);
	uint32_t root = NONE;
	f->v = arena_new_array(f->arena, struct imap_thread_node, n + 1);
	for (uint32_t i = 0; i < n; i++)
		room[i] = (struct order){ f->m[i].date, f->m[i].number, new_node(f, i) };
	if (n)
		qsort(room, n, sizeof room[0], by_date);
	for (uint32_t i = 0; i < n; i++)
		t[i] = topic_of(f, room[i].node, i);
	if (n)
		qsort(t, n, sizeof t[0], by_subject);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && t[end].subject == t[i].subject; end++)
			;
		for (size_t k = end; k-- > i + 1;)
			adopt(f, t[i].node, t[k].node);
		f->v[t[i].node].next = root;
		root = t[i].node;
	}
	*ret = (struct imap_threads){ f->v, f->n, sort_list(f, root, room) };
}

void imap_thread(struct arena *a, enum imap_thread_algorithm algorithm, const struct imap_thread_message *m, uint32_t n,
		 struct imap_threads *ret)
{
	struct forest f = { .arena = a, .m = m };
	if (algorithm == IMAP_THREAD_ORDEREDSUBJECT)
		by_subjects(&f, n, ret);
	else
		by_references(&f, n, algorithm == IMAP_THREAD_REFS, ret);
}

/* ---- the answer ---- */

static bool branches(const struct imap_thread_node *v, uint32_t x)
{
	return v[x].child != NONE && (v[x].message == NONE || v[v[x].child].next != NONE);
}

bool imap_thread_write(const struct imap_threads *t, const struct imap_thread_message *m, struct bufw *w, uint32_t *at)
{
	const struct imap_thread_node *v = t->v;
	uint32_t root = *at, x = root;
	if (root == NONE)
		return false;
	bufw_char(w, '(');
	while (x != NONE) {
		if (v[x].message != NONE)
			bufw_u64(w, m[v[x].message].number);
		if (v[x].child != NONE) {
			bufw_c(w, v[x].message == NONE ? "" : " ");
			bufw_c(w, branches(v, x) ? "(" : "");
			x = v[x].child;
			continue;
		}
		while (x != root && v[x].next == NONE) {
			x = v[x].parent;
			bufw_c(w, branches(v, x) ? ")" : "");
		}
		if (x == root)
			break;
		bufw_c(w, ")(");
		x = v[x].next;
	}
	bufw_char(w, ')');
	*at = v[root].next;
	return true;
}
