#include "proto/policy/tls_rpt.h"

/* RFC 8460 section 4.3. */
const char *tlsrpt_result_name(enum tlsrpt_result r)
{
	static const char *const names[TLSRPT_RESULTS] = {
		[TLSRPT_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
		[TLSRPT_CERTIFICATE_HOST_MISMATCH] = "certificate-host-mismatch",
		[TLSRPT_CERTIFICATE_EXPIRED] = "certificate-expired",
		[TLSRPT_CERTIFICATE_NOT_TRUSTED] = "certificate-not-trusted",
		[TLSRPT_VALIDATION_FAILURE] = "validation-failure",
		[TLSRPT_TLSA_INVALID] = "tlsa-invalid",
		[TLSRPT_DNSSEC_INVALID] = "dnssec-invalid",
	};
	return r < TLSRPT_RESULTS ? names[r] : NULL;
}
