/* TLS of a front end whose keys lie in the role `keys`: fetches the certificates, keeps them fresh, sends signatures over the channel.
 *
 *    started():   tls_keys_start(on_tls);
 *    connection:  SSL *ssl = tls_keys_session("imap");        NULL: no certificate yet, answer with a temporary failure
 *                 r = stream_tls_accept(stream, ssl, deadline);
 *
 * Certificates are asked for at the start (with back-off until they are there), every TLS_KEYS_REFRESH_MS, and at tls_keys_refresh.
 * A new set that does not hold keeps the old one in use (B54). */
#ifndef IPC_TLS_KEYS_H
#define IPC_TLS_KEYS_H

#include "io/tls.h"
#include "ipc/ipc.h"

enum { TLS_KEYS_REFRESH_MS = 60 * 1000, TLS_KEYS_SIGN_MS = 10 * 1000 };

/* Once. on_change(err, serial), for the log: OK when certificates with a new serial came into use, else why a refresh failed (told once
 * until it works again). Outside or inside fibers. May be NULL. */
void tls_keys_start(void (*on_change)(int err, uint64_t serial));
void tls_keys_refresh(void);            /* look for new certificates now; for peer() when keys was restarted, and reloaded() */
bool tls_keys_ready(void);
/* As tls_server_session. In a fiber it waits, TLS_KEYS_SIGN_MS at most, while keys is being restarted or new certificates are fetched. */
SSL *tls_keys_session(const char *protocols);

#endif
