/* The rules of the guard: data, read from text. A file of rules replaces all of them at once.
 *
 *	rule brute-force                        # letters, digits and "-"; unique
 *		events auth-failed auth-unknown*2   # what counts; *2: twice as much (up to *100)
 *		key client                          # see guard_keys below
 *		measure count                       # count | sum number | sum fresh | distinct FIELD | ratio AT-LEAST | sequence
 *		limit 10 in 10m                     # reached within a window of 1s to 30d; for a ratio: "limit 80% in 10m"
 *		action ban alert for 15m escalate 4 most 7d decay 1d
 *		except own                          # own: failures of an account where it has signed in before
 *		shared                              # more people who sign in from there: a higher limit, up to eight times
 *		repeats                             # the same wrong password again counts again
 *
 * distinct FIELD: account, address (the client's network), helo, domain or value; limit at most 128.
 * ratio AT-LEAST EVENT...: `events` in per cent of these, judged when there are AT-LEAST of these.
 * sequence EVENT...: `events` count only within the window after one of these, under the same key.
 * escalate N most TIME decay TIME: each further offence of the same target lasts N times as long; one is forgiven each decay.
 * A line begins with a word of the list; "#" begins a comment. Every rule needs events, key, measure, limit and action. */
#ifndef GUARD_RULES_H
#define GUARD_RULES_H

#include "proto/guard/guard_event.h"

enum { GUARD_RULES_MAX = 64, GUARD_NAME_MAX = 32, GUARD_RULES_TEXT_MAX = 64 * 1024, GUARD_DISTINCT_MAX = 128, GUARD_LIMIT_MAX = 30000 };

/* name; bits of an IPv4 and of an IPv6 address (0: the rule does not look at this family); whether the account is part of it.
 * A client is one line of a provider: an IPv6 customer has a /64 to choose from. */
#define GUARD_KEYS(X) \
	X(ADDRESS, "address", 32, 128, false) \
	X(CLIENT, "client", 32, 64, false) \
	X(SUBNET, "subnet", 24, 64, false) \
	X(NETWORK, "network", 24, 48, false) \
	X(V4_24, "v4/24", 24, 0, false) \
	X(V6_64, "v6/64", 0, 64, false) \
	X(V6_48, "v6/48", 0, 48, false) \
	X(ASN, "asn", 0, 0, false) \
	X(ACCOUNT, "account", 0, 0, true) \
	X(ACCOUNT_CLIENT, "account+client", 32, 64, true) \
	X(ACCOUNT_NETWORK, "account+network", 24, 48, true) \
	X(HELO, "helo", 0, 0, false) \
	X(DOMAIN, "domain", 0, 0, false)

enum guard_key {
#define GUARD_ENUM(name, text, v4, v6, account) GUARD_KEY_##name,
	GUARD_KEYS(GUARD_ENUM)
#undef GUARD_ENUM
	GUARD_KEY_COUNT
};

struct guard_key_form { const char *name; uint8_t v4, v6; bool account; };
extern const struct guard_key_form guard_keys[GUARD_KEY_COUNT];

enum guard_measure { GUARD_COUNT, GUARD_SUM_NUMBER, GUARD_SUM_FRESH, GUARD_DISTINCT, GUARD_RATIO, GUARD_SEQUENCE };
enum guard_field { GUARD_FIELD_ACCOUNT, GUARD_FIELD_ADDRESS, GUARD_FIELD_HELO, GUARD_FIELD_DOMAIN, GUARD_FIELD_VALUE, GUARD_FIELD_COUNT };

/* Bits of guard_rule.actions. What needs an account needs it in the key; tarpit and reject need an address or an account; a ban needs an
 * address and no account. */
#define GUARD_ACTIONS(X) \
	X(TARPIT, "tarpit") X(REJECT, "reject") X(BAN, "ban") X(LOCK, "lock") X(REVOKE, "revoke") X(SECOND_FACTOR, "second-factor") \
	X(HOLD, "hold") X(ALERT, "alert")
enum guard_action_bit {
#define GUARD_ENUM(name, text) GUARD_BIT_##name,
	GUARD_ACTIONS(GUARD_ENUM)
#undef GUARD_ENUM
	GUARD_ACTION_COUNT
};
enum guard_action {
#define GUARD_ENUM(name, text) GUARD_##name = 1 << GUARD_BIT_##name,
	GUARD_ACTIONS(GUARD_ENUM)
#undef GUARD_ENUM
};
enum guard_rule_flag { GUARD_EXCEPT_OWN = 1 << 0, GUARD_SHARED = 1 << 1, GUARD_REPEATS = 1 << 2 };

struct guard_rule {
	char name[GUARD_NAME_MAX + 1];
	uint8_t weight[GUARD_KINDS];            /* of `events`; 0: does not count */
	bool other[GUARD_KINDS];                /* the events of a ratio or sequence */
	enum guard_key key;
	enum guard_measure measure;
	enum guard_field field;
	uint32_t limit, window_s, at_least;     /* limit: per cent for a ratio */
	unsigned actions, flags;
	uint32_t duration_s, factor, most_s, decay_s;       /* factor 1: does not escalate */
	uint64_t id;                            /* hash of the definition: counters outlive a reload where the rule is the same */
};

struct guard_rules { struct guard_rule rule[GUARD_RULES_MAX]; size_t count; };
struct guard_rules_error { unsigned line; const char *what; };

/* E_SYNTAX, E_TOOBIG; *reterr then tells the line (from 1) and what is wrong. */
must_use int guard_rules_load(struct str text, struct guard_rules *ret, struct guard_rules_error *reterr);
/* The text form, which loads to the same rules. */
must_use int guard_rules_write(const struct guard_rules *rules, struct buf *out);
struct str guard_rules_default(void);           /* the text that ships */

const char *guard_action_name(enum guard_action_bit bit);
void guard_time_text(uint32_t seconds, char text[16]);      /* "90s", "15m", "2h", "7d": the largest unit that divides it */

#endif
