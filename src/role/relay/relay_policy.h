/* How secure a connection to a host must be: one decision from all that has a say, in the order of who wins. Pure.
 *
 *   who signs in with a password, REQUIRETLS    an authenticated host, by DANE or by its certificate and a name that nobody made up
 *   TLS-Required: No (RFC 8689 section 3)       whatever there is
 *   DANE (RFC 7672)                             the certificate that the DNS promises; wins over MTA-STS (RFC 8461 section 2, A45)
 *   MTA-STS (RFC 8461)                          a host of the policy with a certificate of that name, from an authority
 *   nobody                                      TLS where it is offered (RFC 7435)
 *
 * A host that cannot be held to it is passed over; mail waits rather than go with less (A44). */
#ifndef ROLE_RELAY_POLICY_H
#define ROLE_RELAY_POLICY_H

#include "proto/policy/mta_sts.h"
#include "role/relay/relay_dane.h"
#include "role/relay/relay_verdict.h"

enum relay_tls {
	RELAY_TLS_OPPORTUNISTIC, /* RFC 7435: any, or none */
	RELAY_TLS_ENCRYPTED,     /* any certificate (RFC 7672 section 2.2: records of which none can be used) */
	RELAY_TLS_VERIFIED,      /* chain to a known authority, and name */
	RELAY_TLS_DANE
};

enum relay_policy_type { RELAY_POLICY_NONE, RELAY_POLICY_TLSA, RELAY_POLICY_STS }; /* as TLSRPT names them */

struct relay_security {
	enum relay_tls tls;    /* what mail goes over at least */
	enum relay_tls judged; /* what the report to the domain is about, where it is more: its policy is in testing mode */
	bool requiretls;       /* the server must offer it over TLS (RFC 8689) */
	const struct relay_dane *dane; /* NULL: there are no records */
	enum relay_policy_type policy;
	bool not_listed; /* the host is none of the policy's: told in the report, when the policy is in testing mode */
};

/* What the mail asks for. */
struct relay_wish {
	bool password;   /* of ours goes over it */
	bool requiretls; /* RFC 8689 section 2 */
	bool any_tls;    /* TLS-Required: No; requiretls wins over it */
};

/* authentic: nobody could have put the host in place of another. sts: NULL for none. Strings of dane must outlive *ret. E_DENIED: this host
 * must not be used, *reterr says why; *ret then says under which policy. */
must_use int relay_policy_decide(const struct relay_wish *wish, bool authentic, const struct relay_dane *dane,
				 const struct sts_policy *sts, struct str host, struct relay_security *ret,
				 struct relay_verdict *reterr);

#endif
