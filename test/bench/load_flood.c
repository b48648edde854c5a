/* A flood of wrong sign-ins beside one person at work: what the person's commands take. The first session is the person, who signed in
 * before it began; the others share FLOOD_RATE attempts a second, each with names that are not there and are there in turn. */
#include "load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FLOOD_RATE = 2000, PAUSE_US = 10000, LINE = 1024, WARM_SECONDS = 5 };

static _Atomic int taken;
static _Atomic bool over;
_Atomic long flood_attempts;

/* One try; 0 when the server said no and goes on. */
static int try_once(struct conn *c, const struct user *u, long number)
{
	char line[LINE];
	const char *at = strchr(u->name, '@');
	int n = number % 2 ? snprintf(line, sizeof line, "x LOGIN \"%s\" \"wrong %ld\"\r\n", u->name, number) :
		snprintf(line, sizeof line, "x LOGIN \"nobody%ld%s\" \"wrong\"\r\n", number, at ? at : "");
	if (conn_write(c, line, (size_t)n) != 0)
		return -1;
	do
		if (conn_line(c, line, sizeof line) != 0)
			return -1;
	while (strncmp(line, "x ", 2) != 0);
	atomic_fetch_add(&flood_attempts, 1);
	return 0;
}

/* In one piece: a thousand threads that look at the clock would be the load themselves. */
static void sleep_until(double when)
{
	double left = when - load_now();
	if (left > 0)
		usleep((useconds_t)(left * 1e6));
}

static void attack(const struct load *l, const struct user *u, int index, double deadline)
{
	double pace = (double)(l->sessions - 1) / FLOOD_RATE, next = load_now() + pace * index / l->sessions;
	struct conn *c = NULL;
	char greeting[LINE];
	for (long number = index; !over && load_now() < deadline; number += l->sessions) {
		sleep_until(next);
		next += pace;
		if (!c && (c = conn_open(l->imaps_port, true, deadline)) && conn_line(c, greeting, sizeof greeting) != 0) {
			conn_close(c);
			c = NULL;
		}
		if (c && try_once(c, u, number) != 0) {
			conn_close(c);
			c = NULL;
		}
	}
	conn_close(c);
}

static void work(const struct load *l, struct user *u, float *latency, _Atomic long *done, double deadline)
{
	struct conn *c = imap_open(l->imaps_port, u, deadline);
	double warm = load_now() + (l->sessions > 1 ? WARM_SECONDS : 0);
	while (load_now() < warm)
		usleep(PAUSE_US);
	atomic_store(&flood_attempts, 0);
	while (c && *done < l->count && load_now() < deadline) {
		double start = load_now();
		if (imap_messages(c) < 0)
			break;
		latency[(*done)++] = (float)((load_now() - start) * 1e3);
		usleep(PAUSE_US);
	}
	over = true;
	conn_close(c);
}

void flood_session(const struct load *l, struct user *u, float *latency, _Atomic long *done, double deadline)
{
	int index = taken++;
	if (index == 0)
		work(l, u, latency, done, deadline);
	else
		attack(l, u, index, deadline);
}
