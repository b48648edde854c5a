/* The life of keys that sign mail. Each step is written first and counts afterwards. */
#include "role/keys/keys_dkim.h"

#include <stdio.h>
#include <time.h>

static const enum dkim_algorithm algorithms[] = { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };

/* env->put waits, and the table may change meanwhile: pointers to keys stay, places in the table do not. */
static int store(struct keys_dkim *d, const struct keys_dkim_key *k, const struct dkim_private *as)
{
	struct buf text;
	buf_init(&text, KEY_FILE_MAX);
	int r = dkim_private_write(as, &text);
	if (r == OK)
		r = d->env->put(str_c(k->domain), str_c(k->selector), buf_str(&text));
	secret_wipe(text.p, text.cap);
	buf_done(&text);
	return r;
}

static int become(struct keys_dkim *d, struct keys_dkim_key *k, enum dkim_key_state state)
{
	struct dkim_private as = k->key;
	as.state = state;
	as.since = d->env->now();
	int r = store(d, k, &as);
	if (r != OK)
		return r;
	k->key.state = state;
	k->key.since = as.since;
	d->env->tell(dkim_key_state_name(state), k);
	return OK;
}

static int forget(struct keys_dkim *d, struct keys_dkim_key *k)
{
	int r = d->env->put(str_c(k->domain), str_c(k->selector), STR(""));
	size_t i = 0;
	while (r == OK && i < d->count && d->keys[i] != k)
		i++;
	if (r != OK || i == d->count)
		return r;
	d->env->tell("removed", k);
	d->keys[i] = d->keys[--d->count];
	dkim_private_done(&k->key);
	mem_free(k);
	return OK;
}

static bool is_of(const struct keys_dkim_key *k, struct str domain, enum dkim_algorithm algorithm)
{
	return k->key.algorithm == algorithm && str_ieq(str_c(k->domain), domain);
}

static struct keys_dkim_key *in_use(const struct keys_dkim *d, struct str domain, enum dkim_algorithm algorithm)
{
	for (size_t i = 0; i < d->count; i++)
		if (is_of(d->keys[i], domain, algorithm) && keys_dkim_signs(d->keys[i]))
			return d->keys[i];
	return NULL;
}

static struct keys_dkim_key *successor(const struct keys_dkim *d, struct str domain, enum dkim_algorithm algorithm)
{
	for (size_t i = 0; i < d->count; i++)
		if (is_of(d->keys[i], domain, algorithm) && (d->keys[i]->key.state == DKIM_KEY_WAITING || d->keys[i]->key.state == DKIM_KEY_VISIBLE))
			return d->keys[i];
	return NULL;
}

static size_t count_of(const struct keys_dkim *d, struct str domain)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += str_ieq(str_c(d->keys[i]->domain), domain);
	return n;
}

/* "r20261125": algorithm and day; a letter behind it when that is taken. */
static int name_key(const struct keys_dkim *d, struct keys_dkim_key *k)
{
	struct tm tm;
	time_t now = (time_t)d->env->now();
	if (!gmtime_r(&now, &tm))
		return E_IO;
	size_t n = strftime(k->selector, sizeof k->selector, k->key.algorithm == DKIM_ED25519_SHA256 ? "e%Y%m%d" : "r%Y%m%d", &tm);
	for (char c = 'b'; keys_dkim_find(d, str_c(k->domain), str_c(k->selector)); c++) {
		if (c > 'z')
			return E_FULL;
		k->selector[n] = c;
		k->selector[n + 1] = '\0';
	}
	return OK;
}

static int add(struct keys_dkim *d, struct str domain, enum dkim_algorithm algorithm, enum dkim_key_state state)
{
	if (d->count == KEYS_DKIM_MAX || count_of(d, domain) >= KEYS_DKIM_OF_DOMAIN)
		return E_FULL;
	struct keys_dkim_key *k = mem_new(struct keys_dkim_key);
	int r = str_to_c(domain, k->domain, sizeof k->domain);
	if (r == OK)
		r = d->env->make(algorithm, &k->key);
	if (r == OK)
		r = name_key(d, k);
	k->key.state = state;
	k->key.since = d->env->now();
	if (r == OK)
		r = store(d, k, &k->key);
	if (r == OK && d->count < KEYS_DKIM_MAX && !keys_dkim_find(d, domain, str_c(k->selector))) {
		d->keys[d->count++] = k;
		d->env->tell("made", k);
		return OK;
	}
	dkim_private_done(&k->key);
	mem_free(k);
	return r == OK ? E_BUSY : r;
}

int keys_dkim_begin(struct keys_dkim *d, struct str domain)
{
	int r = key_folder_names(domain, STR("x")) ? OK : E_SYNTAX;
	for (size_t i = 0; i < COUNT_OF(algorithms) && r == OK; i++)
		if (!in_use(d, domain, algorithms[i]))
			r = add(d, domain, algorithms[i], DKIM_KEY_ACTIVE);
	return r;
}

int keys_dkim_rotate(struct keys_dkim *d, struct str domain)
{
	int r = count_of(d, domain) ? OK : E_NOTFOUND;
	for (size_t i = 0; i < COUNT_OF(algorithms) && r == OK; i++)
		if (!successor(d, domain, algorithms[i]))
			r = add(d, domain, algorithms[i], DKIM_KEY_WAITING);
	return r;
}

int keys_dkim_retire(struct keys_dkim *d, struct str domain, struct str selector)
{
	struct keys_dkim_key *k = keys_dkim_find(d, domain, selector);
	if (!k)
		return E_NOTFOUND;
	bool other = false;
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct keys_dkim_key *active = in_use(d, domain, algorithms[i]);
		other = other || (active && active != k);
	}
	if (keys_dkim_signs(k) && !other)
		return E_DENIED;
	return k->key.state == DKIM_KEY_RETIRED ? OK : become(d, k, DKIM_KEY_RETIRED);
}

int keys_dkim_drop(struct keys_dkim *d, struct str domain)
{
	int r = OK;
	for (size_t i = d->count; i-- > 0 && r == OK;)
		if (i < d->count && str_ieq(str_c(d->keys[i]->domain), domain))
			r = forget(d, d->keys[i]);
	return r;
}

int keys_dkim_seen(struct keys_dkim *d, struct str domain, struct str selector, bool visible)
{
	struct keys_dkim_key *k = keys_dkim_find(d, domain, selector);
	if (!k)
		return E_NOTFOUND;
	if (k->key.state == DKIM_KEY_WAITING && visible)
		return become(d, k, DKIM_KEY_VISIBLE);
	if (k->key.state == DKIM_KEY_VISIBLE && !visible)
		return become(d, k, DKIM_KEY_WAITING);
	return OK;
}

/* A newer one is in use. The new key signs before the old one retires: there is no moment without one, whatever is cut off. */
static bool superseded(const struct keys_dkim *d, const struct keys_dkim_key *k)
{
	for (size_t i = 0; i < d->count; i++)
		if (is_of(d->keys[i], str_c(k->domain), k->key.algorithm) && keys_dkim_signs(d->keys[i]) && d->keys[i]->key.since > k->key.since)
			return true;
	return false;
}

static int age_active(struct keys_dkim *d, struct keys_dkim_key *k, const struct keys_dkim_times *t)
{
	if (superseded(d, k))
		return become(d, k, DKIM_KEY_RETIRED);
	if (!t->rotate_after || d->env->now() - k->key.since < t->rotate_after || successor(d, str_c(k->domain), k->key.algorithm))
		return OK;
	return add(d, str_c(k->domain), k->key.algorithm, DKIM_KEY_WAITING);
}

static int age(struct keys_dkim *d, struct keys_dkim_key *k, const struct keys_dkim_times *t)
{
	int64_t since = d->env->now() - k->key.since;
	if (k->key.state == DKIM_KEY_VISIBLE && since >= t->publish_wait)
		return become(d, k, DKIM_KEY_ACTIVE);
	if (k->key.state == DKIM_KEY_RETIRED && since >= t->retire_after)
		return forget(d, k);
	return keys_dkim_signs(k) ? age_active(d, k, t) : OK;
}

/* What is not written is tried again at the next tick. */
int keys_dkim_tick(struct keys_dkim *d, const struct keys_dkim_times *t)
{
	int worst = OK;
	for (size_t i = d->count; i-- > 0;) {
		int r = i < d->count ? age(d, d->keys[i], t) : OK;
		if (r != OK)
			worst = r;
	}
	return worst;
}
