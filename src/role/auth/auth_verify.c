#include "role/auth/auth.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "proto/password/password_hash.h"

/* Places in the pool. More jobs than cores would only make each slower and all their memory be in use at once. */
static struct { unsigned free, waiting, waiting_most; struct waiters queue; } places;

void auth_verify_init(unsigned at_once, unsigned waiting_most)
{
	places.free = at_once;
	places.waiting = 0;
	places.waiting_most = waiting_most;
	waiters_init(&places.queue);
}

static int take_place(void)
{
	int64_t until = clock_mono_ms() + VERIFY_WAIT_MS;
	int r = OK;
	if (!places.free && places.waiting >= places.waiting_most)
		return E_BUSY;
	places.waiting++;
	while (!places.free && r == OK)
		r = waiters_wait(&places.queue, until);
	places.waiting--;
	if (!places.free)
		return E_BUSY;
	places.free--;
	return OK;
}

static void give_place(void)
{
	places.free++;
	waiters_wake_one(&places.queue);
}

struct job { struct str stored, password; char *out; int err; };

static void verify_job(void *arg)
{
	struct job *j = arg;
	j->err = password_verify(j->stored, j->password);
}

static void hash_job(void *arg)
{
	struct job *j = arg;
	j->err = password_hash(j->password, &password_params_default, j->out);
}

int auth_in_pool(void (*fn)(void *arg), void *arg)
{
	int r = take_place();
	if (r != OK)
		return r;
	pool_run(fn, arg);
	give_place();
	return OK;
}

static int run(void (*fn)(void *), struct job *j)
{
	int r = auth_in_pool(fn, j);
	return r == OK ? j->err : r;
}

int auth_verify(struct str stored, struct str password)
{
	return run(verify_job, &(struct job){ .stored = stored, .password = password });
}

int auth_rehash(struct str password, char out[])
{
	return run(hash_job, &(struct job){ .password = password, .out = out });
}
