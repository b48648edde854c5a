#include "proto/dkim/dkim_message.h"

#include <stdlib.h>

/* OpenSSL fails here for want of memory only, and that ends the process (base/mem.h). */
static void must(int result)
{
	if (result != 1)
		abort();
}

static EVP_MD_CTX *new_context(void)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	must(md != NULL);
	return md;
}

void dkim_hash_init(struct dkim_hash *h)
{
	h->md = new_context();
	must(EVP_DigestInit_ex(h->md, EVP_sha256(), NULL));
}

void dkim_hash_copy(struct dkim_hash *h, const struct dkim_hash *from)
{
	h->md = new_context();
	must(EVP_MD_CTX_copy_ex(h->md, from->md));
}

void dkim_hash_put(struct dkim_hash *h, struct str bytes) { must(EVP_DigestUpdate(h->md, bytes.p, bytes.n)); }
void dkim_hash_end(struct dkim_hash *h, unsigned char ret[DKIM_HASH_SIZE]) { must(EVP_DigestFinal_ex(h->md, ret, NULL)); }

void dkim_hash_done(struct dkim_hash *h)
{
	EVP_MD_CTX_free(h->md);
	h->md = NULL;
}

static void put_into_hash(void *ctx, struct str bytes) { dkim_hash_put(ctx, bytes); }
struct dkim_sink dkim_hash_sink(struct dkim_hash *h) { return (struct dkim_sink){ .put = put_into_hash, .ctx = h }; }

static uint64_t hash_of_name(struct str name)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)ascii_lower(name.p[i])) * 0x100000001b3u;
	return h;
}

void dkim_message_init(struct dkim_message *m, struct arena *a, struct str header)
{
	struct header_field f;
	*m = (struct dkim_message){ .a = a, .odd_start = str_starts(header, STR(" ")) || str_starts(header, STR("\t")) };
	while (!m->too_many && header_next(&header, &f)) {
		struct dkim_field *field = arena_push(a, &m->fields, &m->count, &m->cap, sizeof *field);
		*field = (struct dkim_field){ .f = f, .name_hash = hash_of_name(f.name) };
		m->too_many = m->count > DKIM_FIELDS_MAX;
	}
}

void dkim_message_done(struct dkim_message *m)
{
	for (size_t i = 0; i < m->hash_count; i++)
		dkim_hash_done(&m->hashes[i].hash);
	m->hash_count = 0;
}

/* The canonical body goes to all hashes of its kind, to each as far as its limit. */
static void put_body(struct dkim_message *m, enum dkim_canon canon, struct str bytes)
{
	m->bodies[canon].length += bytes.n;
	for (size_t i = 0; i < m->hash_count; i++) {
		struct dkim_body_hash *h = &m->hashes[i];
		if (h->canon != canon || h->taken == h->limit)
			continue;
		uint64_t left = h->limit - h->taken;
		struct str part = left < bytes.n ? str_first(bytes, (size_t)left) : bytes;
		dkim_hash_put(&h->hash, part);
		h->taken += part.n;
	}
}

static void put_simple(void *ctx, struct str bytes) { put_body(ctx, DKIM_SIMPLE, bytes); }
static void put_relaxed(void *ctx, struct str bytes) { put_body(ctx, DKIM_RELAXED, bytes); }

static void want_canon(struct dkim_message *m, enum dkim_canon canon)
{
	if (m->bodies[canon].wanted)
		return;
	m->bodies[canon].wanted = true;
	dkim_canon_body_init(&m->bodies[canon].canon, canon, (struct dkim_sink){ canon == DKIM_SIMPLE ? put_simple : put_relaxed, m });
}

const struct dkim_body_hash *dkim_message_want(struct dkim_message *m, enum dkim_canon canon, uint64_t limit)
{
	for (size_t i = 0; i < m->hash_count; i++)
		if (m->hashes[i].canon == canon && m->hashes[i].limit == limit)
			return &m->hashes[i];
	size_t places = limit == DKIM_NO_LIMIT ? DKIM_BODY_HASHES_MAX : DKIM_BODY_HASHES_MAX - COUNT_OF(m->bodies);
	if (m->hash_count >= places)
		return NULL;
	want_canon(m, canon);
	struct dkim_body_hash *h = &m->hashes[m->hash_count++];
	*h = (struct dkim_body_hash){ .canon = canon, .limit = limit };
	dkim_hash_init(&h->hash);
	return h;
}

void dkim_message_body(struct dkim_message *m, struct str piece)
{
	for (size_t i = 0; i < COUNT_OF(m->bodies); i++)
		if (m->bodies[i].wanted)
			dkim_canon_body_put(&m->bodies[i].canon, piece);
}

void dkim_message_body_end(struct dkim_message *m)
{
	for (size_t i = 0; i < COUNT_OF(m->bodies); i++)
		if (m->bodies[i].wanted)
			dkim_canon_body_end(&m->bodies[i].canon);
	for (size_t i = 0; i < m->hash_count; i++)
		dkim_hash_end(&m->hashes[i].hash, m->hashes[i].digest);
}

uint64_t dkim_message_body_length(const struct dkim_message *m, enum dkim_canon canon) { return m->bodies[canon].length; }

static const struct dkim_field *find(const struct dkim_message *m, struct str name, uint64_t name_hash, const struct dkim_field *below)
{
	for (size_t i = below ? (size_t)(below - m->fields) : m->count; i-- > 0;)
		if (m->fields[i].name_hash == name_hash && str_ieq(m->fields[i].f.name, name))
			return &m->fields[i];
	return NULL;
}

const struct dkim_field *dkim_message_find(const struct dkim_message *m, struct str name, const struct dkim_field *below)
{
	return find(m, name, hash_of_name(name), below);
}

/* How far a name of h= has come: another entry of that name goes on from there. */
struct cursor { uint64_t name_hash; const struct dkim_field *last; bool exhausted; };

static struct cursor *cursor_of(struct cursor *cursors, size_t *count, uint64_t name_hash)
{
	for (size_t i = 0; i < *count; i++)
		if (cursors[i].name_hash == name_hash)
			return &cursors[i];
	cursors[*count] = (struct cursor){ .name_hash = name_hash };
	return &cursors[(*count)++];
}

static const struct dkim_field *take_next(const struct dkim_message *m, struct cursor *c, struct str name, const struct dkim_field *own)
{
	if (c->exhausted)
		return NULL;
	const struct dkim_field *f = find(m, name, c->name_hash, c->last);
	if (f && f == own)
		f = find(m, name, c->name_hash, f);
	c->exhausted = !f;
	c->last = f;
	return f;
}

void dkim_message_put_fields(const struct dkim_message *m, enum dkim_canon canon, const struct str *names, size_t count,
			     const struct dkim_field *own, struct dkim_sink out)
{
	struct cursor cursors[DKIM_NAMES_MAX];
	size_t cursor_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct cursor *c = cursor_of(cursors, &cursor_count, hash_of_name(names[i]));
		const struct dkim_field *f = take_next(m, c, names[i], own);
		if (f)
			dkim_canon_field(canon, &f->f, out);
	}
}

static struct dkim_verdict check_body(const struct dkim_message *m, const struct dkim_signature *s, const struct dkim_body_hash *want)
{
	if (!want)
		return (struct dkim_verdict){ DKIM_POLICY, STR("too many kinds of body hash in one message") };
	if (want->taken < s->length && s->length != DKIM_NO_LIMIT)
		return (struct dkim_verdict){ DKIM_PERMERROR, arena_printf(m->a, "l=%llu is more than the body has (%llu octets)",
									    (unsigned long long)s->length, (unsigned long long)want->taken) };
	if (!str_eq(s->body_hash, (struct str){ (const char *)want->digest, DKIM_HASH_SIZE }))
		return (struct dkim_verdict){ DKIM_FAIL, STR("the body was changed after signing") };
	return (struct dkim_verdict){ DKIM_PASS, STR("") };
}

struct dkim_verdict dkim_message_verify(const struct dkim_message *m, const struct dkim_field *field, const struct dkim_signature *s,
					const struct dkim_body_hash *want, struct dns_env *dns, struct dkim_key *ret_key)
{
	unsigned char digest[DKIM_HASH_SIZE];
	struct dkim_key key;
	struct dkim_hash hash;
	if (m->too_many)
		return (struct dkim_verdict){ DKIM_POLICY, STR("the message has too many header fields") };
	if (s->algorithm == DKIM_RSA_SHA1)
		return (struct dkim_verdict){ DKIM_PERMERROR, STR("rsa-sha1 proves nothing any more (RFC 8301)") };
	struct dkim_verdict v = check_body(m, s, want);
	if (v.code == DKIM_PASS)
		v = dkim_key_fetch(dns, s->selector, s->domain, &key);
	if (v.code != DKIM_PASS)
		return v;
	*ret_key = key;
	dkim_hash_init(&hash);
	dkim_message_put_fields(m, s->header_canon, s->names, s->name_count, field, dkim_hash_sink(&hash));
	dkim_canon_own_field(s->header_canon, &field->f, s->hole, dkim_hash_sink(&hash));
	dkim_hash_end(&hash, digest);
	dkim_hash_done(&hash);
	return dkim_key_verify(m->a, &key, s->algorithm, digest, s->signature);
}
