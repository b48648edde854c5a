/* The life of a role process, the same for each: what it is told at the start, raising the walls, work, the end.
 *
 *   1. the parent's channel is descriptor 3; the parent sends boot (configuration), listeners, channels to peers
 *   2. prepare(): read what the walls will forbid (keys: its keys; resolver: resolv.conf), still unconfined; starts no thread, since
 *      Landlock holds the calling thread only
 *   3. the walls go up (os/sandbox.h) as the role's policy says; then open(): what works inside them (store: its database, by paths
 *      relative to the own folder, which is now the working and root directory); the parent is told which walls stand
 *   4. started(): work begins; listener sockets and channels are there and come again when a peer is restarted
 *   5. stopping(): accept no more, finish; role_finished() ends the process. The parent kills what stays longer.
 *
 * The end of the parent's channel ends the process at once. */
#ifndef IPC_ROLE_RUN_H
#define IPC_ROLE_RUN_H

#include "ipc/channel.h"
#include "ipc/conf.h"
#include "os/sandbox.h"

enum { PARENT_FD = 3 };
/* As the form of log lines (conf.def server.log): human, and only what went wrong: for roles that a command starts for itself. */
#define ROLE_LOG_WARNINGS "warnings"

struct role_spec {
	enum role role;
	struct sandbox_policy policy;
	const struct ipc_service *services;
	size_t service_count;
	/* All optional. dir: the role's own folder, an open descriptor, -1 when it has none (keys: DIR/keys, store: DIR/store). */
	void (*setup)(void);                                    /* before all else: size of the pool, hooks of libraries */
	must_use int (*prepare)(const struct conf *c, int dir);
	must_use int (*open)(const struct conf *c);
	void (*started)(const struct conf *c);
	void (*listener)(enum conf_service service, struct str name, int fd);      /* takes fd */
	void (*peer)(struct channel *c);                        /* a new channel, at start or after a restart */
	void (*reloaded)(const struct conf *c);
	void (*stopping)(int64_t within_ms);                    /* absent: the process ends at once */
};

noreturn_fn void role_run(const struct role_spec *spec);
noreturn_fn void role_finished(void);           /* flushes channels, exits with status 0 */
noreturn_fn void role_failed(const char *what, int err);        /* logs, exits with status 1: the parent starts us again with back-off */

const struct conf *role_conf(void);
unsigned role_index(void);
bool role_stopping(void);

#endif
