/* Calls that are under way while the session does something else: reading ahead. The store answers what is asked for
 * together in one turn, so that a FETCH of many messages waits for it once in a while and not once a message.
 *
 * A job belongs to the environment from imap_job_start until imap_job_wait has returned OK; the session keeps a list
 * of what it has started, so that whatever ends it leaves nothing behind. */
#ifndef ROLE_IMAP_JOB_H
#define ROLE_IMAP_JOB_H

#include "ipc/ipc.h"

struct imap_env;
struct imap_session;
struct fiber;

struct imap_job {
	struct imap_job *next;                  /* among those of the session */
	const struct imap_env *env;
	int (*run)(struct imap_job *job);       /* makes the call; in a fiber of its own */
	int result;
	struct ipc_hold hold;                   /* of the answer */
	uint64_t grant;
	struct ipc_message_rep message;
	struct ipc_summaries_rep summaries;
	char *ids;                              /* packed, of summaries asked for */
	size_t count;
	uint64_t email;
	uint32_t size;                          /* of a message that was announced */

	/* the environment's */
	bool done, abandoned;
	struct fiber *waiting;
};

/* The bytes of one message; the summaries of n messages (the array is copied). */
struct imap_job *imap_job_message(struct imap_session *s, uint64_t email);
struct imap_job *imap_job_summaries(struct imap_session *s, const uint64_t *emails, size_t n);
/* The answer is in the job, and the job is the caller's to free. Returns the call's result, or E_CANCELLED: then it is
 * not. */
must_use int imap_job_wait(struct imap_session *s, struct imap_job *job);
void imap_job_free(struct imap_job *job);               /* takes NULL */
void imap_job_abandon_all(struct imap_session *s);      /* those that are under way */

/* Messages that will be loaded soon, in this order: imap_load_message takes them from here. At most IMAP_AHEAD of
 * them, and IMAP_AHEAD_BYTES, are on their way; a message larger than that comes alone. The arrays outlive the use. */
enum { IMAP_AHEAD = 16, IMAP_AHEAD_BYTES = 1 << 20 };
struct imap_ahead {
	const uint64_t *emails;
	const uint32_t *sizes;
	size_t n, at;
	struct imap_job *ring[IMAP_AHEAD];
	size_t first, count;
	uint64_t bytes;                         /* of those in the ring */
};
void imap_ahead_begin(struct imap_session *s, const uint64_t *emails, const uint32_t *sizes, size_t n);
void imap_ahead_end(struct imap_session *s);
/* The job of this message, waited for by nobody yet; NULL when it was not announced. */
struct imap_job *imap_ahead_take(struct imap_session *s, uint64_t email);

#endif
