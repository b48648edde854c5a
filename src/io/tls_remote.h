/* An OpenSSL provider, built in, whose keys are references to private keys in another process: it knows the public half and how to
 * ask for a signature. Only what TLS needs: key management and one-shot DigestSign for RSA, EC P-256 and Ed25519. */
#ifndef IO_TLS_REMOTE_H
#define IO_TLS_REMOTE_H

#include "io/tls.h"

/* The library context in which the provider is loaded beside the default one; for SSL_CTX_new_ex and X509_new_ex. Made at the first use. */
OSSL_LIB_CTX *tls_remote_context(void);

/* The private key of a certificate whose public key is `public` (of tls_remote_context). E_UNSUPPORTED: its type is none of ours. */
must_use int tls_remote_key(EVP_PKEY *public, uint64_t key, tls_sign_fn *sign, void *ctx, EVP_PKEY **ret);

#endif
