/* The keys that sign mail: the table, and the life of each (proto/dkim/dkim_private.h has the states). What changes is written by the parent
 * before it counts here, so that a restart at any instant finds what was said. One change at a time: the caller sees to it. */
#ifndef ROLE_KEYS_KEYS_DKIM_H
#define ROLE_KEYS_KEYS_DKIM_H

#include "ipc/key_folder.h"
#include "proto/dkim/dkim_private.h"

enum { KEYS_DKIM_MAX = 4096, KEYS_DKIM_OF_DOMAIN = 16 };

struct keys_dkim_key { char domain[KEY_DOMAIN_MAX + 1], selector[KEY_SELECTOR_MAX + 1]; struct dkim_private key; };

struct keys_dkim_times { int64_t rotate_after, publish_wait, retire_after; };     /* seconds; rotate_after 0: never by itself */

struct keys_dkim_env {
	/* Makes the file durable; empty bytes remove it. May wait. */
	int (*put)(struct str domain, struct str selector, struct str bytes);
	int (*make)(enum dkim_algorithm algorithm, struct dkim_private *ret);
	int64_t (*now)(void);
	void (*tell)(const char *event, const struct keys_dkim_key *k);         /* for the log */
};

struct keys_dkim {
	const struct keys_dkim_env *env;
	struct keys_dkim_key **keys;
	size_t count;
};

void keys_dkim_init(struct keys_dkim *d, const struct keys_dkim_env *env);
void keys_dkim_done(struct keys_dkim *d);
/* dir: the open folder of keys. on_bad hears of files that are of no use; the others count. */
void keys_dkim_load(struct keys_dkim *d, int dir, void (*on_bad)(struct str name, int err));

/* The longest domain at or above the name that has a key in use; empty: none. */
struct str keys_dkim_domain(const struct keys_dkim *d, struct str name);
struct keys_dkim_key *keys_dkim_find(const struct keys_dkim *d, struct str domain, struct str selector);  /* NULL */
bool keys_dkim_signs(const struct keys_dkim_key *k);

/* ---- keys_dkim_life.c ---- */
/* Makes what is missing so that each algorithm has a key in use: the first ones sign at once, since nothing is lost by it. */
must_use int keys_dkim_begin(struct keys_dkim *d, struct str domain);
/* Makes a successor for each key in use that has none yet. E_NOTFOUND: the domain has no keys. */
must_use int keys_dkim_rotate(struct keys_dkim *d, struct str domain);
/* Takes a key out of use now. E_NOTFOUND; E_DENIED: it is the only one of its algorithm, and nothing could sign in its place. */
must_use int keys_dkim_retire(struct keys_dkim *d, struct str domain, struct str selector);
/* Removes all keys of a domain. */
must_use int keys_dkim_drop(struct keys_dkim *d, struct str domain);
/* What DNS says about a key that waits. E_NOTFOUND. */
must_use int keys_dkim_seen(struct keys_dkim *d, struct str domain, struct str selector, bool visible);
/* What time brings: successors for old keys, the switch to those that were visible long enough, the end of retired ones. */
must_use int keys_dkim_tick(struct keys_dkim *d, const struct keys_dkim_times *t);

#endif
