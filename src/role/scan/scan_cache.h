/* Answers of the resolver, each until its time to live ends. A table of fixed size: a newcomer takes the place of who has it. */
#ifndef ROLE_SCAN_CACHE_H
#define ROLE_SCAN_CACHE_H

#include "ipc/ipc.h"

enum {
	SCAN_CACHE_PLACES = 4096,
	SCAN_CACHE_ANSWER_MAX = 4096,   /* bytes; a larger answer is not kept */
	SCAN_CACHE_SECONDS_MAX = 600    /* whatever its time to live says */
};

/* The views live until the next put. now_ms: a steady clock. False: not there, or too old. */
bool scan_cache_get(struct str name, uint32_t type, int64_t now_ms, struct ipc_dns_rep *ret);
void scan_cache_put(struct str name, uint32_t type, int64_t now_ms, const struct ipc_dns_rep *rep);
void scan_cache_clear(uint64_t seed);   /* seed: random, since strangers choose the names */

#endif
