/* A connection that was accepted: its stream, its session, and the environment that joins them to the other roles. */
#ifndef ROLE_HTTP_CONNECTION_H
#define ROLE_HTTP_CONNECTION_H

#include "io/fiber.h"
#include "io/stream.h"
#include "role/http/http.h"

struct http_connection {
	struct http_connection *next, *previous;        /* among all of the process (http_role.c) */
	struct fiber *fiber;
	struct stream *stream;
	struct net_address peer;
	bool handshaking;               /* waits for what comes before the session: may be cancelled */
	bool front_end;                 /* the peer of the socket is one */
	struct net_address counted;     /* as the gate counts it */
	struct http_session session;
};

struct http_connection *http_connection_new(int fd, const struct net_address *peer, enum conf_service service, const struct conf *conf,
					    const struct http_site *site);
void http_connection_free(struct http_connection *c);
void http_connection_peer(struct http_connection *c, const struct net_address *peer);    /* the true client, before the session runs */
/* In the fiber of the connection, before all else: who the client is, as the front end says it; the front end itself when the header
 * says that it comes for nobody. Not OK: no header in time, or none that is valid. */
must_use int http_connection_hear_front_end(struct http_connection *c, struct net_address *client);
/* In the fiber of the connection: from the handshake to an orderly close. */
void http_connection_run(struct http_connection *c);

#endif
