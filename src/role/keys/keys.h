/* The one process that has private keys. It reads them before its walls go up, cannot open a file afterwards, and signs with them
 * what a TLS handshake needs signed, and mail (keys_serve_mail.h).
 *
 *    DIR/keys/tls.key, tls.crt                     the default (PEM; the certificate first in its chain)
 *    DIR/keys/tls/NAME.key, NAME.crt               for clients that ask for NAME (SNI)
 *    DIR/keys/dkim/DOMAIN/SELECTOR.key             keys_dkim.h
 *
 * New files are read by a fresh process; the front ends' calls wait for it. A name whose files are broken is left out and reported; the
 * others work (B55). */
#ifndef ROLE_KEYS_KEYS_H
#define ROLE_KEYS_KEYS_H

#include "proto/x509/x509_pair.h"

enum { KEYS_MAX = 512, KEYS_NAME_MAX = 253 };

struct keys_entry { char name[KEYS_NAME_MAX + 1]; struct x509_pair pair; };

/* The first is the default. serial: a digest of all names and certificates. names: framed, as tls_certificate gives them. */
struct keys { struct keys_entry *entries; size_t count; uint64_t serial; struct buf names; };

/* dir: the open folder. Fails with the default's fault; on_bad(name, err) hears of each other one. */
must_use int keys_load(int dir, void (*on_bad)(struct str name, int err), struct keys *ret);
void keys_done(struct keys *k);
const struct keys_entry *keys_by_name(const struct keys *k, struct str name);      /* "" is the default; NULL */
const struct keys_entry *keys_by_id(const struct keys *k, uint64_t id);

/* ---- keys_ticket.c: what TLS session tickets are sealed with; in memory only (A73) ---- */
enum { KEYS_TICKET = 80, KEYS_TICKET_PERIOD_MS = 6 * 3600 * 1000 };
void keys_ticket_rotate(void);          /* every period; what was new becomes the older one */
/* The new key and the older one of a role. Each role's are its own: a worker that was broken into cannot read the tickets of another role. */
void keys_ticket_get(struct str role, uint8_t ret[2 * KEYS_TICKET]);

/* ---- keys_sign.c ---- */
/* Is this the input of a signature that a TLS server makes with such a key? Everything else is refused: a front end that was broken into
 * must not get a certificate, a token or an e-mail signed. TLS 1.3 (RFC 8446 4.4.3) and TLS 1.2 with ephemeral ECDH
 * (RFC 8422 5.4), the latter only from a server that can do TLS 1.3 and says so in its random (RFC 8446 4.1.3). */
bool keys_message_allowed(enum x509_key_type type, struct str digest, uint32_t padding, struct str message);
/* E_DENIED: not allowed. Appends the signature. */
must_use int keys_sign(const struct x509_pair *p, struct str digest, uint32_t padding, struct str message, struct buf *out);

#endif
