#include "proto/oauth/oauth_record.h"

enum { VERSION = 1 };

static void put_bytes(struct bufw *w, const uint8_t *p, size_t n)
{
	bufw_put(w, p, n);
}

static void get_bytes(struct reader *r, uint8_t *p, size_t n)
{
	struct str s = read_bytes(r, n);
	if (s.n == n)
		memcpy(p, s.p, n);
}

/* Times are sums later: what no clock shows is damage. */
static int64_t read_time(struct reader *r)
{
	uint64_t t = read_u64(r);
	if (t >> 48 && r->err == OK)
		r->err = E_PROTO;
	return r->err == OK ? (int64_t)t : 0;
}

/* Every record starts with its version; ends where it ends. */
static int finish(struct reader *r, bool known)
{
	return reader_end(r) == OK && known ? OK : E_CORRUPT;
}

int oauth_code_encode(struct buf *out, const struct oauth_code *c)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	put_bytes(&w, c->hash, OAUTH_HASH);
	put_bytes(&w, c->grant, OAUTH_ID);
	write_u32(&w, c->account);
	write_str(&w, c->address);
	write_str(&w, c->client);
	write_str(&w, c->redirect);
	write_str(&w, c->challenge);
	write_u32(&w, c->scope);
	write_u64(&w, (uint64_t)c->until);
	write_u8(&w, c->spent);
	return w.err;
}

int oauth_code_decode(struct str bytes, struct oauth_code *ret)
{
	struct reader r = reader_of(bytes);
	struct oauth_code c = { 0 };
	bool known = read_u8(&r) == VERSION;
	get_bytes(&r, c.hash, OAUTH_HASH);
	get_bytes(&r, c.grant, OAUTH_ID);
	c.account = read_u32(&r);
	c.address = read_str(&r, OAUTH_ADDRESS_MAX);
	c.client = read_str(&r, OAUTH_CLIENT_ID_MAX);
	c.redirect = read_str(&r, OAUTH_REDIRECT_MAX);
	c.challenge = read_str(&r, OAUTH_CHALLENGE);
	c.scope = read_u32(&r);
	c.until = read_time(&r);
	c.spent = read_u8(&r) != 0;
	int err = finish(&r, known);
	if (err == OK)
		*ret = c;
	return err;
}

int oauth_device_encode(struct buf *out, const struct oauth_device *d)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	put_bytes(&w, d->hash, OAUTH_HASH);
	write_u32(&w, d->account);
	write_str(&w, d->address);
	write_str(&w, d->client);
	write_str(&w, d->peer);
	write_u32(&w, d->scope);
	write_u32(&w, d->state);
	write_u32(&w, d->interval);
	write_u64(&w, (uint64_t)d->until);
	write_u64(&w, (uint64_t)d->polled);
	return w.err;
}

int oauth_device_decode(struct str bytes, struct oauth_device *ret)
{
	struct reader r = reader_of(bytes);
	struct oauth_device d = { 0 };
	bool known = read_u8(&r) == VERSION;
	get_bytes(&r, d.hash, OAUTH_HASH);
	d.account = read_u32(&r);
	d.address = read_str(&r, OAUTH_ADDRESS_MAX);
	d.client = read_str(&r, OAUTH_CLIENT_ID_MAX);
	d.peer = read_str(&r, OAUTH_PEER_MAX);
	d.scope = read_u32(&r);
	d.state = read_u32(&r);
	d.interval = read_u32(&r);
	d.until = read_time(&r);
	d.polled = read_time(&r);
	int err = finish(&r, known && d.state < OAUTH_DEVICE_STATES && d.interval <= OAUTH_INTERVAL_MOST);
	if (err == OK)
		*ret = d;
	return err;
}

static void write_access(struct bufw *w, const struct oauth_access *a)
{
	put_bytes(w, a->hash, OAUTH_HASH);
	write_u32(w, a->scope);
	write_u64(w, (uint64_t)a->until);
}

int oauth_grant_encode(struct buf *out, const struct oauth_grant *g)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	write_u32(&w, g->account);
	write_str(&w, g->address);
	write_str(&w, g->client);
	write_str(&w, g->peer);
	write_u32(&w, g->scope);
	write_u64(&w, (uint64_t)g->created);
	write_u64(&w, (uint64_t)g->used);
	write_u64(&w, (uint64_t)g->until);
	put_bytes(&w, g->refresh, OAUTH_HASH);
	write_varint(&w, g->access_count);
	for (size_t i = 0; i < g->access_count; i++)
		write_access(&w, &g->access[i]);
	return w.err;
}

static void read_access(struct reader *r, struct oauth_grant *g)
{
	uint64_t n = read_varint(r);
	if (n > OAUTH_ACCESS_MOST && r->err == OK)
		r->err = E_PROTO;
	for (; r->err == OK && g->access_count < n; g->access_count++) {
		struct oauth_access *a = &g->access[g->access_count];
		get_bytes(r, a->hash, OAUTH_HASH);
		a->scope = read_u32(r);
		a->until = read_time(r);
	}
}

int oauth_grant_decode(struct str bytes, struct oauth_grant *ret)
{
	struct reader r = reader_of(bytes);
	struct oauth_grant g = { 0 };
	bool known = read_u8(&r) == VERSION;
	g.account = read_u32(&r);
	g.address = read_str(&r, OAUTH_ADDRESS_MAX);
	g.client = read_str(&r, OAUTH_CLIENT_ID_MAX);
	g.peer = read_str(&r, OAUTH_PEER_MAX);
	g.scope = read_u32(&r);
	g.created = read_time(&r);
	g.used = read_time(&r);
	g.until = read_time(&r);
	get_bytes(&r, g.refresh, OAUTH_HASH);
	read_access(&r, &g);
	int err = finish(&r, known);
	if (err == OK)
		*ret = g;
	return err;
}

int oauth_session_encode(struct buf *out, const struct oauth_session *s)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	put_bytes(&w, s->hash, OAUTH_HASH);
	write_u32(&w, s->account);
	write_str(&w, s->address);
	write_str(&w, s->peer);
	write_str(&w, s->agent);
	write_u64(&w, (uint64_t)s->created);
	write_u64(&w, (uint64_t)s->used);
	return w.err;
}

int oauth_session_decode(struct str bytes, struct oauth_session *ret)
{
	struct reader r = reader_of(bytes);
	struct oauth_session s = { 0 };
	bool known = read_u8(&r) == VERSION;
	get_bytes(&r, s.hash, OAUTH_HASH);
	s.account = read_u32(&r);
	s.address = read_str(&r, OAUTH_ADDRESS_MAX);
	s.peer = read_str(&r, OAUTH_PEER_MAX);
	s.agent = read_str(&r, OAUTH_AGENT_MAX);
	s.created = read_time(&r);
	s.used = read_time(&r);
	int err = finish(&r, known);
	if (err == OK)
		*ret = s;
	return err;
}
