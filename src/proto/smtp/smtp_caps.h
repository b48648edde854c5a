/* What a server offers in its reply to EHLO or LHLO (RFC 5321 section 4.1.1.1). */
#ifndef PROTO_SMTP_CAPS_H
#define PROTO_SMTP_CAPS_H

#include "base/str.h"

enum smtp_cap {
	SMTP_CAP_PIPELINING = 1 << 0,
	SMTP_CAP_SIZE = 1 << 1,
	SMTP_CAP_8BITMIME = 1 << 2,
	SMTP_CAP_BINARYMIME = 1 << 3,
	SMTP_CAP_CHUNKING = 1 << 4,
	SMTP_CAP_SMTPUTF8 = 1 << 5,
	SMTP_CAP_DSN = 1 << 6,
	SMTP_CAP_STARTTLS = 1 << 7,
	SMTP_CAP_REQUIRETLS = 1 << 8,
	SMTP_CAP_ENHANCEDSTATUSCODES = 1 << 9,
	SMTP_CAP_LIMITS = 1 << 10,
	SMTP_CAP_AUTH = 1 << 11
};

enum smtp_mechanism {
	SMTP_AUTH_PLAIN = 1 << 0,
	SMTP_AUTH_LOGIN = 1 << 1,
	SMTP_AUTH_XOAUTH2 = 1 << 2,
	SMTP_AUTH_OAUTHBEARER = 1 << 3,
	SMTP_AUTH_SCRAM_SHA_256 = 1 << 4
};

struct smtp_caps {
	struct str name;            /* what the server calls itself; a view of the text */
	unsigned offers;            /* enum smtp_cap */
	unsigned mechanisms;        /* enum smtp_mechanism */
	uint64_t size;              /* the server's maximum; 0: none is named */
	uint64_t mail_max, rcpt_max, rcpt_domain_max;   /* LIMITS (RFC 9422); 0: none is named */
};

/* text as in struct smtp_reply. Never fails: what is not understood is not offered. */
void smtp_caps_parse(struct str text, struct smtp_caps *ret);

#endif
