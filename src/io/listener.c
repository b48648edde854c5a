#include "io/listener.h"

#include "io/loop.h"
#include "io/ready.h"
#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

struct listener {
	int fd, spare;              /* spare: a second descriptor of the socket, given up when there are no others */
	struct ready *ready;
	listener_fn *on_connection;
	void *ctx;
	uv_timer_t rest;
	bool paused, resting, stopped;
	uint64_t turned_away;
};

static void on_readable(void *ctx);

static void watch(struct listener *l)
{
	if (l->paused || l->resting || l->stopped)
		ready_unwatch(l->ready);
	else
		ready_watch(l->ready, on_readable, l);
}

static void spare_take(struct listener *l)
{
	if (l->spare < 0)
		l->spare = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
}

static void rested(uv_timer_t *t)
{
	struct listener *l = t->data;
	l->resting = false;
	spare_take(l);
	watch(l);
}

static void rest(struct listener *l)
{
	l->resting = true;
	watch(l);
	uv_timer_start(&l->rest, rested, LISTENER_REST_MS, 0);
}

static int take(struct listener *l, struct sockaddr_storage *ss)
{
	socklen_t n = sizeof *ss;
	return accept4(l->fd, (struct sockaddr *)ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* No descriptor is left: those who wait learn it at once, by an orderly close, instead of hanging in the backlog. */
static void turn_away(struct listener *l)
{
	struct sockaddr_storage ss;
	fd_close(&l->spare);
	for (int i = 0; i < LISTENER_BATCH; i++) {
		auto_fd fd = take(l, &ss);
		if (fd < 0)
			break;
		l->turned_away++;
	}
	spare_take(l);
	rest(l);
}

static bool out_of_memory(int e) { return e == ENOMEM || e == ENOBUFS; }
static bool out_of_descriptors(int e) { return e == EMFILE || e == ENFILE; }

static void on_readable(void *ctx)
{
	struct listener *l = ctx;
	for (int i = 0; i < LISTENER_BATCH && !l->paused && !l->stopped; i++) {
		struct sockaddr_storage ss = { 0 };
		struct net_address peer;
		int fd = take(l, &ss);
		if (fd >= 0) {
			net_from_sockaddr(&ss, &peer);
			l->on_connection(fd, &peer, l->ctx);
		} else if (out_of_descriptors(errno)) {
			turn_away(l);
			return;
		} else if (out_of_memory(errno)) {
			rest(l);
			return;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return;
		}
		/* anything else is the fate of that one client (accept(2): treat network errors like EAGAIN) */
	}
}

struct listener *listener_start(int fd, listener_fn *on_connection, void *ctx)
{
	struct listener *l = mem_new(struct listener);
	*l = (struct listener){ .fd = fd, .spare = -1, .ready = ready_new(fd), .on_connection = on_connection, .ctx = ctx };
	if (uv_timer_init(loop_uv(), &l->rest) != 0)
		abort();
	l->rest.data = l;
	spare_take(l);
	watch(l);
	return l;
}

void listener_pause(struct listener *l)
{
	l->paused = true;
	watch(l);
}

void listener_resume(struct listener *l)
{
	l->paused = false;
	watch(l);
}

uint64_t listener_turned_away(const struct listener *l) { return l->turned_away; }

static void closed(uv_handle_t *h) { mem_free(h->data); }

void listener_stop(struct listener *l)
{
	if (!l || l->stopped)
		return;
	l->stopped = true;
	ready_free(l->ready);
	fd_close(&l->fd);
	fd_close(&l->spare);
	uv_close((uv_handle_t *)&l->rest, closed);      /* frees later: a callback of ours may be running */
}
