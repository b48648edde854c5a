/* One file by HTTPS: one request, one answer, no redirect, no cache (RFC 8461 section 3.3). In a fiber. */
#ifndef ROLE_FETCH_HTTPS_H
#define ROLE_FETCH_HTTPS_H

#include "io/stream.h"
#include "io/tls.h"

struct fetch_file {
	struct tls_client *tls;
	struct str host, path;
	const struct net_address *address;
	size_t addresses;
	int64_t deadline;       /* monotonic milliseconds, for everything */
};

/* Appends the content to out, whose ceiling holds. Only an answer 200 of type text/plain from a host with a certificate of its name counts.
 * Addresses are tried in turn until one answers. *ret_why: for the log, on failure. */
must_use int fetch_https(const struct fetch_file *f, struct buf *out, const char **ret_why);

#endif
