/* What the files that answer other roles share. One file a family of messages.def; each handler checks the grant, calls
 * the model, answers. Answers are held back until what they rest on is durable (store_role.c): a handler need not think
 * of it. */
#ifndef STORE_SERVE_H
#define STORE_SERVE_H

#include "ipc/channel.h"
#include "ipc/conf.h"
#include "role/store/store_directory.h"
#include "role/store/store_mail.h"
#include "role/store/store_queue.h"

struct store *store_served(void);
/* Role records of the asking role, as they travel in record_put. */
must_use int store_serve_writes(const struct ipc_request *rq, struct str writes);
void store_serve_flush(void);           /* what was written outside a call is to be made durable */

/* ---- grants (store_grant.c) ---- */
/* A grant lets one worker of one role act for an account. It ends with grant_close or with the worker's channel. */
struct store_grant_info { uint32_t account, scope; enum role role; unsigned index; struct str peer, means; };
uint64_t store_grant_open(const struct store_grant_info *info);
/* The sessions of an account, as messages.def says; at most STORE_SESSIONS_MAX. */
enum { STORE_SESSIONS_MAX = 2048 };
must_use int store_grants_list(uint32_t account, struct buf *out);
must_use int store_grant_session_end(uint32_t account, uint64_t session);       /* E_NOTFOUND */
void store_grant_close(enum role role, unsigned index, uint64_t grant);
void store_grants_of_worker_close(enum role role, unsigned index);
/* The account, when this worker holds the grant and it covers one of the scopes. E_DENIED. */
must_use int store_grant_account(const struct ipc_request *rq, uint64_t grant, uint32_t scopes, uint32_t *ret);
/* Ends the grants of an account that was locked, deleted or given a new password, and tells the workers that hold them.
 */
void store_grants_of_account_close(uint32_t account);
/* Notes `changed` for the grant until told off. E_FULL: too many. */
must_use int store_watch(uint64_t grant, uint32_t mailbox, bool on);
void store_watch_tell(void *ctx, uint32_t account, uint32_t mailbox, uint64_t modseq);

/* ---- messages (store_serve_message.c) ---- */
/* The bytes of a message that came inline or as sealed memory; unmap when body >= 0. */
must_use int store_body_open(struct str bytes, int body, struct str *ret);
void store_body_close(int body, struct str mapped);
/* The message ids of a summary, own first; at most max. A summary that does not read gives none. */
size_t store_summary_ids(struct str summary, struct str *ret, size_t max);
/* Reads a whole message: small ones into out, large ones into sealed memory *ret_fd, letting others run between chunks.
 */
typedef int store_read_fn(void *ctx, uint64_t offset, size_t n, struct buf *out);
must_use int store_message_load(store_read_fn *read, void *ctx, uint64_t size, struct buf *out, int *ret_fd);

/* ---- sets on the wire ---- */
must_use int store_set_unpack(struct str pairs, struct store_set *ret); /* E_PROTO; the set is the caller's to free */
must_use int store_set_pack(const struct store_set *s, struct buf *out);        /* every number, u32 */

/* ---- the handlers ---- */
#define SERVED(name) ipc_##name##_fn store_on_##name
SERVED(credential);
SERVED(credential_set);
SERVED(grant_open);
SERVED(grant_close);
SERVED(sessions);
SERVED(session_end);
SERVED(sessions_end);
SERVED(identity);
SERVED(recipient);
SERVED(deliver);
SERVED(mailboxes);
SERVED(mailbox);
SERVED(mailbox_create);
SERVED(mailbox_delete);
SERVED(mailbox_rename);
SERVED(mailbox_subscribe);
SERVED(entries);
SERVED(changes);
SERVED(keywords);
SERVED(keyword_bit);
SERVED(quota);
SERVED(notes);
SERVED(note_set);
SERVED(recent);
SERVED(watch);
SERVED(summaries);
SERVED(message);
SERVED(append);
SERVED(append_many);
SERVED(flags);
SERVED(copy);
SERVED(expunge);
SERVED(queue_lease);
SERVED(queue_message);
SERVED(queue_result);
SERVED(report_send);
SERVED(record_get);
SERVED(record_put);
SERVED(record_list);
SERVED(admin);
#undef SERVED

/* Tells relay when something is due. */
void store_due_tell(void *ctx, int64_t due);

#endif
