/* Is the certificate of this session the one that the policy asks for? */
#ifndef ROLE_RELAY_CERTIFICATE_H
#define ROLE_RELAY_CERTIFICATE_H

#include "io/tls.h"
#include "proto/policy/tls_rpt.h"
#include "role/relay/relay_policy.h"

/* By the higher of s->tls and s->judged. now: unix seconds. ret_why: for people, where it is not TLSRPT_SUCCESS. */
enum tlsrpt_result relay_certificate_judge(const SSL *ssl, const struct relay_security *s, int64_t now,
					   const char **ret_why);

#endif
