#include "role/relay/relay_certificate.h"

enum { CHAIN_BYTES = 512 << 10 /* more than OpenSSL takes from a peer */ };

struct row {
	enum tlsrpt_result result;
	const char *why;
};

static struct row by_dane(const SSL *ssl, const struct relay_dane *d, int64_t now)
{
	static const struct row rows[] = {
		[DANE_UNUSABLE] = { TLSRPT_SUCCESS, "" },
		[DANE_MATCH_EE] = { TLSRPT_SUCCESS, "" },
		[DANE_MATCH_TA] = { TLSRPT_SUCCESS, "" },
		[DANE_NO_MATCH] = { TLSRPT_VALIDATION_FAILURE,
				    "DANE: the certificate of the host is not the one that its TLSA records promise" },
		[DANE_BAD_NAME] = { TLSRPT_CERTIFICATE_HOST_MISMATCH,
				    "DANE: the certificate of the host has another name" },
		[DANE_BAD_DATES] = { TLSRPT_CERTIFICATE_EXPIRED,
				     "DANE: the certificate of the host has expired or is not valid yet" },
		[DANE_BAD_PATH] = { TLSRPT_CERTIFICATE_NOT_TRUSTED,
				    "DANE: the certificate of the host is not from the authority of its TLSA records" },
	};
	struct arena a;
	struct str chain[DANE_CHAIN_MAX];
	arena_init(&a, CHAIN_BYTES, NULL, NULL);
	size_t n = tls_peer_chain(ssl, &a, chain, COUNT_OF(chain));
	enum dane_verdict v = dane_check(&d->set, chain, n, d->names, d->name_count, now);
	arena_done(&a);
	return rows[v];
}

static struct row by_authority(const SSL *ssl)
{
	static const struct row rows[] = {
		[TLS_CERTIFICATE_GOOD] = { TLSRPT_SUCCESS, "" },
		[TLS_CERTIFICATE_BAD_NAME] = { TLSRPT_CERTIFICATE_HOST_MISMATCH,
					       "the certificate of the host has another name" },
		[TLS_CERTIFICATE_BAD_DATES] = { TLSRPT_CERTIFICATE_EXPIRED,
						"the certificate of the host has expired or is not valid yet" },
		[TLS_CERTIFICATE_UNTRUSTED] = { TLSRPT_CERTIFICATE_NOT_TRUSTED,
						"the certificate of the host is from no authority that is known here" },
	};
	return rows[tls_peer_certificate(ssl)];
}

enum tlsrpt_result relay_certificate_judge(const SSL *ssl, const struct relay_security *s, int64_t now,
					   const char **ret_why)
{
	struct row row = { TLSRPT_SUCCESS, "" };
	enum relay_tls level = s->judged > s->tls ? s->judged : s->tls;
	if (level == RELAY_TLS_DANE)
		row = by_dane(ssl, s->dane, now);
	else if (level == RELAY_TLS_VERIFIED)
		row = by_authority(ssl);
	if (row.result == TLSRPT_SUCCESS && s->not_listed)
		row = (struct row){ TLSRPT_VALIDATION_FAILURE, "the policy of the domain does not list this host" };
	*ret_why = row.why;
	return row.result;
}
