/* SMTP client (RFC 5321): one connection to one host, straight-line code in one fiber.
 *
 *    r = relay_client_open(&c, &target, &security, &verdict);     connect, greeting, EHLO, STARTTLS, AUTH
 *    r = relay_client_send(&c, &mail);                            one mail transaction; again and again
 *    relay_client_quit(&c);
 *
 * What the server says is bounded and never trusted (A13). */
#ifndef ROLE_RELAY_CLIENT_H
#define ROLE_RELAY_CLIENT_H

#include "io/stream.h"
#include "io/tls.h"
#include "proto/smtp/smtp_caps.h"
#include "proto/policy/tls_rpt.h"
#include "role/relay/relay_content.h"
#include "role/relay/relay_policy.h"
#include "role/relay/relay_route.h"
#include "role/relay/relay_verdict.h"

/* Milliseconds; RFC 5321 section 4.5.3.2. connect is ours. */
struct relay_times {
	int64_t connect, greeting, command, data, block, final;
};
extern const struct relay_times relay_times_rfc;

struct relay_link {
	int (*connect)(void *ctx, const struct net_address *to, int64_t deadline, struct stream **ret);
	void *ctx;
	struct tls_client *tls; /* NULL: no TLS */
	struct str own_name;    /* for EHLO */
	const struct relay_times *times;
	struct str user, password; /* of the smart host; empty: no sign-in */
};

struct relay_client {
	const struct relay_link *link;
	struct stream *stream; /* NULL: closed */
	struct smtp_reply_reader reader;
	struct buf text, caps_text;
	struct smtp_caps caps; /* views of caps_text */
	const struct relay_target *target;
	unsigned used; /* transactions so far */
	bool dirty;    /* RSET before the next one (B10) */
	enum tlsrpt_result result; /* of the last opening: what its report says */
};

void relay_client_init(struct relay_client *c, const struct relay_link *link);
void relay_client_done(struct relay_client *c);

/* target must outlive the connection. On failure the verdict says why; FAILED means that this host refuses for good
 * (554 in the greeting, or a message's TLS demand that it cannot meet). Broken TLS under opportunistic security:
 * connects again, in clear (B11). */
must_use int relay_client_open(struct relay_client *c, const struct relay_target *target,
			       const struct relay_security *security, struct relay_verdict *reterr);
void relay_client_quit(struct relay_client *c);  /* says goodbye and closes; also when it is closed already */
void relay_client_close(struct relay_client *c); /* without a word */

struct relay_recipient {
	struct str address, orcpt;
	uint32_t notify;
	struct relay_verdict verdict;
	bool again;
};
struct relay_mail {
	struct str sender, envid; /* sender empty: null reverse-path (B32) */
	uint32_t flags;           /* enum delivery_flag */
	struct str prefix, message; /* whole header fields that are put above it, and what the store has */
	struct relay_recipient *recipient;
	size_t count;
};

/* Gives each recipient its verdict; `again` says that it was one too many for this transaction and was not judged. OK:
 * the connection can be used again. E_STALE: a connection that was used before had gone before anything was decided;
 * the verdicts mean nothing, try a fresh one without penalty (B10). Any other error: the connection is of no use any
 * more; the verdicts hold. */
must_use int relay_client_send(struct relay_client *c, struct relay_mail *m);

/* ---- shared between the parts of the client */
/* Waits for a whole reply. The views in *ret live until the next call. E_PROTO: it was none. */
must_use int relay_client_reply(struct relay_client *c, int64_t timeout, struct smtp_reply *ret);
must_use int relay_client_ask(struct relay_client *c, int64_t timeout, struct smtp_reply *ret, const char *fmt, ...)
    printf_like(4, 5);
/* The verdict of a connection that failed in mid-sentence. */
void relay_client_broken(struct relay_verdict *v, int err, const char *when);

#endif
