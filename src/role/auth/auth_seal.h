/* Seals what auth must be able to read again (secrets of one-time passwords), with a key that the store does not have: DIR/auth/seal.key, read
 * before the walls go up. XChaCha20-Poly1305; a sealed text belongs to its account and opens for no other. */
#ifndef ROLE_AUTH_AUTH_SEAL_H
#define ROLE_AUTH_AUTH_SEAL_H

#include "base/base.h"

enum { AUTH_SEAL_KEY = 32, AUTH_SEAL_MORE = 41 /* bytes that a sealed text is longer */ };

/* dir: the open folder, -1 when there is none (then the calls below fail with E_UNSUPPORTED). A key that is missing is made and is on
 * the disk when this returns. E_CORRUPT: the file is no key; E_IO, E_FULL. */
must_use int auth_seal_prepare(int dir);
must_use int auth_seal(uint32_t account, struct str plain, struct buf *out);
/* E_CORRUPT: not sealed by us, for this account. */
must_use int auth_unseal(uint32_t account, struct str sealed, struct buf *out);
/* A secret of this installation for one use, the same after a restart. E_UNSUPPORTED as above. Wipe it. */
must_use int auth_seal_secret(struct str use, uint8_t ret[AUTH_SEAL_KEY]);

#endif
