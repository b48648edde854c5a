/* The guard's process: events of all roles go into the engine (proto/guard), what it decides becomes sentences, which stand for a time, are
 * told to those who carry them out, and outlive a restart. It opens no file and no socket. */
#ifndef ROLE_GUARD_GUARD_ROLE_H
#define ROLE_GUARD_GUARD_ROLE_H

#include "ipc/ipc.h"
#include "proto/guard/guard.h"

extern struct guard *guard_engine;

/* ---- guard_sentence.c: what stands ---- */
enum { SENTENCES_MAX = 65536, WHY_MAX = 320, BY_HAND_MOST_S = 10 * 365 * 86400 };

/* Whom: a network, an account, or both together. */
struct guard_target { struct guard_net net; uint64_t account; };

struct sentence {
	struct sentence *next;                  /* of the same target, for another rule */
	char rule[GUARD_NAME_MAX + 1];          /* "by-hand" for one of an administrator */
	enum guard_key key;                     /* of that rule */
	unsigned actions;                       /* of enum guard_action */
	uint32_t seconds, offence;
	int64_t since;                          /* unix seconds, for people */
	int64_t until_ms;                       /* clock_mono_ms */
	char why[WHY_MAX];
};

enum { STANDING_KEY = 27 };
struct standing {
	struct guard_target target;
	struct sentence *first;
	int64_t told[BAN_ACTS];                 /* until when, as front ends were told; 0: nothing */
	char key[STANDING_KEY];
};

/* Adds, or replaces the one of the same rule. At SENTENCES_MAX targets one that ends soon makes room. The standing is valid until the next turn. */
struct standing *sentence_pass(const struct guard_target *target, const struct sentence *s);
struct standing *sentence_find(const struct guard_target *target);
void sentence_lift(struct standing *t);         /* all of it */
void sentences_expire(int64_t now_ms);
struct standing *sentence_next(size_t *i);      /* for (size_t i = 0; (t = sentence_next(&i)); ) */
size_t sentence_count(void);
void sentence_key(const struct guard_target *target, char key[STANDING_KEY]);
struct standing *sentence_by_key(const char key[STANDING_KEY]);

/* ---- guard_tell.c: who carries it out ---- */
void guard_tell(struct standing *t);            /* what has changed, to all */
void guard_tell_all(struct channel *c);         /* everything that stands, to one that is new; nothing before guard_tell_complete */
void guard_tell_complete(void);                 /* what stood before the restart is known again: to all */

/* ---- guard_intake.c: events ---- */
void guard_on_event(struct channel *from, const struct ipc_guard_event_note *m);
void guard_on_crash(struct channel *from, const struct ipc_guard_crash_note *m);
/* Takes one event; passes and logs what is decided. worker: UINT32_MAX for none. */
void guard_take(const struct guard_event *e, enum role role, unsigned worker);

/* ---- guard_recent.c: the last events and decisions, for people; who was there when a process died ---- */
enum { RECENT_EVENTS = 1024, RECENT_DECISIONS = 256 };
struct recent_event { int64_t at_ms, mono_ms; enum role role; unsigned worker; struct guard_event event; };
struct recent_decision { int64_t at; char text[WHY_MAX]; };
void recent_add(const struct guard_event *e, enum role role, unsigned worker);
void recent_decided(const char *text);
const struct recent_event *recent_event(size_t back);          /* 0: the last; NULL: no further */
const struct recent_decision *recent_decision(size_t back);
uint64_t recent_total(void);

/* ---- guard_admin.c ---- */
void guard_on_admin(const struct ipc_request *rq, const struct ipc_guard_admin_req *q);

#endif
