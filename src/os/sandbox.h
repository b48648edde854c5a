/* The walls of a role: what it keeps after the start. Raised once, before the first byte from a peer or the network is read.
 *
 * Always: no new privileges, not dumpable, no core, own uid and gid and an empty root directory (when started as root), no
 * capability but those named, Landlock (no file but the own folder; no TCP connect or bind unless allowed; signals and abstract
 * sockets stay inside), seccomp (an allow-list; anything else is EPERM). What the kernel does not offer is reported in *walls, a
 * word each, and `ceralacca audit` shows it; seccomp missing is an error. */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "base/base.h"

#include <sys/types.h>

struct sandbox_policy {
	bool own_folder;        /* may read and write below its own folder, which becomes its root directory */
	bool files_read;        /* may open files in its folder for reading only */
	bool connect_tcp;       /* may connect by TCP */
	bool udp;               /* may make UDP sockets */
	bool accept;            /* may accept on sockets handed in */
	bool threads;           /* may start threads */
	bool net_admin;         /* keeps CAP_NET_ADMIN where it has it, and may speak to nf_tables by netlink */
};

/* dir: descriptor of the own folder, or -1. uid: also the gid; used as root only. walls: words such as "uid chroot seccomp landlock-7
 * no-new-privileges", and "-chroot" for one that could not be raised. */
must_use int sandbox_raise(const struct sandbox_policy *p, int dir, uid_t uid, struct buf *walls);

#endif
