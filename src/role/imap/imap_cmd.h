/* The commands: one file each, imap_cmd_<name>.c; imap_table.c says when each may be given. */
#ifndef ROLE_IMAP_CMD_H
#define ROLE_IMAP_CMD_H

#include "role/imap/imap.h"

int imap_cmd_append(struct imap_session *s);
int imap_cmd_authenticate(struct imap_session *s);
int imap_cmd_cancelupdate(struct imap_session *s);
int imap_cmd_capability(struct imap_session *s);
int imap_cmd_close(struct imap_session *s);
int imap_cmd_copy(struct imap_session *s);
int imap_cmd_create(struct imap_session *s);
int imap_cmd_delete(struct imap_session *s);
int imap_cmd_enable(struct imap_session *s);
int imap_cmd_examine(struct imap_session *s);
int imap_cmd_expunge(struct imap_session *s);
int imap_cmd_fetch(struct imap_session *s);
int imap_cmd_getmetadata(struct imap_session *s);
int imap_cmd_getquota(struct imap_session *s);
int imap_cmd_getquotaroot(struct imap_session *s);
int imap_cmd_id(struct imap_session *s);
int imap_cmd_idle(struct imap_session *s);
int imap_cmd_language(struct imap_session *s);
int imap_cmd_list(struct imap_session *s);
int imap_cmd_login(struct imap_session *s);
int imap_cmd_logout(struct imap_session *s);
int imap_cmd_lsub(struct imap_session *s);
int imap_cmd_move(struct imap_session *s);
int imap_cmd_namespace(struct imap_session *s);
int imap_cmd_noop(struct imap_session *s);
int imap_cmd_notify(struct imap_session *s);
int imap_cmd_rename(struct imap_session *s);
int imap_cmd_replace(struct imap_session *s);
int imap_cmd_search(struct imap_session *s);
int imap_cmd_select(struct imap_session *s);
int imap_cmd_setmetadata(struct imap_session *s);
int imap_cmd_sort(struct imap_session *s);
int imap_cmd_starttls(struct imap_session *s);
int imap_cmd_status(struct imap_session *s);
int imap_cmd_store(struct imap_session *s);
int imap_cmd_subscribe(struct imap_session *s);
int imap_cmd_thread(struct imap_session *s);
int imap_cmd_uidbatches(struct imap_session *s);
int imap_cmd_unauthenticate(struct imap_session *s);
int imap_cmd_unselect(struct imap_session *s);
int imap_cmd_unsubscribe(struct imap_session *s);

#endif
