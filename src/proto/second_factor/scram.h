/* The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), with the channel binding tls-exporter (RFC 9266).
 * Pure; the messages are those inside the base64 of SASL; a fresh struct for every attempt (A14).
 *
 *    scram_begin(&s, arena, mechanism, exporter)
 *    scram_client_first(&s, message)                     OK: s.user, to be looked up
 *    scram_challenge(&s, &account, random)               OK: send s.reply
 *    scram_client_final(&s, message, &index)             OK: send s.reply, account.keys[index] signed in
 *    E_SYNTAX, E_DENIED, E_PROTO (out of order): s.reply is "e=...", which may be sent as it is. E_IO: the library failed.
 *
 * SCRAM is for app passwords only: their letters are random, so that a stolen StoredKey can't be searched. All of an account have one
 * salt, since the server sends it before it can know which of them is meant; the proof is then tried against each.
 *
 * A68: for an unknown name the caller takes scram_account_unknown: the same salt at each try, as a known account would show, and the same
 * work, for SCRAM_KEYS_MOST keys are tried whatever their number.
 * A70: with binding offered, a client that says "y" (it believes the server has none) was lied to: refused. -PLUS without "p", "p" without
 * -PLUS, another kind of binding, and binding data of another connection are refused. */
#ifndef SCRAM_H
#define SCRAM_H

#include "base/base.h"

enum {
	SCRAM_SALT = 16, SCRAM_ITERATIONS = 4096 /* RFC 7677 4; more would buy nothing for random passwords */, SCRAM_ITERATIONS_MOST = 1 << 20,
	SCRAM_KEY = 32, SCRAM_KEYS_MOST = 32, SCRAM_RANDOM = 18, SCRAM_MESSAGE_MAX = 2048, SCRAM_USER_MAX = 320, SCRAM_EXPORTER = 32
};
#define SCRAM_MECHANISM "SCRAM-SHA-256"
#define SCRAM_MECHANISM_PLUS "SCRAM-SHA-256-PLUS"
/* RFC 9266 4: what to give SSL_export_keying_material, with an empty context, for TLS 1.3 only */
#define SCRAM_EXPORTER_LABEL "EXPORTER-Channel-Binding"

struct scram_keys { uint8_t stored[SCRAM_KEY], server[SCRAM_KEY]; };
struct scram_account { uint8_t salt[SCRAM_SALT]; uint32_t iterations; const struct scram_keys *keys; size_t count; };

enum scram_state { SCRAM_WANT_FIRST, SCRAM_WANT_CHALLENGE, SCRAM_WANT_FINAL, SCRAM_ENDED };
struct scram {
	struct arena *arena;
	enum scram_state state;
	bool plus;
	struct str exporter, gs2_header, client_first_bare, client_nonce, nonce, server_first;
	struct scram_account account;
	struct str user, reply;
};

/* exporter: SCRAM_EXPORTER bytes, or empty where the connection has no TLS 1.3 and the -PLUS form is not offered. It is copied.
 * E_UNSUPPORTED: another mechanism, or -PLUS without an exporter. */
must_use int scram_begin(struct scram *s, struct arena *a, struct str mechanism, struct str exporter);
must_use int scram_client_first(struct scram *s, struct str message);
/* The keys are copied. E_TOOBIG: more than SCRAM_KEYS_MOST. `random` comes from the kernel. */
must_use int scram_challenge(struct scram *s, const struct scram_account *account, const uint8_t random[SCRAM_RANDOM]);
must_use int scram_client_final(struct scram *s, struct str message, size_t *ret_index);

/* For a name that is unknown or has no app password. secret: a key of the installation. */
must_use int scram_account_unknown(struct str secret, struct str user, struct scram_account *ret);
/* The password as the client will use it (SASLprep leaves printable ASCII as it is). E_SYNTAX: it is something else; E_IO. */
must_use int scram_keys_make(struct str password, const uint8_t salt[SCRAM_SALT], uint32_t iterations, struct scram_keys *ret);

#endif
