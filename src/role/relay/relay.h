/* The relay: takes what is due from the store's queue, delivers it to other servers, and reports back.
 *
 *   schedule     one fiber: leases entries, hands each to the destination of its domain; and how it all stops
 *   destination  what waits for one domain, and how many connections work on it
 *   connection   one fiber a connection: finds a host, sends batch after batch
 *   settle       one batch: outcome, next attempt, report to the sender, into the store
 *
 * A job is one queue entry: one recipient of one message. Nothing of it is kept here; what is lost with this process is
 * leased again. The route is found anew for each connection, so that a changed setting counts for what waits (B30). All
 * that waits goes through the environment: other roles and the network in the server, plain functions in tests. */
#ifndef ROLE_RELAY_H
#define ROLE_RELAY_H

#include "io/fiber.h"
#include "ipc/conf.h"
#include "ipc/ipc.h"
#include "ipc/records.h"
#include "proto/addr/addr_domain.h"
#include "role/relay/relay_client.h"
#include "role/relay/relay_results.h"
#include "role/relay/relay_retry.h"
#include "role/relay/relay_sign.h"

enum {
	RELAY_LEASE_MS = 3600 * 1000, /* longer than any attempt takes */
	RELAY_LEASE_COUNT = 200,      /* at once */
	RELAY_JOBS_MAX = 4000,        /* in hand */
	RELAY_BATCH_MAX = 100,        /* recipients of one transaction (RFC 5321 section 4.5.3.1.8) */
	RELAY_IDLE_MS = 2000,         /* how long a connection waits for more mail */
	RELAY_PREFIXES = 32,          /* messages whose signatures are kept */
	RELAY_JOBS_PER_CONNECTION = 8 /* that wait before another connection is opened */
};

struct relay_env {
	int (*lease)(void *ctx, const struct ipc_queue_lease_req *q, struct ipc_queue_lease_rep *ret,
		     struct ipc_hold *hold);
	int (*message)(void *ctx, const struct ipc_queue_message_req *q, struct ipc_queue_message_rep *ret,
		       struct ipc_hold *hold);
	int (*result)(void *ctx, const struct ipc_queue_result_req *q);
	int (*scan)(void *ctx, const struct ipc_scan_req *q, struct ipc_scan_rep *ret, struct ipc_hold *hold);
	int (*dns)(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold);
	int (*connect)(void *ctx, const struct net_address *to, int64_t deadline, struct stream **ret);
	int64_t (*now)(void *ctx);  /* unix seconds */
	void (*stopped)(void *ctx); /* nothing is in hand any more, after relay_stop */
	int (*signers)(void *ctx, struct str name, struct ipc_dkim_signers_rep *ret, struct ipc_hold *hold);
	int (*sign)(void *ctx, const struct ipc_dkim_sign_req *q, struct ipc_dkim_sign_rep *ret, struct ipc_hold *hold);
	/* The MTA-STS policy of a domain, in the arena. E_NOTFOUND: it has none; other errors: nobody knows now. */
	int (*sts)(void *ctx, struct str domain, struct arena *a, struct sts_policy *ret);
	int (*record_get)(void *ctx, struct arena *a, struct str key, struct str *ret);
	int (*record_put)(void *ctx, struct str key, struct str value); /* whatever stands there: nobody else writes */
	int (*record_drop)(void *ctx, struct str key);
	int (*record_each)(void *ctx, struct str prefix, records_each_fn *each, void *each_ctx);
	int (*report_send)(void *ctx, const struct ipc_report_send_req *q);
};

struct relay_job {
	struct queue_entry e; /* views of record */
	struct buf record;
	struct relay_verdict verdict;
	bool any_tls; /* it says TLS-Required: No, and was refused by a policy */
	struct relay_job *next;
};

/* A list of jobs; all zero is the empty one. */
struct relay_jobs {
	struct relay_job *first, *last;
	size_t count;
};
void relay_jobs_add(struct relay_jobs *j, struct relay_job *job);
void relay_jobs_move(struct relay_jobs *to, struct relay_jobs *from); /* all of them, behind what is there */
struct relay_job *relay_jobs_take(struct relay_jobs *j);              /* NULL: empty */
/* Takes those that go in one transaction: the first, and others of the same message, at most `most`. */
struct relay_jobs relay_jobs_batch(struct relay_jobs *from, size_t most);

struct relay;
struct relay_connection;

struct relay_destination {
	struct relay *relay;
	struct str key, domain; /* views of text */
	char text[2 * ADDR_DOMAIN_MAX];
	bool requiretls, any_tls;
	struct relay_jobs waiting;
	unsigned connections;
	struct waiters more;
};

struct relay {
	const struct relay_env *env;
	void *ctx;
	const struct conf *conf;
	struct relay_self self;
	struct relay_link link;
	struct map destinations; /* by key */
	struct map held;         /* jobs in hand, by id: a lease that ran out must not make a second copy */
	size_t jobs;
	unsigned connections;
	struct relay_connection *first;
	struct fiber *scheduler;
	struct waiters wake;
	int64_t due, noted; /* unix milliseconds: as the last answer said, as notes since then said */
	struct relay_prefix *prefixes; /* RELAY_PREFIXES of them */
	unsigned next_prefix;
	struct relay_jobs reports; /* to us, that wait for their turn */
	bool intake;               /* they are being read */
	struct relay_results results;
	bool stopping;
	struct relay_jobs left; /* judged, but cut off before the store knew */
};

void relay_init(struct relay *r, const struct relay_env *env, void *ctx, const struct conf *conf);
void relay_configure(struct relay *r, const struct conf *conf); /* also anew, for what is tried from now on (B30) */
void relay_done(struct relay *r);                               /* after env->stopped */
void relay_start(struct relay *r);                              /* starts the scheduler */
void relay_due(struct relay *r, int64_t at_ms);                 /* something falls due then; 0: look now */
/* Takes nothing new, lets transactions in hand finish, gives all leases back, then env->stopped. */
void relay_stop(struct relay *r, int64_t within_ms);
struct relay_schedule relay_schedule_of(const struct conf *c);

/* ---- jobs (relay_schedule.c) */
void relay_job_free(struct relay *r, struct relay_job *job);

/* ---- destinations (relay_destination.c) */
void relay_destination_add(struct relay *r, struct relay_job *job); /* takes the job */
void relay_destination_work(struct relay_destination *d);           /* opens connections as far as limits allow */
void relay_destination_left(
    struct relay_destination *d);              /* a connection has ended: frees it when it has nothing to do */
void relay_destinations_work(struct relay *r); /* a place for a connection is free */
void relay_destinations_empty(struct relay *r,
			      struct relay_jobs *ret); /* takes all that waits anywhere, wakes who waits for it */
void relay_destinations_free(struct relay *r);

/* ---- connections (relay_connection.c) */
void relay_connection_start(struct relay_destination *d);
void relay_connections_cancel(struct relay *r);

/* ---- messages and results (relay_settle.c) */
struct relay_message {
	struct str bytes;
	struct ipc_hold hold;
	bool mapped;
};
must_use int relay_message_get(struct relay *r, uint64_t id, struct relay_message *ret);
void relay_message_done(struct relay_message *m);
/* Takes a batch of one message, each job with its verdict. message: NULL when it was not fetched. */
void relay_settle(struct relay *r, struct relay_jobs *batch, const struct relay_message *message);
void relay_release(struct relay *r, struct relay_jobs *jobs); /* gives leases back, no attempt made */

/* ---- what is put above a message (relay_prefix.c) */
/* Signatures or a seal, made once for all destinations of a message that leaves within an hour. E_NOTFOUND and the like: not now. */
must_use int relay_prefix_get(struct relay *r, const struct queue_entry *e, struct str message, struct buf *out);
void relay_prefixes_free(struct relay *r);

/* ---- reports to us (relay_intake.c) */
void relay_intake_add(struct relay *r, struct relay_job *job); /* takes the job */
ipc_report_list_fn relay_on_report_list;
void relay_intake_prune(struct relay *r); /* what is older than a year and a month; in a fiber */

/* ---- new keys (relay_watch.c): a fiber */
void relay_watch_keys(void *relay);

/* ---- reports about TLS (relay_tls_report.c) */
void relay_tls_reports(void *relay); /* a fiber */
must_use int relay_tls_reports_round(struct relay *r); /* once over all days that are over */

/* ---- reports (relay_report.c) */
struct relay_report {
	struct buf bytes;
	struct buf summary;
};
void relay_report_init(struct relay_report *p);
void relay_report_done(struct relay_report *p);
/* One report about jobs of one message. actions: enum dsn_action each. retry_until: for those delayed. E_SYNTAX: none
 * can be made. Other errors: not now. */
must_use int relay_report_make(struct relay *r, struct relay_job *const *jobs, const int *actions, size_t count,
			       struct str message, struct relay_report *ret);

#endif
