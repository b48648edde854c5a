/* A certificate that a server makes for itself, for the time until an authority gives it one (RFC 5280). EC P-256, the host name as its
 * only subject alternative name, random serial, valid from an hour ago for X509_SELF_SIGNED_DAYS. */
#ifndef X509_SELF_SIGNED_H
#define X509_SELF_SIGNED_H

#include "base/base.h"

enum { X509_SELF_SIGNED_DAYS = 398 };       /* the longest that clients accept from authorities */

/* Appends both in PEM. hostname: letters, digits, hyphens and dots, up to 253 bytes, else E_SYNTAX. Wipe key_pem after use. */
must_use int x509_self_signed(struct str hostname, struct buf *key_pem, struct buf *cert_pem);

#endif
