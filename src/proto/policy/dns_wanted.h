/* What a domain has to publish so that its mail arrives, is believed, and nobody else's is taken for it. One list for `domain dns`, which
 * prints it, and `domain check`, which holds what is published against it. */
#ifndef PROTO_DNS_WANTED_H
#define PROTO_DNS_WANTED_H

#include "base/base.h"

enum dns_wanted_kind {
	WANTED_MX, WANTED_SPF, WANTED_HOST_SPF, WANTED_DKIM, WANTED_DMARC, WANTED_STS, WANTED_TLSRPT, WANTED_TLSA, WANTED_SRV, WANTED_CNAME, WANTED_BIMI
};
enum dns_need { NEED_MUST, NEED_SHOULD, NEED_MAY };

struct dns_wanted {
	enum dns_wanted_kind kind;
	enum dns_need need;
	struct str name;                /* without the final dot */
	const char *type;               /* "TXT" */
	struct str data;                /* as in a zone file; of TXT the bare text */
	const char *why;
};

struct dns_wanted_key { struct str selector, record; bool needed; };

struct dns_wanted_input {
	struct str hostname, domain;    /* A-labels */
	const struct dns_wanted_key *keys;
	size_t key_count;
	const struct str *tlsa;         /* SHA-256 of the public keys of certificates in use, in hex */
	size_t tlsa_count;
	unsigned port_base;
	bool sts_enforce;               /* what the MTA-STS policy says */
	struct str bimi;                /* the record of the domain's logo; empty: it has none */
};

void dns_wanted_list(struct arena *a, const struct dns_wanted_input *in, struct dns_wanted **ret, size_t *ret_n);

/* Where reports about a domain go: these local parts are ours, whatever mailboxes there are. */
#define DNS_WANTED_DMARC_LOCAL "dmarc-reports"
#define DNS_WANTED_TLSRPT_LOCAL "tls-reports"

const char *dns_need_name(enum dns_need need);

#endif
