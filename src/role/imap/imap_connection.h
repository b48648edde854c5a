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
	bool handshaking;
	void (*signed_in)(struct imap_connection *c);   /* the role's: notes for the grant shall come here */
	struct imap_session session;
};

struct imap_connection *imap_connection_new(int fd, const struct net_address *peer, enum conf_service service,
					    const struct imap_conf *conf);
void imap_connection_free(struct imap_connection *c);
/* In the fiber of the connection: from handshake or greeting to the end, then an orderly close. */
void imap_connection_run(struct imap_connection *c);
/* Ends a wait for the client, so that the session looks around: something was noted. */
void imap_connection_wake(struct imap_connection *c);

#endif
