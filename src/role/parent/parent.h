/* The parent: configuration, listening sockets, the roles' lives. It parses nothing that came from a network; what it reads is its
 * own configuration, the command line's messages (from its own user, checked by the kernel) and the roles' (decoded, bounded). */
#ifndef ROLE_PARENT_PARENT_H
#define ROLE_PARENT_PARENT_H

#include "ipc/channel.h"
#include "ipc/conf.h"
#include "os/net.h"

#include <sys/types.h>

enum { WORKERS_MAX = 64, LISTENERS_MAX = 256 };

struct parent {
	const char *dir;
	int dir_fd, lock_fd;
	struct conf conf;
	int64_t started_ms;
	int walls_fd;                   /* of --walls-report; -1 */
	unsigned workers;               /* of each role that works per core */
	bool stopping, ready;
};
extern struct parent parent;

/* ---- parent_listen.c: sockets ---- */
struct parent_listener { enum conf_service service; struct net_address address; int fd; char name[64]; };
extern struct parent_listener parent_listeners[LISTENERS_MAX];
extern size_t parent_listener_count;
/* Binds all, or explains which one could not be and who has it. */
must_use int parent_listen(const struct conf *c, struct buf *reterr);

/* ---- parent_children.c: roles ---- */
enum child_state { CHILD_NONE, CHILD_STARTING, CHILD_UP, CHILD_WAITING /* for its next start */, CHILD_STOPPED };
struct parent_child {
	enum role role;
	unsigned index;
	enum child_state state;
	pid_t pid;
	struct channel *channel;
	int64_t up_since_ms, next_start_ms, back_off_ms;
	unsigned restarts;
	char walls[256];
};
extern struct parent_child *parent_children;
extern size_t parent_child_count;
void parent_children_make(void);
void parent_children_start(void);                       /* in a fiber: starts all, returns when each is up or has failed */
void parent_child_ended(pid_t pid, int status);         /* from SIGCHLD */
void parent_children_tick(void);                        /* starts those whose time has come */
/* In a fiber: front ends first, the store last; within_ms in all, then SIGKILL. */
void parent_children_stop(int64_t within_ms);
void parent_children_reload(void);
void parent_give_to(enum role role, int fd);            /* a connection of the command line; takes fd */

/* ---- parent_control.c: the command line ---- */
extern const struct ipc_service parent_services[];
extern const size_t parent_service_count;
must_use int parent_control_open(void);
void parent_control_close(void);
void parent_stop(void);
must_use int parent_reload(struct buf *text);           /* says what was done, or what is wrong with the file */

#endif
