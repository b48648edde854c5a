#include "role/store/store_serve.h"

#include "base/codec.h"
#include "os/clock.h"
#include "os/random.h"

#include <stdlib.h>

enum { PEER_MAX = 48, MEANS_MAX = 64, WATCHES_MAX = 1024 };              /* of one grant */

struct watch { struct grant *grant; uint32_t mailbox; struct watch *next, **link, *next_of_grant; };

struct grant {
	uint64_t id, session;           /* session: how people name it; worth nothing to a worker */
	int64_t opened;
	char peer[PEER_MAX], means[MEANS_MAX];
	uint32_t account, scope;
	enum role role;
	unsigned index;
	struct watch *watches;
	size_t watch_count;
};

static struct { struct map grants, watched; uint64_t sessions; } held;     /* watched: account and mailbox to the first watch */

static uint64_t watch_key(uint32_t account, uint32_t mailbox) { return (uint64_t)account << 32 | mailbox; }

/* ---- grants ---- */

/* As much as there is room for. */
static void keep(char *to, size_t cap, struct str text)
{
	text = utf8_first(text, cap - 1);
	memcpy(to, text.n ? text.p : "", text.n);
	to[text.n] = '\0';
}

uint64_t store_grant_open(const struct store_grant_info *info)
{
	struct grant *g = mem_new(struct grant);
	do
		g->id = random_u64();
	while (!g->id || map_get(&held.grants, g->id));
	g->session = ++held.sessions;
	g->opened = clock_real();
	g->account = info->account;
	g->scope = info->scope;
	g->role = info->role;
	g->index = info->index;
	keep(g->peer, sizeof g->peer, info->peer);
	keep(g->means, sizeof g->means, info->means);
	map_put(&held.grants, g->id, g);
	return g->id;
}

static void watch_end(struct watch *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	mem_free(w);
}

static void grant_end(struct grant *g)
{
	while (g->watches) {
		struct watch *w = g->watches;
		g->watches = w->next_of_grant;
		watch_end(w);
	}
	map_remove(&held.grants, g->id);
	mem_free(g);
}

void store_grant_close(enum role role, unsigned index, uint64_t grant)
{
	struct grant *g = map_get(&held.grants, grant);
	if (g && g->role == role && g->index == index)
		grant_end(g);
}

void store_grants_of_worker_close(enum role role, unsigned index)
{
	struct grant *g;
	for (size_t i = 0; (g = map_next(&held.grants, &i));)
		if (g->role == role && g->index == index)
			grant_end(g);
}

/* A worker that cannot be told loses its channel, and all its grants with it. */
static void tell_ended(const struct grant *g)
{
	struct channel *c = channel_to(g->role, g->index);
	struct ipc_grant_ended_note m = { .grant = g->id };
	if (c && ipc_note_grant_ended(c, &m) != OK)
		channel_close(c);
}

void store_grants_of_account_close(uint32_t account)
{
	struct grant *g;
	for (size_t i = 0; (g = map_next(&held.grants, &i));) {
		if (g->account != account)
			continue;
		uint64_t id = g->id;
		tell_ended(g);
		if (map_get(&held.grants, id))          /* the channel's end may have taken it along */
			grant_end(g);
	}
}

static int by_session(const void *a, const void *b)
{
	const struct grant *const *x = a, *const *y = b;
	return ((*x)->session > (*y)->session) - ((*x)->session < (*y)->session);
}

int store_grants_list(uint32_t account, struct buf *out)
{
	struct grant *found[STORE_SESSIONS_MAX], *g;
	struct bufw w = { .b = out };
	size_t n = 0;
	for (size_t i = 0; n < STORE_SESSIONS_MAX && (g = map_next(&held.grants, &i));)
		if (g->account == account)
			found[n++] = g;
	qsort(found, n, sizeof *found, by_session);
	for (size_t i = 0; i < n; i++) {
		write_u64(&w, found[i]->session);
		write_u32(&w, found[i]->scope);
		write_u64(&w, (uint64_t)found[i]->opened);
		write_str(&w, str_c(found[i]->peer));
		write_str(&w, str_c(found[i]->means));
	}
	return w.err;
}

int store_grant_session_end(uint32_t account, uint64_t session)
{
	struct grant *g;
	for (size_t i = 0; (g = map_next(&held.grants, &i));) {
		if (g->account != account || g->session != session)
			continue;
		uint64_t id = g->id;
		tell_ended(g);
		if (map_get(&held.grants, id))
			grant_end(g);
		return OK;
	}
	return E_NOTFOUND;
}

int store_grant_account(const struct ipc_request *rq, uint64_t grant, uint32_t scopes, uint32_t *ret)
{
	const struct grant *g = map_get(&held.grants, grant);
	if (!g || g->role != rq->peer || g->index != rq->peer_index || !(g->scope & scopes))
		return E_DENIED;
	*ret = g->account;
	return OK;
}

/* ---- watches: a list for each mailbox, headed by a slot of its own ---- */

struct watched { struct watch *first; };

static struct watched *watched_slot(uint32_t account, uint32_t mailbox)
{
	uint64_t key = watch_key(account, mailbox);
	struct watched *s = map_get(&held.watched, key);
	if (!s) {
		s = mem_new(struct watched);
		map_put(&held.watched, key, s);
	}
	return s;
}

static void watch_add(struct grant *g, uint32_t mailbox)
{
	struct watched *slot = watched_slot(g->account, mailbox);
	struct watch *w = mem_new(struct watch);
	*w = (struct watch){
		.grant = g, .mailbox = mailbox, .next = slot->first, .link = &slot->first, .next_of_grant = g->watches
	};
	if (w->next)
		w->next->link = &w->next;
	slot->first = w;
	g->watches = w;
	g->watch_count++;
}

int store_watch(uint64_t grant, uint32_t mailbox, bool on)
{
	struct grant *g = map_get(&held.grants, grant);
	struct watch **link = &g->watches;
	while (*link && (*link)->mailbox != mailbox)
		link = &(*link)->next_of_grant;
	if (*link && !on) {
		struct watch *w = *link;
		*link = w->next_of_grant;
		watch_end(w);
		g->watch_count--;
	} else if (!*link && on) {
		if (g->watch_count >= WATCHES_MAX)
			return E_FULL;
		watch_add(g, mailbox);
	}
	return OK;
}

/* Returns the channel of a worker that could not be told. */
static struct channel *tell_all(const struct watched *slot, uint32_t mailbox, uint64_t modseq)
{
	for (const struct watch *w = slot->first; w; w = w->next) {
		struct channel *c = channel_to(w->grant->role, w->grant->index);
		struct ipc_changed_note m = { .grant = w->grant->id, .mailbox = mailbox, .modseq = modseq };
		if (c && ipc_note_changed(c, &m) != OK)
			return c;
	}
	return NULL;
}

void store_watch_tell(void *ctx, uint32_t account, uint32_t mailbox, uint64_t modseq)
{
	uint64_t key = watch_key(account, mailbox);
	struct watched *slot = map_get(&held.watched, key);
	struct channel *lost;
	(void)ctx;
	if (!slot)
		return;
	/* a worker that missed a wake-up would sleep on: it loses its channel, and its watches with it */
	while ((lost = tell_all(slot, mailbox, modseq)))
		channel_close(lost);
	if (!slot->first) {
		map_remove(&held.watched, key);
		mem_free(slot);
	}
}
