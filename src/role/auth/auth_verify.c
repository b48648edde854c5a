#include "role/auth/auth.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/priority.h"
#include "proto/password/password_hash.h"
#include "role/auth/auth_keep.h"

enum { WAITING_CEILING = 1024, SOURCES = 1024, POOL_NICE = 5 };

/* Places in the pool. More jobs than cores would only make each slower and all their memory be in use at once.
 *
 * Who waits is served by start-time fair queueing: each job gets a tag one above the later of "now" (the tag of the job that began last) and
 * its source's last one, and the least tag is next. So a source with one job waits for about one other, however many jobs an attacker has
 * queued; and when all waiting room is taken, the job that is furthest back makes room. Sources share slots by chance. */
struct waiting { struct fiber *fiber; uint64_t tag; bool given, turned_out; };
static struct {
	unsigned free, waiting_most;
	size_t count;
	uint64_t now, last[SOURCES];
	struct waiting *list[WAITING_CEILING];
} places;

void auth_verify_init(unsigned at_once, unsigned waiting_most)
{
	memset(&places, 0, sizeof places);
	places.free = at_once;
	places.waiting_most = waiting_most < WAITING_CEILING ? waiting_most : WAITING_CEILING;
}

/* Index of the waiting job with the least tag, or with the greatest. There is one. */
static size_t furthest(bool back)
{
	size_t best = 0;
	for (size_t i = 1; i < places.count; i++)
		if (back ? places.list[i]->tag > places.list[best]->tag : places.list[i]->tag < places.list[best]->tag)
			best = i;
	return best;
}

static struct waiting *take_out(size_t i)
{
	struct waiting *w = places.list[i];
	places.list[i] = places.list[--places.count];
	return w;
}

static bool make_room(uint64_t tag)
{
	if (places.count < places.waiting_most)
		return true;
	size_t i = places.count ? furthest(true) : 0;
	if (!places.count || places.list[i]->tag <= tag)
		return false;
	struct waiting *w = take_out(i);
	w->turned_out = true;
	fiber_wake(w->fiber, OK);
	return true;
}

static int wait_turn(uint64_t tag)
{
	struct waiting w = { .fiber = fiber_current(), .tag = tag };
	int64_t until = clock_mono_ms() + VERIFY_WAIT_MS;
	int r = OK;
	places.list[places.count++] = &w;
	while (!w.given && !w.turned_out && r == OK)
		r = fiber_park(until);
	if (w.given)
		return OK;
	for (size_t i = 0; i < places.count; i++)
		if (places.list[i] == &w)
			take_out(i);
	return E_BUSY;
}

static int take_place(uint64_t source)
{
	uint64_t *last = &places.last[source % SOURCES], before = *last;
	uint64_t tag = (places.now > before ? places.now : before) + 1;
	*last = tag;
	if (places.free) {
		places.free--;
		places.now = tag;
		return OK;
	}
	if (!make_room(tag)) {
		*last = before;
		return E_BUSY;
	}
	return wait_turn(tag);
}

static void give_place(void)
{
	if (!places.count) {
		places.free++;
		return;
	}
	struct waiting *w = take_out(furthest(false));
	places.now = w->tag;
	w->given = true;
	fiber_wake(w->fiber, OK);
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
	struct password_params p = auth_params();
	j->err = password_hash(j->password, &p, j->out);
}

/* Threads of the pool stand back: a flood of sign-ins takes the processor time that nobody else wants. */
struct work { void (*fn)(void *arg); void *arg; };
static void stand_back(void *arg)
{
	static _Thread_local bool lowered;
	struct work *w = arg;
	if (!lowered)
		priority_lower(POOL_NICE);
	lowered = true;
	w->fn(w->arg);
}

static int run_for(uint64_t source, void (*fn)(void *arg), void *arg)
{
	struct work w = { fn, arg };
	int r = take_place(source);
	if (r != OK)
		return r;
	pool_run(stand_back, &w);
	give_place();
	return OK;
}

int auth_in_pool(void (*fn)(void *arg), void *arg)
{
	return run_for(0, fn, arg);
}

int auth_verify(struct str stored, struct str password, uint64_t source)
{
	struct job j = { .stored = stored, .password = password };
	int r = run_for(source, verify_job, &j);
	return r == OK ? j.err : r;
}

int auth_rehash(struct str password, char out[])
{
	struct job j = { .password = password, .out = out };
	int r = auth_in_pool(hash_job, &j);
	return r == OK ? j.err : r;
}
