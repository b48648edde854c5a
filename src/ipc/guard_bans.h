/* What the guard has told this process to do about networks: the process's one ban list, for roles that accept connections. */
#ifndef IPC_GUARD_BANS_H
#define IPC_GUARD_BANS_H

#include "ipc/ban_list.h"

enum { GUARD_SLOW_MS = 2000 };         /* how long an answer to somebody under BAN_SLOW is put off */

/* out is called for each network that is to go at once: the open sessions from there end. Before the first channel. */
void guard_bans_start(void (*out)(const struct ipc_ban_note *m));
void guard_bans_on_note(struct channel *from, const struct ipc_ban_note *m);    /* service of note ban */
enum ban_act guard_bans_find(const struct net_address *peer);

#endif
