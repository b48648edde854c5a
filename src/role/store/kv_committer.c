#include "role/store/kv_internal.h"

#include <pthread.h>
#include <signal.h>

enum step { IDLE, WORK, DONE, QUIT };

struct kv_committer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	enum step step;
	struct engine *engine;
	const struct kv_sorted *batch;
	struct engine_write *row;
	size_t cap;
	int result;
	void (*notify)(void *ctx);
	void *ctx;
};

static int commit(struct kv_committer *c, const struct kv_sorted *batch)
{
	size_t n = 0;
	if (batch->nodes > c->cap) {
		c->cap = batch->nodes * 2;
		c->row = mem_resize_array(c->row, c->cap, sizeof c->row[0]);
	}
	for (const struct kv_node *k = batch->first[0]; k; k = k->next[0])
		if (k->state != KV_ABSENT)
			c->row[n++] = (struct engine_write){ k->space, k->state == KV_REMOVED, k->key, k->value };
	return engine_commit(c->engine, c->row, n);
}

static void *run(void *arg)
{
	struct kv_committer *c = arg;
	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (c->step != WORK && c->step != QUIT)
			pthread_cond_wait(&c->turn, &c->lock);
		if (c->step == QUIT)
			break;
		const struct kv_sorted *batch = c->batch;
		pthread_mutex_unlock(&c->lock);
		int r = commit(c, batch);
		pthread_mutex_lock(&c->lock);
		c->result = r;
		c->step = DONE;
		pthread_cond_broadcast(&c->turn);
		pthread_mutex_unlock(&c->lock);
		if (c->notify)
			c->notify(c->ctx);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct kv_committer *kv_committer_new(struct engine *e, void (*notify)(void *ctx), void *ctx)
{
	struct kv_committer *c = mem_new(struct kv_committer);
	c->engine = e;
	c->notify = notify;
	c->ctx = ctx;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->turn, NULL);
	sigset_t all, old;
	sigfillset(&all);                       /* signals are the loop's business */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r != 0) {
		pthread_cond_destroy(&c->turn);
		pthread_mutex_destroy(&c->lock);
		mem_free(c);
		return NULL;
	}
	return c;
}

void kv_committer_free(struct kv_committer *c)
{
	int ignored;
	if (!c)
		return;
	kv_committer_take(c, true, &ignored);
	pthread_mutex_lock(&c->lock);
	c->step = QUIT;
	pthread_cond_broadcast(&c->turn);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->turn);
	pthread_mutex_destroy(&c->lock);
	mem_free(c->row);
	mem_free(c);
}

void kv_committer_start(struct kv_committer *c, const struct kv_sorted *batch)
{
	pthread_mutex_lock(&c->lock);
	c->batch = batch;
	c->step = WORK;
	pthread_cond_broadcast(&c->turn);
	pthread_mutex_unlock(&c->lock);
}

bool kv_committer_take(struct kv_committer *c, bool wait, int *ret)
{
	pthread_mutex_lock(&c->lock);
	while (wait && c->step == WORK)
		pthread_cond_wait(&c->turn, &c->lock);
	bool done = c->step == DONE;
	if (done) {
		*ret = c->result;
		c->step = IDLE;
	}
	pthread_mutex_unlock(&c->lock);
	return done;
}
