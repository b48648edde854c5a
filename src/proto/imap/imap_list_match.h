/* Patterns of LIST (RFC 9051 section 6.3.9): "*" matches anything, "%" anything but the hierarchy separator.
 *
 * All ways through the pattern are followed at once, as bits: the work is length of name x words of pattern,
 * whatever the wildcards (A52). */
#ifndef PROTO_IMAP_LIST_MATCH_H
#define PROTO_IMAP_LIST_MATCH_H

#include "base/arena.h"

enum { IMAP_PATTERN_MAX = 1024 };      /* octets of a pattern, runs of wildcards counted as one */

struct imap_pattern {
	size_t n;               /* positions; the pattern has matched when bit n is set */
	size_t words;
	const uint64_t *byte;   /* words bits for each of 256 bytes: positions that take it */
	const uint64_t *star, *percent;
};

/* E_TOOBIG: the pattern is too long. */
must_use int imap_pattern_init(struct imap_pattern *p, struct arena *a, struct str pattern);
bool imap_pattern_match(const struct imap_pattern *p, struct str name, char separator);

#endif
