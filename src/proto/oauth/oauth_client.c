#include "proto/oauth/oauth_client.h"

#include "proto/http/http_chars.h"
#include "proto/http/http_target.h"

enum { VERSION = 1, SCHEME_MAX = 64 };

bool oauth_client_id_valid(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_is_alnum(id.p[i]) && id.p[i] != '-' && id.p[i] != '.' && id.p[i] != '_')
			return false;
	return id.n && id.n <= OAUTH_CLIENT_ID_MAX;
}

/* What turns the direction of text, or is not seen, would let one client look like another (A95). */
static bool is_hidden(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == UTF8_BAD;
}

bool oauth_client_name_valid(struct str name)
{
	size_t n = name.n;
	while (name.n)
		if (is_hidden(utf8_take(&name)))
			return false;
	return n && n <= OAUTH_CLIENT_NAME_MAX;
}

struct parts { struct str scheme, host, rest; uint16_t port; bool has_authority; };

static bool scheme_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
			return false;
	return s.n && s.n <= SCHEME_MAX && ascii_is_alpha(s.p[0]);
}

static bool rest_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!http_is_pchar(s.p[i]) && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '%')
			return false;
	return true;
}

/* scheme ":" ["//" host [":" port]] rest */
static bool split(struct str uri, struct parts *ret)
{
	struct parts p = { 0 };
	if (uri.n > OAUTH_REDIRECT_MAX || str_find(uri, ':') == STR_NPOS)
		return false;
	p.scheme = str_until(&uri, ':');
	p.has_authority = str_take(&uri, STR("//"));
	size_t end = 0;
	while (p.has_authority && end < uri.n && uri.p[end] != '/' && uri.p[end] != '?')
		end++;
	struct str authority = str_take_n(&uri, end);
	p.rest = uri;
	if (!scheme_valid(p.scheme) || !rest_valid(p.rest) || (p.has_authority && http_host_parse(authority, &p.host, &p.port) != OK))
		return false;
	*ret = p;
	return true;
}

static bool is_loopback(const struct parts *p)
{
	return str_eq(p->scheme, STR("http")) &&
		(str_eq(p->host, STR("127.0.0.1")) || str_eq(p->host, STR("[::1]")) || str_eq(p->host, STR("localhost")));
}

static bool is_private(const struct parts *p)
{
	return !p->has_authority && str_find(p->scheme, '.') != STR_NPOS && p->rest.n && p->rest.p[0] == '/';
}

bool oauth_redirect_valid(struct str uri)
{
	struct parts p;
	return split(uri, &p) && ((p.has_authority && str_eq(p.scheme, STR("https"))) || is_loopback(&p) || is_private(&p));
}

static bool matches(struct str registered, struct str uri)
{
	struct parts a, b;
	if (str_eq(registered, uri))
		return true;
	return split(registered, &a) && split(uri, &b) && is_loopback(&a) && is_loopback(&b) && str_eq(a.host, b.host) && str_eq(a.rest, b.rest);
}

bool oauth_client_redirects(const struct oauth_client *c, struct str uri)
{
	if (!oauth_redirect_valid(uri))
		return false;
	for (size_t i = 0; i < c->redirect_count; i++)
		if (matches(c->redirects[i], uri))
			return true;
	return false;
}

struct str oauth_redirect_source(struct arena *a, struct str uri)
{
	struct parts p;
	if (!split(uri, &p))
		return STR("");
	if (!p.has_authority)
		return arena_printf(a, STR_FMT ":", STR_ARG(p.scheme));
	if (!p.port)
		return arena_printf(a, STR_FMT "://" STR_FMT, STR_ARG(p.scheme), STR_ARG(p.host));
	return arena_printf(a, STR_FMT "://" STR_FMT ":%u", STR_ARG(p.scheme), STR_ARG(p.host), p.port);
}

struct str oauth_redirect_host(struct str uri)
{
	struct parts p;
	if (!split(uri, &p))
		return STR("");
	return p.has_authority ? p.host : p.scheme;
}

static const struct { struct str name; unsigned bit; } scopes[] = {
	{ STR_INIT("imap"), OAUTH_SCOPE_IMAP }, { STR_INIT("smtp"), OAUTH_SCOPE_SMTP }, { STR_INIT("pop3"), OAUTH_SCOPE_POP3 },
	{ STR_INIT("sieve"), OAUTH_SCOPE_SIEVE }, { STR_INIT("jmap"), OAUTH_SCOPE_JMAP },
};

static unsigned scope_bit(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		if (str_eq(scopes[i].name, name))
			return scopes[i].bit;
	return 0;
}

/* "offline_access" asks for a refresh token, which everybody gets: many programs send it. */
int oauth_scope_read(struct str text, unsigned standard, unsigned most, unsigned *ret)
{
	unsigned scope = 0;
	while (text.n) {
		struct str name = str_until(&text, ' ');
		unsigned bit = scope_bit(name);
		if (!bit && name.n && !str_eq(name, STR("offline_access")))
			return E_SYNTAX;
		scope |= bit;
	}
	scope = scope ? scope : standard;
	if (scope & ~most)
		return E_DENIED;
	*ret = scope;
	return OK;
}

struct str oauth_scope_write(unsigned scope, char out[OAUTH_SCOPE_TEXT])
{
	size_t n = 0;
	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		if (!(scope & scopes[i].bit))
			continue;
		if (n)
			out[n++] = ' ';
		memcpy(out + n, scopes[i].name.p, scopes[i].name.n);
		n += scopes[i].name.n;
	}
	return (struct str){ out, n };
}

int oauth_client_encode(struct buf *out, const struct oauth_client *c)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	write_str(&w, c->id);
	write_str(&w, c->name);
	write_u32(&w, c->flags);
	write_u32(&w, c->scope);
	write_u64(&w, (uint64_t)c->created);
	write_varint(&w, c->redirect_count);
	for (size_t i = 0; i < c->redirect_count; i++)
		write_str(&w, c->redirects[i]);
	return w.err;
}

static bool client_valid(const struct oauth_client *c)
{
	for (size_t i = 0; i < c->redirect_count; i++)
		if (!oauth_redirect_valid(c->redirects[i]))
			return false;
	return oauth_client_id_valid(c->id) && oauth_client_name_valid(c->name) && !(c->scope & ~(unsigned)OAUTH_SCOPE_ALL);
}

int oauth_client_decode(struct str bytes, struct oauth_client *ret)
{
	struct reader r = reader_of(bytes);
	struct oauth_client c = { 0 };
	bool known = read_u8(&r) == VERSION;
	c.id = read_str(&r, OAUTH_CLIENT_ID_MAX);
	c.name = read_str(&r, OAUTH_CLIENT_NAME_MAX);
	c.flags = read_u32(&r);
	c.scope = read_u32(&r);
	c.created = (int64_t)read_u64(&r);
	uint64_t n = read_varint(&r);
	if (!known || r.err != OK || n > OAUTH_REDIRECTS_MAX)
		return E_CORRUPT;
	while (c.redirect_count < n)
		c.redirects[c.redirect_count++] = read_str(&r, OAUTH_REDIRECT_MAX);
	if (reader_end(&r) != OK || !client_valid(&c))
		return E_CORRUPT;
	*ret = c;
	return OK;
}
