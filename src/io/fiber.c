#include "io/fiber.h"

#include "io/fiber_switch.h"
#include "io/loop.h"
#include "os/clock.h"

#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum fiber_state { READY, RUNNING, PARKED, PARKED_FIXED, ENDED };
enum { STACKS_KEPT = 256, GUARD = 4096 };

struct fiber {
	void *sp;                       /* where it was left */
	char *stack;                    /* lowest address, the guard page */
	fiber_fn *fn;
	void *arg;
	enum fiber_state state;
	bool cancelled;
	int result;
	jmp_buf end;
	void (*on_exit)(void *ctx);
	void *on_exit_ctx;
	uv_timer_t timer;
	bool timer_made;
	struct fiber *next;             /* in the ready queue */
	struct waiter { struct waiter *next; struct fiber *fiber; bool woken; } waiter;    /* in one queue of waiters */
	void *asan_fake_stack;
};

/* One loop, one thread: the scheduler's state is the process's. */
static struct fiber *current;
static struct fiber *ready_first, **ready_last = &ready_first;
static void *scheduler_sp;
static size_t live;
static char *free_stacks[STACKS_KEPT];
static size_t free_stack_count;
#ifdef FIBER_ASAN
static const void *scheduler_stack;
static size_t scheduler_stack_size;
static void *scheduler_fake_stack;
#endif

static char *stack_take(void)
{
	if (free_stack_count)
		return free_stacks[--free_stack_count];
	char *s = mmap(NULL, FIBER_STACK + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (s == MAP_FAILED || mprotect(s, GUARD, PROT_NONE) != 0)
		abort();
	return s;
}

static void stack_give(char *s)
{
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(s + GUARD, FIBER_STACK);
#endif
	if (free_stack_count < STACKS_KEPT)
		free_stacks[free_stack_count++] = s;
	else
		munmap(s, FIBER_STACK + GUARD);
}

static void make_ready(struct fiber *f)
{
	f->state = READY;
	f->next = NULL;
	*ready_last = f;
	ready_last = &f->next;
}

static void switch_to_scheduler(struct fiber *f, bool last_time)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(last_time ? NULL : &f->asan_fake_stack, scheduler_stack, scheduler_stack_size);
#else
	(void)last_time;
#endif
	fiber_switch(&f->sp, scheduler_sp);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->asan_fake_stack, &scheduler_stack, &scheduler_stack_size);
#endif
}

static void fiber_main(void)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(NULL, &scheduler_stack, &scheduler_stack_size);
#endif
	if (setjmp(current->end) == 0)
		current->fn(current->arg);
	struct fiber *f = current;
	if (f->on_exit)
		f->on_exit(f->on_exit_ctx);
	f->state = ENDED;
	switch_to_scheduler(f, true);
	abort();
}

static void timer_closed(uv_handle_t *h)
{
	mem_free(h->data);
}

static void bury(struct fiber *f)
{
	stack_give(f->stack);
	live--;
	f->timer.data = f;
	if (f->timer_made)
		uv_close((uv_handle_t *)&f->timer, timer_closed);
	else
		mem_free(f);
}

bool fiber_run_ready(void)
{
	bool any = ready_first != NULL;
	while (ready_first) {
		struct fiber *f = ready_first;
		ready_first = f->next;
		if (!ready_first)
			ready_last = &ready_first;
		f->state = RUNNING;
		current = f;
#ifdef FIBER_ASAN
		__sanitizer_start_switch_fiber(&scheduler_fake_stack, f->stack + GUARD, FIBER_STACK);
#endif
		fiber_switch(&scheduler_sp, f->sp);
#ifdef FIBER_ASAN
		__sanitizer_finish_switch_fiber(scheduler_fake_stack, NULL, NULL);
#endif
		current = NULL;
		if (f->state == ENDED)
			bury(f);
	}
	return any;
}

struct fiber *fiber_start(fiber_fn *fn, void *arg)
{
	struct fiber *f = mem_new(struct fiber);
	f->fn = fn;
	f->arg = arg;
	f->stack = stack_take();
	f->sp = fiber_stack_prepare(f->stack + GUARD + FIBER_STACK, fiber_main);
	live++;
	make_ready(f);
	return f;
}

struct fiber *fiber_current(void) { return current; }
size_t fiber_count(void) { return live; }
bool fiber_cancelled(void) { return current && current->cancelled; }

static void on_deadline(uv_timer_t *t)
{
	struct fiber *f = t->data;
	if (f->state == PARKED) {
		f->result = E_TIMEOUT;
		make_ready(f);
	}
	fiber_run_ready();
}

static void arm(struct fiber *f, int64_t deadline)
{
	if (!f->timer_made) {
		uv_timer_init(loop_uv(), &f->timer);
		f->timer.data = f;
		f->timer_made = true;
	}
	int64_t left = deadline - clock_mono_ms();
	uv_update_time(loop_uv());
	uv_timer_start(&f->timer, on_deadline, left > 0 ? (uint64_t)left : 0, 0);
}

int fiber_park(int64_t deadline)
{
	struct fiber *f = current;
	if (f->cancelled)
		return E_CANCELLED;
	f->state = PARKED;
	if (deadline != FIBER_FOREVER)
		arm(f, deadline);
	switch_to_scheduler(f, false);
	if (deadline != FIBER_FOREVER)
		uv_timer_stop(&f->timer);
	return f->cancelled ? E_CANCELLED : f->result;
}

int fiber_park_fixed(void)
{
	struct fiber *f = current;
	f->state = PARKED_FIXED;
	switch_to_scheduler(f, false);
	return f->result;
}

void fiber_wake(struct fiber *f, int result)
{
	if (f->state != PARKED && f->state != PARKED_FIXED)
		return;
	f->result = result;
	make_ready(f);
}

void fiber_cancel(struct fiber *f)
{
	f->cancelled = true;
	if (f->state == PARKED)
		fiber_wake(f, E_CANCELLED);
}

void fiber_exit(void)
{
	longjmp(current->end, 1);
}

void fiber_on_exit(void (*fn)(void *ctx), void *ctx)
{
	current->on_exit = fn;
	current->on_exit_ctx = ctx;
}

int fiber_sleep(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;
	while (clock_mono_ms() < until) {
		int r = fiber_park(until);
		if (r == E_CANCELLED)
			return r;
	}
	return OK;
}

void fiber_yield(void)
{
	struct fiber *f = current;
	f->result = OK;
	make_ready(f);
	switch_to_scheduler(f, false);
}

void waiters_init(struct waiters *w)
{
	w->first = NULL;
	w->last = &w->first;
}

static void waiters_remove(struct waiters *w, struct waiter *me)
{
	for (struct waiter **at = &w->first; *at; at = &(*at)->next) {
		if (*at != me)
			continue;
		*at = me->next;
		if (w->last == &me->next)
			w->last = at;
		return;
	}
}

int waiters_wait(struct waiters *w, int64_t deadline)
{
	struct waiter *me = &current->waiter;
	*me = (struct waiter){ .fiber = current };
	*w->last = me;
	w->last = &me->next;
	int r = OK;
	while (!me->woken && (r = fiber_park(deadline)) == OK)
		;
	if (!me->woken)
		waiters_remove(w, me);
	return me->woken ? OK : r;
}

void waiters_wake_one(struct waiters *w)
{
	struct waiter *first = w->first;
	if (!first)
		return;
	w->first = first->next;
	if (!w->first)
		w->last = &w->first;
	first->woken = true;
	fiber_wake(first->fiber, OK);
}

void waiters_wake_all(struct waiters *w)
{
	while (w->first)
		waiters_wake_one(w);
}
