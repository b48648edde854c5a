/* The guard: events of all roles in, decisions out. Pure: time is an argument, memory is bounded at birth, nothing is written or sent.
 *
 * Never bans loopback (unless the setup says so), the safe list, or an address (or the network of one) from which an administrator signed in lately: the
 * decision is then an alert that says so (A90). A network where people sign in well gets a higher limit, and an account's failures
 * where it has signed in before do not count against the address (rules say which, see guard_rules.h).
 *
 * Time is in milliseconds and should be monotonic. Steps do no harm (B52): backwards, the guard's own clock stands for that moment
 * and goes on; forwards, counters age. Durations are relative, so that bans do not depend on it.
 *
 * Counters lie in tables of fixed size under secret hashes. When a row is full, the least suspicious and oldest goes. */
#ifndef GUARD_H
#define GUARD_H

#include "proto/guard/guard_rules.h"

struct guard;

enum { GUARD_DECISIONS_MAX = 16, GUARD_SAFE_MAX = 1024, GUARD_ADMINS_MAX = 64 };

struct guard_net { struct ip_address address; uint8_t bits; };          /* bits behind the prefix are zero */

struct guard_setup {
	uint8_t key[16];                /* random, secret */
	size_t counters;                /* rounded up to a power of two, at least 8; 72 bytes each */
	size_t memories;                /* of passwords tried and of where accounts signed in; rounded up, 16 bytes each */
	uint32_t admin_s;               /* how long the address of an administrator's sign-in is safe */
	bool ban_loopback;              /* tests: loopback is an address like any other */
};

enum guard_spared { GUARD_NOT_SPARED, GUARD_SPARED_LOOPBACK, GUARD_SPARED_SAFE, GUARD_SPARED_ADMIN };

struct guard_decision {
	int64_t now_ms;                 /* as given with the event */
	const struct guard_rule *rule;  /* valid until the rules are replaced */
	unsigned actions;               /* of enum guard_action; those spared are left out */
	enum guard_spared spared;       /* why an address was not banned */
	enum guard_kind kind;           /* of the event that crossed the limit */
	struct guard_net net;           /* whom, where the key holds an address; else bits 0 */
	struct ip_address source;       /* of that event */
	uint64_t account, helo, domain; /* whom, where the key holds it; else 0 */
	uint32_t asn;
	uint32_t seconds;               /* how long */
	uint32_t offence;               /* 1: the first */
	uint32_t measured, of, limit;   /* of: the other count of a ratio; limit: with its allowance for a shared address */
};

struct guard *guard_new(const struct guard_setup *setup, const struct guard_rules *rules);
void guard_free(struct guard *g);
void guard_set_rules(struct guard *g, const struct guard_rules *rules);         /* copied */
const struct guard_rules *guard_current_rules(const struct guard *g);
must_use int guard_set_safe(struct guard *g, const struct guard_net *nets, size_t n);  /* replaces, copied; E_TOOBIG */

/* Takes one event. Returns how many decisions came of it, usually none. One and the same offence is told once: while a decision
 * lasts, its rule says nothing more about its target. */
unsigned guard_feed(struct guard *g, int64_t now_ms, const struct guard_event *e, struct guard_decision ret[GUARD_DECISIONS_MAX]);

/* Lifts a ban: forgets what rules with an address as key have counted for it, and its offences. */
void guard_forget(struct guard *g, struct ip_address address);
/* The same for rules with an account as key: after an unlock. */
void guard_forget_account(struct guard *g, uint64_t account);

/* After a restart: the target of a decision that still stands has offended so often, and until then its rule says nothing new. */
void guard_restore(struct guard *g, int64_t now_ms, enum guard_key key, const struct guard_net *net, uint64_t account, uint32_t seconds, uint32_t offence);
/* Whether a ban of the network would be left out, and why. */
enum guard_spared guard_spares(struct guard *g, int64_t now_ms, const struct guard_net *net);

size_t guard_memory(const struct guard *g);             /* bytes, constant from birth */
struct guard_net guard_net_of(struct ip_address a, unsigned bits);
/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"; bits behind the prefix are cleared. E_SYNTAX. */
must_use int guard_net_parse(struct str text, struct guard_net *ret);
struct str guard_net_text(const struct guard_net *net, char text[IP_TEXT_MAX + 4]);

/* Why, for people: one line without its end. `who` names the account, where the caller knows it; may be empty. */
must_use int guard_decision_text(const struct guard_decision *d, struct str who, struct buf *out);
must_use int guard_decision_json(const struct guard_decision *d, struct buf *out);

/* Runs a file of events (guard_event_parse, a line each; empty lines and "#" comments are passed over) and appends a line for each
 * decision, JSON or text. On failure *reterr_line is the line. */
must_use int guard_simulate(struct guard *g, struct str events, const uint8_t key[16], bool json, struct buf *out, unsigned *reterr_line);

#endif
