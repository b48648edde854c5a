/* The inside of the guard, shared by its files only. */
#ifndef GUARD_INTERNAL_H
#define GUARD_INTERNAL_H

#include "proto/guard/guard.h"
#include "proto/guard/guard_table.h"

struct guard_admin { struct guard_net net; uint32_t until_s; };

struct guard {
	uint8_t key[16];
	uint64_t secret;                                /* mixed into hashes of values */
	struct guard_rules rules;
	uint8_t of_kind[GUARD_KINDS][GUARD_RULES_MAX];  /* rules that look at a kind */
	uint8_t of_kind_count[GUARD_KINDS];
	uint16_t estimate[GUARD_BITS + 1];              /* distinct values from bits that stand */
	struct guard_table table;
	struct guard_memory memory;
	struct guard_net safe[GUARD_SAFE_MAX];
	size_t safe_count;
	struct guard_admin admin[GUARD_ADMINS_MAX];
	uint32_t admin_s;
	bool ban_loopback;
	int64_t last_ms;                                /* as the caller gave it */
	uint64_t clock_ms;                              /* our own, which never goes back */
	bool started;
};

/* Counters that belong to no rule. */
enum guard_pseudo { GUARD_GOODWILL = 1, GUARD_OFFENCE = 2 };

/* One event on its way, with what was worked out about it. */
struct guard_run {
	struct guard *g;
	const struct guard_event *e;
	uint64_t key_hash[GUARD_KEY_COUNT];
	unsigned known, applies;                        /* bits by enum guard_key: worked out; has a value */
	bool own, repeat;
	bool out, out_known;                            /* the client is banned; looked up already */
	uint32_t now_s;
	struct guard_decision *ret;
	unsigned count;
};

bool guard_key_hash(struct guard_run *u, enum guard_key key, uint64_t *ret);    /* false: the event has no such key */
uint64_t guard_mix(uint64_t key_hash, uint64_t id);
uint32_t guard_people(struct guard_run *u, enum guard_key key);         /* how many sign in well from there, about */
void guard_tick(struct guard *g, int64_t now_ms);
void guard_decide(struct guard_run *u, const struct guard_rule *rule, const struct guard_decision *measured);

#endif
