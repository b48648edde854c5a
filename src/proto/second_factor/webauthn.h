/* Passkeys: verification of WebAuthn registrations and assertions (W3C Web Authentication Level 3, 7.1 and 7.2). Pure; the pages that
 * call the browser, and the keeping of challenges (one use, a few minutes), are somebody else's.
 *
 * Algorithms: ES256, EdDSA (Ed25519), RS256. Attestation: none, or the packed format signed with the new key itself, which some browsers
 * leave in place; we trust no vendor, so that nothing else would tell us anything.
 *
 * clientDataJSON is compared with what it must be, by the limited algorithm (5.8.1.2, which also fixes how browsers write it): no JSON
 * parser meets it. A frame of another origin is refused. */
#ifndef WEBAUTHN_H
#define WEBAUTHN_H

#include "base/base.h"

enum {
	WEBAUTHN_CHALLENGE = 32, WEBAUTHN_CLIENT_DATA_MAX = 4096, WEBAUTHN_OBJECT_MAX = 8192, WEBAUTHN_ID_MAX = 1023, WEBAUTHN_KEY_MAX = 1024,
	WEBAUTHN_SIGNATURE_MAX = 1024, WEBAUTHN_NAME_MAX = 128, WEBAUTHN_AAGUID = 16
};
enum webauthn_algorithm { WEBAUTHN_ES256 = -7, WEBAUTHN_EDDSA = -8, WEBAUTHN_RS256 = -257 };

struct webauthn_party {
	struct str rp_id;                       /* "mail.example.com": the domain for which passkeys are made */
	const struct str *origins;              /* "https://mail.example.com", exactly as browsers write them */
	size_t origin_count;
	bool verified;                          /* the authenticator must have seen a PIN, finger or face: when no password goes before */
};

struct webauthn_credential {
	struct str id, key;                     /* key: the COSE_Key as it came, checked */
	int algorithm;
	uint32_t counter;
	bool backup_eligible, backed_up;        /* it can be, and is, in a cloud */
	uint8_t aaguid[WEBAUTHN_AAGUID];        /* the model */
	struct str name;                        /* its owner's */
	int64_t created, last_used;
};

struct webauthn_answer { struct str client_data, authenticator_data, signature; };

/* On success id, key, algorithm, counter, backup and aaguid are set, in the arena; name and times are the caller's. That no other account
 * has this id is for the caller to see.
 * E_SYNTAX: malformed; E_DENIED: not what was asked for; E_UNSUPPORTED: algorithm or attestation; *reterr_why says which, for the log. */
must_use int webauthn_register(struct arena *a, const struct webauthn_party *party, const uint8_t challenge[WEBAUTHN_CHALLENGE],
	struct str client_data, struct str attestation_object, struct webauthn_credential *ret, const char **reterr_why);

/* On OK counter and backed_up of the credential have changed and must be kept before the answer leaves.
 * E_SYNTAX, E_DENIED as above; E_STALE: all is right, but the counter did not grow: the key may have been copied. */
must_use int webauthn_verify(const struct webauthn_party *party, const uint8_t challenge[WEBAUTHN_CHALLENGE],
	const struct webauthn_answer *answer, struct webauthn_credential *credential, const char **reterr_why);

/* The stored form; strings point into the bytes. E_CORRUPT; E_UNSUPPORTED: another version. */
must_use int webauthn_credential_write(struct buf *out, const struct webauthn_credential *c);
must_use int webauthn_credential_read(struct str bytes, struct webauthn_credential *ret);

#endif
