/* Signing of mail, as the role does it (messages.def: dkim_*). */
#ifndef ROLE_KEYS_KEYS_SERVE_MAIL_H
#define ROLE_KEYS_KEYS_SERVE_MAIL_H

#include "ipc/conf.h"
#include "ipc/ipc.h"

void keys_mail_prepare(int dir, void (*on_bad)(struct str name, int err));
void keys_mail_start(const struct conf *c);     /* the timer of the keys' life */

ipc_dkim_signers_fn keys_on_dkim_signers;
ipc_dkim_keys_fn keys_on_dkim_keys;
/* In fibers. */
ipc_dkim_sign_fn keys_on_dkim_sign;
ipc_dkim_key_act_fn keys_on_dkim_key_act;
ipc_dkim_key_seen_fn keys_on_dkim_key_seen;

#endif
