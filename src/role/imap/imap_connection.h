/* A connection that was accepted: its stream, its session, and the environment that joins them to the other roles. */
#ifndef ROLE_IMAP_CONNECTION_H
#define ROLE_IMAP_CONNECTION_H

#include "io/fiber.h"
#include "io/stream.h"
#include "ipc/conf.h"
#include "os/net.h"
#include "role/imap/imap.h"

struct imap_connection {
	struct imap_connection *next, *previous;        /* among all of the process (imap_role.c) */
	struct fiber *fiber;
	struct stream *stream;
	struct net_address peer;
	enum conf_service service;
	bool handshaking;               /* waits for what comes before the session: may be cancelled */
	bool front_end;                 /* the peer of the socket is one */
	struct net_address counted;     /* as the gate counts it */
	void (*signed_in)(struct imap_connection *c);   /* the role's: notes for the grant shall come here */
	void (*signed_out)(struct imap_connection *c);  /* … and no longer */
	struct imap_session session;
};

struct imap_connection *imap_connection_new(int fd, const struct net_address *peer, enum conf_service service,
					    const struct imap_conf *conf);
void imap_connection_free(struct imap_connection *c);
void imap_connection_peer(struct imap_connection *c, const struct net_address *peer);    /* the true client, before the session runs */
/* In the fiber of the connection, before all else: who the client is, as the front end says it; the front end itself when the header
 * says that it comes for nobody. Not OK: no header in time, or none that is valid. */
must_use int imap_connection_hear_front_end(struct imap_connection *c, struct net_address *client);
/* In the fiber of the connection: from handshake or greeting to the end, then an orderly close. */
void imap_connection_run(struct imap_connection *c);
/* Ends a wait for the client, so that the session looks around: something was noted. */
void imap_connection_wake(struct imap_connection *c);

#endif
