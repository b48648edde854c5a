/* A connection that was accepted: its stream, its session, and the environment that joins them to the other roles. */
#ifndef ROLE_SMTP_CONNECTION_H
#define ROLE_SMTP_CONNECTION_H

#include "io/fiber.h"
#include "io/stream.h"
#include "role/smtp/smtp.h"

struct smtp_connection {
	struct smtp_connection *next, *previous;        /* among all of the process (smtp_role.c) */
	struct fiber *fiber;
	struct stream *stream;
	struct smtp_session session;
	bool handshaking;               /* waits for what comes before the session: may be cancelled */
	bool front_end;                 /* the peer of the socket is one */
	struct net_address counted;     /* as the gate counts it */
};

extern const struct smtp_env smtp_connection_env;

/* In the fiber of the connection, before all else: who the client is, as the front end says it; the front end itself when the header
 * says that it comes for nobody. Not OK: no header in time, or none that is valid. */
must_use int smtp_connection_hear_front_end(struct smtp_connection *c, struct net_address *client);
/* In the fiber of the connection: the session from greeting to end, then an orderly close. */
void smtp_connection_run(struct smtp_connection *c);

#endif
