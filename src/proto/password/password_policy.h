/* What a password must be, and how long it may serve: profiles and their check.
 *
 * A profile is a row of numbers, the knobs; one table names each with its bounds, and writes, reads, shows and sets them. A knob of 0
 * asks for nothing, so that a profile of zeros accepts every password that has a normal form.
 *
 * Built in: "default" (12 characters; three of four classes or high strength; not breached; history of 10 with near-copies; one year) and
 * "nist" (SP 800-63B-4 3.1.1: 15 characters, since a password may stand alone; not breached; no classes, no expiry). */
#ifndef PASSWORD_POLICY_H
#define PASSWORD_POLICY_H

#include "proto/password/password_breached.h"

enum { PASSWORD_PROFILE_NAME_MAX = 64, PASSWORD_HISTORY_MAX = 32, PASSWORD_WORDS_MAX = 64, PASSWORD_DAY = 86400 };

struct password_profile {
	struct str name;
	uint64_t length_least;              /* characters (code points), not bytes */
	uint64_t upper_least, lower_least, digit_least, symbol_least;      /* how many of each kind there must be */
	uint64_t classes_least;             /* of these four kinds, how many must occur at all */
	uint64_t strength_instead;          /* bits of strength that make up for missing classes */
	uint64_t strength_least;            /* bits by the estimate of zxcvbn */
	uint64_t words_refused;             /* 1: parts of name, address, domain, company, and the given words */
	uint64_t word_least;                /* shorter words than this do not count */
	uint64_t patterns_refused;          /* 1: rows ("abcdef"), few different characters, a common word with trimmings */
	uint64_t breached_refused;          /* 1: what the filter knows */
	uint64_t history;                   /* how many old passwords may not come back; their hashes are kept */
	uint64_t history_near;              /* 1: nor near-copies of them */
	uint64_t age_least;                 /* seconds that a password stays before its owner may change it again */
	uint64_t age_most;                  /* seconds until it must be changed */
	uint64_t warning;                   /* seconds before that in which its owner is warned */
	uint64_t change_before;             /* unix seconds: whatever was set before this moment must be changed at the next sign-in */
};

extern const struct password_profile password_profile_default, password_profile_nist;
const struct password_profile *password_profile_built_in(struct str name);        /* NULL: none of that name */

/* ---- the knobs by name, for the command line and the store ---- */

struct password_knob { const char *name; size_t offset; uint64_t most; const char *unit; };
extern const struct password_knob password_knobs[];
extern const size_t password_knob_count;
const struct password_knob *password_knob_find(struct str name);                  /* NULL: none of that name */
uint64_t password_knob_get(const struct password_profile *p, const struct password_knob *k);
must_use int password_knob_set(struct password_profile *p, const struct password_knob *k, uint64_t value);       /* E_TOOBIG */

/* Version, name, and a (name, value) pair for each knob: an older program passes over knobs that it does not know, and one that is
 * missing keeps its value of 0. The name points into the bytes. E_CORRUPT; E_UNSUPPORTED: another version. */
must_use int password_profile_write(struct buf *out, const struct password_profile *p);
must_use int password_profile_read(struct str bytes, struct password_profile *ret);

/* ---- the check ---- */

enum password_fault {
	PASSWORD_UNTYPABLE, PASSWORD_TOO_LONG, PASSWORD_TOO_SHORT, PASSWORD_FEW_UPPER, PASSWORD_FEW_LOWER, PASSWORD_FEW_DIGITS,
	PASSWORD_FEW_SYMBOLS, PASSWORD_FEW_CLASSES, PASSWORD_WEAK, PASSWORD_FEW_DIFFERENT, PASSWORD_ROW, PASSWORD_COMMON, PASSWORD_HAS_WORD,
	PASSWORD_BREACHED, PASSWORD_NEAR_CURRENT, PASSWORD_USED_BEFORE, PASSWORD_TOO_SOON, PASSWORD_FAULT_COUNT
};

/* What is known of the person; each part may be empty. */
struct password_person {
	struct str name, address, company;
	const struct str *words;            /* more words that may not occur: product names, say */
	size_t word_count;
};

struct password_check {
	const struct password_profile *profile;
	struct password_person person;
	const struct breached *breached;    /* NULL: none at hand, the knob asks for nothing */
	struct str current;                 /* the password in clear that is being replaced, when its owner has just typed it; or "" */
	const struct str *history;          /* hashes, newest first. None for a check while somebody types: each costs an argon2 */
	size_t history_count;
	int64_t changed_at, now;            /* unix seconds; changed_at 0: never, or an administrator sets the password: no PASSWORD_TOO_SOON */
};

struct password_reason { enum password_fault fault; struct str text; };
/* Each fault occurs once at most. The texts are sentences for the person, without the password or a part of it. */
struct password_reasons { struct password_reason list[PASSWORD_FAULT_COUNT]; size_t count; double bits; };

/* All reasons why this password is not accepted; none: it is. Text and working memory are in the arena (128 KiB at most); what was copied
 * of the password is wiped. With a history it takes up to PASSWORD_VARIANTS_MAX argon2 for each hash: call it in the pool. */
void password_policy_check(struct arena *a, const struct password_check *c, struct str password, struct password_reasons *ret);
const char *password_fault_name(enum password_fault f);         /* "too-short": for JSON and tests */

/* ---- age ---- */

enum password_age_state { PASSWORD_AGE_FINE, PASSWORD_AGE_WARN, PASSWORD_AGE_EXPIRED, PASSWORD_AGE_FORCED };
struct password_age { enum password_age_state state; int64_t seconds_left; };        /* until expiry; INT64_MAX: it does not expire */
/* forced: an administrator set the password, or asked this person to change it. A moment of change in the future counts as now (B52). */
struct password_age password_age(const struct password_profile *p, int64_t changed_at, bool forced, int64_t now);

#endif
