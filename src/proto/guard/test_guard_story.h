/* Words in which the stories of the guard's tests are told. */
#ifndef TEST_GUARD_STORY_H
#define TEST_GUARD_STORY_H

#include "proto/guard/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint8_t story_key[16] = "0123456789abcdef";

struct story {
	struct guard *g;
	int64_t ms;
	struct guard_decision last;             /* the newest */
	unsigned decisions, bans;
	unsigned actions;                       /* all that were decided */
};

static inline struct guard_rules *default_rules(void)
{
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct guard_rules_error e;
	if (guard_rules_load(guard_rules_default(), rules, &e) != OK)
		fail_msg("line %u: %s", e.line, e.what);
	return rules;
}

static inline struct story begin(void)
{
	struct guard_setup setup = { .counters = 1 << 14, .memories = 1 << 14, .admin_s = 86400 };
	struct story s = { .ms = 1000000 };
	struct guard_rules *rules = default_rules();
	memcpy(setup.key, story_key, sizeof setup.key);
	s.g = guard_new(&setup, rules);
	mem_free(rules);
	return s;
}

static inline void end(struct story *s) { guard_free(s->g); }

static inline uint64_t hash_of(const char *word) { return guard_hash(story_key, str_c(word)) | 1; }

static inline struct ip_address address(const char *text)
{
	struct ip_address a;
	if (ip_parse(str_c(text), &a) != OK)
		fail_msg("%s", text);
	return a;
}

static inline unsigned feed(struct story *s, const struct guard_event *e)
{
	struct guard_decision d[GUARD_DECISIONS_MAX];
	unsigned n = guard_feed(s->g, s->ms, e, d);
	for (unsigned i = 0; i < n; i++) {
		s->last = d[i];
		s->actions |= d[i].actions;
		s->bans += (d[i].actions & GUARD_BAN) != 0;
	}
	s->decisions += n;
	return n;
}

static inline void seconds(struct story *s, int64_t n) { s->ms += n * 1000; }

static inline unsigned happens(struct story *s, enum guard_kind kind, const char *from)
{
	return feed(s, &(struct guard_event){ .kind = kind, .source = address(from) });
}

/* A sign-in: secret 0 for one that names no password. */
static inline unsigned signs_in(struct story *s, enum guard_kind kind, const char *from, uint64_t account, uint64_t secret)
{
	return feed(s, &(struct guard_event){ .kind = kind, .source = address(from), .account = account, .secret = secret });
}

static inline bool decided(const struct story *s, const char *rule) { return s->decisions && strcmp(s->last.rule->name, rule) == 0; }

#endif
