/* A table of records as the source of a dns_env: for tests and for `inspect --zone`. Reading a file into it is the
 * caller's. */
#ifndef PROTO_DNS_ENV_ZONE_H
#define PROTO_DNS_ENV_ZONE_H

#include "proto/dns_env/dns_env.h"

struct dns_zone {
	struct arena *a; /* names and values are copied there */
	struct dns_zone_record *records;
	size_t count, cap;
	struct str *questions; /* every name asked, in order: tests hold walks against it */
	size_t question_count, question_cap;
};

void dns_zone_init(struct dns_zone *z, struct arena *a);
/* A type's name as in a zone file: "A", "AAAA", "MX", "TXT", "PTR", "CNAME". E_UNSUPPORTED. */
must_use int dns_zone_type(struct str name, enum dns_type *ret);
/* value: an address; "10 mx.example" for MX; a name for PTR and CNAME; the joined text for TXT. E_SYNTAX. */
must_use int dns_zone_add(struct dns_zone *z, struct str name, enum dns_type type, struct str value);
/* TIMEOUT and SERVFAIL: each question about the name that finds no record there fails. */
void dns_zone_fail(struct dns_zone *z, struct str name);

/* The source. CNAMEs are followed up to 8 times, a longer chain or a loop fails. A name above an existing one exists
 * (RFC 8020). */
struct dns_source dns_zone_source(struct dns_zone *z);

#endif
