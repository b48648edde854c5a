/* From the recipients of a message to what is delivered where. */
#ifndef STORE_ROUTE_H
#define STORE_ROUTE_H

#include "role/store/store_serve.h"

/* One recipient as it came, and what became of it. first_local/locals: its part of the places below. */
struct store_recipient { struct str address, orcpt; uint32_t notify; int status; };

struct store_routed {
	struct store_recipient *recipient;
	size_t recipients, recipient_cap;
	struct store_local *local;
	size_t *local_of;               /* the recipient that each local place is for */
	size_t locals, local_cap, local_of_cap, local_ofs;
	struct store_queue_entry *remote;
	size_t remotes, remote_cap;
};

struct store_route_options {
	struct str sender, envid;
	uint32_t flags;                 /* enum delivery_flag */
	uint32_t mailbox;               /* enum store_role: where local recipients get it */
	bool relay;                     /* foreign recipients are allowed */
	int64_t now, expires;
	int64_t first;                  /* when the queue may try first; 0: now */
};

/* Framed records of messages.def `deliver`. E_PROTO, E_TOOBIG (more than STORE_QUEUE_RCPTS_MAX). */
must_use int store_recipients_read(struct str bytes, struct arena *a, struct store_routed *ret);
/* Resolves each. A recipient that cannot be had gets its status; an error is everybody's. size: of the message, for
 * quotas. */
must_use int store_route(struct store *st, const struct store_route_options *o, uint64_t size, struct arena *a,
			 struct store_routed *r);
/* The first status that is not OK, or OK. */
int store_routed_worst(const struct store_routed *r);

#endif
