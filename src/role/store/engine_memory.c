/* The engine of the unit tests. Scans copy their range at birth; one lock guards everything. */
#include "role/store/engine.h"
#include "role/store/kv_sorted.h"

#include <pthread.h>
#include <unistd.h>

struct memory {
	struct engine engine;
	pthread_mutex_t lock;
	struct kv_sorted map, doubt;
	struct engine_memory_faults faults;
	size_t commits;
	bool dead;
};

static struct memory *memory_of(struct engine *e) { return (struct memory *)(void *)e; }
static const struct memory *memory_of_const(const struct engine *e) { return (const struct memory *)(const void *)e; }

static bool counts_down(unsigned *n) { return *n && --*n == 0; }

static int read_fault(struct memory *m)
{
	return m->dead || counts_down(&m->faults.fail_get) ? E_IO : OK;
}

static int get_locked(struct memory *m, enum engine_space space, struct str key, struct buf *out)
{
	int r = read_fault(m);
	if (r != OK)
		return r;
	const struct kv_node *n = kv_sorted_find(&m->map, space, key);
	return n && n->state == KV_VALUE ? buf_put_str(out, n->value) : E_NOTFOUND;
}

static int memory_get(struct engine *e, enum engine_space space, struct str key, struct buf *out)
{
	struct memory *m = memory_of(e);
	pthread_mutex_lock(&m->lock);
	int r = get_locked(m, space, key, out);
	pthread_mutex_unlock(&m->lock);
	return r;
}

struct memory_iter {
	struct engine_iter iter;
	struct engine_write *row;
	struct kv_sorted bytes;
	size_t n, at;
};

static int iter_show(struct memory_iter *it)
{
	it->iter.valid = it->at < it->n;
	if (it->iter.valid) {
		it->iter.key = it->row[it->at].key;
		it->iter.value = it->row[it->at].value;
	}
	return OK;
}

static int memory_next(struct engine_iter *i)
{
	struct memory_iter *it = (struct memory_iter *)(void *)i;
	it->at++;
	return iter_show(it);
}

static int memory_seek(struct engine_iter *i, struct str key)
{
	struct memory_iter *it = (struct memory_iter *)(void *)i;
	while (it->at < it->n && str_cmp(it->row[it->at].key, key) < 0)
		it->at++;
	return iter_show(it);
}

static void memory_iter_free(struct engine_iter *i)
{
	struct memory_iter *it = (struct memory_iter *)(void *)i;
	kv_sorted_done(&it->bytes);
	mem_free(it->row);
	mem_free(it);
}

static const struct engine_iter_ops iter_ops = { memory_seek, memory_next, memory_iter_free };

static void iter_fill(struct memory *m, struct memory_iter *it, enum engine_space space, struct str from,
		      struct str end)
{
	size_t cap = 0;
	for (const struct kv_node *n = kv_sorted_seek(&m->map, space, from); n && n->space == space; n = n->next[0]) {
		if (end.n && str_cmp(n->key, end) >= 0)
			break;
		if (n->state != KV_VALUE)
			continue;
		if (it->n == cap)
			it->row = mem_resize_array(it->row, cap = cap ? cap * 2 : 16, sizeof it->row[0]);
		it->row[it->n++] = (struct engine_write){ .space = space, .key = kv_sorted_copy(&it->bytes, n->key),
		                                          .value = kv_sorted_copy(&it->bytes, n->value) };
	}
}

static int memory_scan(struct engine *e, enum engine_space space, struct str from, struct str end,
		       struct engine_iter **ret)
{
	struct memory *m = memory_of(e);
	pthread_mutex_lock(&m->lock);
	int r = read_fault(m);
	if (r == OK) {
		struct memory_iter *it = mem_new(struct memory_iter);
		it->iter.ops = &iter_ops;
		kv_sorted_init(&it->bytes);
		iter_fill(m, it, space, from, end);
		r = iter_show(it);
		*ret = &it->iter;
	}
	pthread_mutex_unlock(&m->lock);
	return r;
}

static void apply(struct kv_sorted *map, const struct engine_write *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct kv_node *node = kv_sorted_node(map, w[i].space, w[i].key);
		node->state = w[i].remove ? KV_REMOVED : KV_VALUE;
		node->value = kv_sorted_copy(map, w[i].value);
	}
}

static int commit_locked(struct memory *m, const struct engine_write *w, size_t n)
{
	if (m->dead)
		return E_IO;
	bool fails = counts_down(&m->faults.fail_commit);
	if (fails && m->faults.fail_sticky)
		m->faults.fail_commit = 1;
	if (fails && m->faults.fail_in_doubt)
		apply(&m->doubt, w, n);
	if (fails)
		return m->faults.fail_with;
	apply(&m->map, w, n);
	m->commits++;
	return OK;
}

static int memory_commit(struct engine *e, const struct engine_write *w, size_t n)
{
	struct memory *m = memory_of(e);
	pthread_mutex_lock(&m->lock);
	unsigned delay = m->faults.delay_us;
	pthread_mutex_unlock(&m->lock);
	if (delay)
		usleep(delay);
	pthread_mutex_lock(&m->lock);
	int r = commit_locked(m, w, n);
	pthread_mutex_unlock(&m->lock);
	return r;
}

static int memory_recover(struct engine *e)
{
	struct memory *m = memory_of(e);
	pthread_mutex_lock(&m->lock);
	int r = m->dead ? E_IO : m->faults.fail_sticky ? m->faults.fail_with : OK;
	if (r == OK) {
		for (const struct kv_node *n = m->doubt.first[0]; n; n = n->next[0])
			apply(&m->map, &(struct engine_write){ n->space, n->state == KV_REMOVED, n->key, n->value }, 1);
		kv_sorted_clear(&m->doubt);
	}
	pthread_mutex_unlock(&m->lock);
	return r;
}

static int memory_checkpoint(struct engine *e, const char *dir)
{
	(void)e;
	(void)dir;
	return E_UNSUPPORTED;
}

static const char *memory_why(struct engine *e)
{
	(void)e;
	return "a fault that the test asked for";
}

static void memory_close(struct engine *e)
{
	struct memory *m = memory_of(e);
	kv_sorted_done(&m->map);
	kv_sorted_done(&m->doubt);
	pthread_mutex_destroy(&m->lock);
	mem_free(m);
}

static const struct engine_ops memory_ops = { memory_get,     memory_scan,       memory_commit,
	                                      memory_recover, memory_checkpoint, memory_close, memory_why };

struct engine *engine_memory_new(void)
{
	struct memory *m = mem_new(struct memory);
	m->engine.ops = &memory_ops;
	m->faults.fail_with = E_IO;
	pthread_mutex_init(&m->lock, NULL);
	kv_sorted_init(&m->map);
	kv_sorted_init(&m->doubt);
	return &m->engine;
}

void engine_memory_fail(struct engine *e, const struct engine_memory_faults *f)
{
	struct memory *m = memory_of(e);
	pthread_mutex_lock(&m->lock);
	m->faults = *f;
	pthread_mutex_unlock(&m->lock);
}

size_t engine_memory_commits(const struct engine *e) { return memory_of_const(e)->commits; }

struct engine *engine_memory_cut(struct engine *e)
{
	struct memory *old = memory_of(e), *fresh = memory_of(engine_memory_new());
	pthread_mutex_lock(&old->lock);
	old->dead = true;
	for (const struct kv_node *n = old->map.first[0]; n; n = n->next[0])
		if (n->state == KV_VALUE)
			apply(&fresh->map, &(struct engine_write){ n->space, false, n->key, n->value }, 1);
	pthread_mutex_unlock(&old->lock);
	return &fresh->engine;
}
