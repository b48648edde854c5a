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
	bool handshaking;
};

extern const struct smtp_env smtp_connection_env;

/* In the fiber of the connection: the session from greeting to end, then an orderly close. */
void smtp_connection_run(struct smtp_connection *c);

#endif
