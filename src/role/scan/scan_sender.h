/* Who wrote the message: the verdict about mail from elsewhere, with the server's configuration and what the client said. */
#ifndef ROLE_SCAN_SENDER_H
#define ROLE_SCAN_SENDER_H

#include "ipc/conf.h"
#include "ipc/ipc.h"
#include "proto/verdict/verdict.h"

enum { SCAN_PREFIX_MAX = 32 << 10 };

struct scan_sender {
	struct arena arena;             /* of the verdict */
	struct verdict_input input;
	struct verdict verdict;
	struct buf prefix;              /* our fields, at most SCAN_PREFIX_MAX */
};

/* Takes what it needs of conf, which may change while DNS is asked; the strings of q stay until done. */
void scan_sender_init(struct scan_sender *s, const struct conf *conf, const struct ipc_scan_req *q);
void scan_sender_done(struct scan_sender *s);
/* Before DNS; works on its own memory only, so that it may run in a thread. E_TOOBIG: the message is so made that it takes more memory than any
 * honest one. */
must_use int scan_sender_begin(struct scan_sender *s, struct str message, uint64_t now);
/* Asks DNS, and writes prefix. E_TOOBIG. */
must_use int scan_sender_judge(struct scan_sender *s, struct dns_source source, struct dns_env_limits limits);

#endif
