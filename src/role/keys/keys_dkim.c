#include "role/keys/keys_dkim.h"

#include "proto/dns_env/dns_env.h"

#include <stdio.h>

void keys_dkim_init(struct keys_dkim *d, const struct keys_dkim_env *env)
{
	*d = (struct keys_dkim){ .env = env, .keys = mem_new_array(struct keys_dkim_key *, KEYS_DKIM_MAX) };
}

void keys_dkim_done(struct keys_dkim *d)
{
	for (size_t i = 0; i < d->count; i++) {
		dkim_private_done(&d->keys[i]->key);
		mem_free(d->keys[i]);
	}
	mem_free(d->keys);
	*d = (struct keys_dkim){ 0 };
}

struct load { struct keys_dkim *d; void (*on_bad)(struct str name, int err); };

static void load_one(void *ctx, struct str domain, struct str selector, struct str bytes, int err)
{
	struct load *l = ctx;
	struct dkim_private key;
	char name[KEY_DOMAIN_MAX + KEY_SELECTOR_MAX + 2];
	int r = err == OK ? dkim_private_read(bytes, &key) : err;
	if (r == OK && l->d->count == KEYS_DKIM_MAX) {
		dkim_private_done(&key);
		r = E_FULL;
	}
	if (r != OK) {
		int n = snprintf(name, sizeof name, "%.*s/%.*s", (int)domain.n, domain.p, (int)selector.n, selector.p);
		l->on_bad((struct str){ name, n > 0 ? (size_t)n : 0 }, r);
		return;
	}
	struct keys_dkim_key *k = mem_new(struct keys_dkim_key);
	memcpy(k->domain, domain.p, domain.n);
	memcpy(k->selector, selector.p, selector.n);
	k->key = key;
	l->d->keys[l->d->count++] = k;
}

void keys_dkim_load(struct keys_dkim *d, int dir, void (*on_bad)(struct str name, int err))
{
	key_folder_each(dir, load_one, &(struct load){ d, on_bad });
}

bool keys_dkim_signs(const struct keys_dkim_key *k) { return k->key.state == DKIM_KEY_ACTIVE; }

struct str keys_dkim_domain(const struct keys_dkim *d, struct str name)
{
	struct str best = STR("");
	for (size_t i = 0; i < d->count; i++) {
		struct str domain = str_c(d->keys[i]->domain);
		if (keys_dkim_signs(d->keys[i]) && domain.n > best.n && dns_env_name_is_below(name, domain))
			best = domain;
	}
	return best;
}

struct keys_dkim_key *keys_dkim_find(const struct keys_dkim *d, struct str domain, struct str selector)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_ieq(str_c(d->keys[i]->domain), domain) && str_ieq(str_c(d->keys[i]->selector), selector))
			return d->keys[i];
	return NULL;
}
