/* What a certificate says of itself, as far as an administrator asks: for whom, until when, by whom, with what kind of key. Pure. */
#ifndef X509_CERT_H
#define X509_CERT_H

#include "base/base.h"

enum { X509_CERT_TEXT = 256 };

struct x509_cert {
	int64_t not_before, not_after;          /* unix seconds */
	bool self_issued;                       /* its issuer is its subject: no client knows it */
	bool matches;                           /* one of its names covers the host (RFC 6125, wildcards too) */
	char subject[X509_CERT_TEXT], issuer[X509_CERT_TEXT], key[64];  /* key: "RSA 2048", "EC prime256v1" */
};

/* The first certificate of a PEM text. E_SYNTAX: there is none that parses. */
must_use int x509_cert_describe(struct str pem, struct str host, struct x509_cert *ret);

#endif
