/* What is put above a message when it leaves: DKIM signatures above our own (RFC 6376), a seal above what we pass on (RFC 8617). Done here,
 * where all mail that leaves comes by, reports of our own as well, and nothing that stays; docs/decisions/0007-relay-signs.md.
 *
 * The keys' owner is given what is to be signed and looks at it (role/keys/keys_mail.h). */
#ifndef ROLE_RELAY_SIGN_H
#define ROLE_RELAY_SIGN_H

#include "ipc/conf.h"
#include "ipc/ipc.h"
#include "proto/dns_env/dns_env.h"

enum { RELAY_PREFIX_MAX = 256 << 10, RELAY_SIGNERS_MAX = 8 };

struct relay_sign_env {
	int (*signers)(void *ctx, struct str name, struct ipc_dkim_signers_rep *ret, struct ipc_hold *hold);
	int (*sign)(void *ctx, const struct ipc_dkim_sign_req *q, struct ipc_dkim_sign_rep *ret, struct ipc_hold *hold);
	int (*dns)(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold);
	int64_t (*now)(void *ctx);
};

struct relay_signing {
	const struct relay_sign_env *env;
	void *ctx;
	const struct conf *conf;
	bool ours;                      /* DELIVERY_OURS */
	struct str message;             /* as it leaves */
};

/* Appends the fields. OK without any: there is no key for the author, or nothing may be added. Other errors: not now. *ret_why: for the log,
 * why it left without, NULL when it did not. */
must_use int relay_sign(const struct relay_signing *s, struct buf *prefix, const char **ret_why);

/* The resolver as a source for evaluators. */
struct dns_source relay_dns_source(struct relay_signing *s);

#endif
