/* What the roles tell the guard, one event each time something happens. Names of people, hosts and passwords never come in: only
 * hashes of them under a key of this server (guard_hash, or the caller's own), so that the guard can compare but not tell. */
#ifndef GUARD_EVENT_H
#define GUARD_EVENT_H

#include "proto/dns_env/ip_address.h"

/* name in rules and in event files, and when it is sent */
#define GUARD_EVENTS(X) \
	X(CONNECT, "connect")                   /* a connection was accepted */ \
	X(EARLY_TALK, "greeting-early-talk")    /* input before the greeting, or pipelined where it is not allowed */ \
	X(JUNK, "command-junk")                 /* no command, or one that is not known */ \
	X(HTTP, "http-verb")                    /* GET, POST and so on to a mail port */ \
	X(BARE_NEWLINE, "bare-newline")         /* a bare CR or LF where CRLF must be; some old senders do that */ \
	X(SMUGGLING, "smuggling")               /* a bare line end around a dot, followed by commands */ \
	X(TLS_FAILED, "tls-failed")             /* a handshake that did not end well */ \
	X(AUTH_OK, "auth-ok")                   /* signed in; GUARD_ADMIN when it is an administrator */ \
	X(AUTH_FAILED, "auth-failed")           /* wrong password or factor; secret: digest of what was tried */ \
	X(AUTH_UNKNOWN, "auth-unknown")         /* no such account; account: hash of the name that was tried */ \
	X(RCPT_OK, "rcpt-ok") \
	X(RCPT_UNKNOWN, "rcpt-unknown")         /* value: hash of the recipient */ \
	X(VRFY, "vrfy")                         /* VRFY and EXPN */ \
	X(RELAY_DENIED, "relay-denied")         /* value: hash of the recipient */ \
	X(MESSAGE_IN, "message-in")             /* number: recipients */ \
	X(MESSAGE_OUT, "message-out")           /* of an account; number: recipients; fresh: those never written to before */ \
	X(BOUNCE, "bounce")                     /* a message of an account came back */ \
	X(SLOW, "slow")                         /* a session ended because its peer was too slow */ \
	X(ROLE_CRASH, "role-crash")             /* a worker died while it ran this source's session; value: the crash */ \
	X(NEW_DEVICE, "new-device") \
	X(NEW_COUNTRY, "new-country") \
	X(TRAVEL, "impossible-travel")

enum guard_kind {
#define GUARD_ENUM(name, text) GUARD_##name,
	GUARD_EVENTS(GUARD_ENUM)
#undef GUARD_ENUM
	GUARD_KINDS
};

enum guard_flag { GUARD_ADMIN = 1 << 0 };

struct guard_event {
	enum guard_kind kind;
	unsigned flags;
	struct ip_address source;       /* the true client: behind a PROXY front end, what that says; all zero: none */
	uint32_t asn;                   /* 0: not known; from a database, where one is given */
	uint64_t account;               /* hash of the account's address; 0: none */
	uint64_t secret;                /* hash of account and tried password under a key; 0: none */
	uint64_t helo, domain;          /* hashes; 0: none */
	uint64_t value;                 /* what "distinct value" counts */
	uint32_t number, fresh;
};

const char *guard_kind_name(enum guard_kind kind);
must_use int guard_kind_parse(struct str name, enum guard_kind *ret);           /* E_NOTFOUND */

/* One line of an event file:
 *	1700000000.250 auth-failed from=192.0.2.1 account=anna secret=old helo=phone domain=example.org value=x number=3 fresh=1 asn=64500 admin
 * The time is in seconds since any start, with up to three decimals; it comes first, the kind second, the rest in any order, each at
 * most once. Words become hashes under `key`. *ret_ms is the time. E_SYNTAX, E_TOOBIG. */
must_use int guard_event_parse(struct str line, const uint8_t key[16], int64_t *ret_ms, struct guard_event *ret);

uint64_t guard_hash(const uint8_t key[16], struct str bytes);           /* SipHash-2-4 */

#endif
