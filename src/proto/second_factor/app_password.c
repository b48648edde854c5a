#include "proto/second_factor/app_password.h"

#include <openssl/sha.h>

enum { VERSION = 1, GROUP = 4, BITS4 = 32, BITS6 = 128 };

/* ---- making ---- */

static void hash_letters(const char letters[APP_PASSWORD_LETTERS], uint8_t out[APP_PASSWORD_HASH])
{
	static const char use[] = "ceralacca app password";
	unsigned char text[sizeof use + APP_PASSWORD_LETTERS];
	memcpy(text, use, sizeof use);
	memcpy(text + sizeof use, letters, APP_PASSWORD_LETTERS);
	SHA256(text, sizeof text, out);
	secret_wipe(text, sizeof text);
}

static void write_groups(const char letters[APP_PASSWORD_LETTERS], char out[APP_PASSWORD_TEXT])
{
	for (size_t i = 0; i < APP_PASSWORD_LETTERS; i++) {
		if (i && i % GROUP == 0)
			*out++ = '-';
		*out++ = letters[i];
	}
	*out = '\0';
}

int app_password_new(const uint8_t random[APP_PASSWORD_LETTERS], const uint8_t salt[SCRAM_SALT], struct app_password *ret,
	char ret_text[APP_PASSWORD_TEXT])
{
	char letters[APP_PASSWORD_LETTERS], text[APP_PASSWORD_TEXT];
	struct scram_keys keys;
	for (size_t i = 0; i < sizeof letters; i++)
		letters[i] = (char)('a' + random[i] % 26);
	write_groups(letters, text);
	int r = scram_keys_make(str_c(text), salt, SCRAM_ITERATIONS, &keys);
	if (r == OK) {
		memcpy(ret->id, letters, APP_PASSWORD_ID);
		hash_letters(letters, ret->hash);
		ret->scram = keys;
		memcpy(ret_text, text, sizeof text);
	}
	secret_wipe(letters, sizeof letters);
	secret_wipe(text, sizeof text);
	return r;
}

/* ---- finding ---- */

static int read_letters(struct str text, char out[APP_PASSWORD_LETTERS])
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '-' || text.p[i] == ' ')
			continue;
		if (!ascii_is_alpha(text.p[i]) || n == APP_PASSWORD_LETTERS)
			return E_SYNTAX;
		out[n++] = ascii_lower(text.p[i]);
	}
	return n == APP_PASSWORD_LETTERS ? OK : E_SYNTAX;
}

bool app_password_looks_like(struct str text)
{
	char letters[APP_PASSWORD_LETTERS];
	bool like = read_letters(text, letters) == OK;
	secret_wipe(letters, sizeof letters);
	return like;
}

int app_password_find(const struct app_password *list, size_t count, struct str text, size_t *ret)
{
	char letters[APP_PASSWORD_LETTERS];
	uint8_t hash[APP_PASSWORD_HASH];
	size_t found = count;
	if (read_letters(text, letters) != OK)
		return E_SYNTAX;
	hash_letters(letters, hash);
	/* the identifier is no secret: it is shown in lists */
	for (size_t i = 0; i < count; i++)
		if (memcmp(list[i].id, letters, APP_PASSWORD_ID) == 0 &&
		    secret_eq((struct str){ (const char *)hash, sizeof hash }, (struct str){ (const char *)list[i].hash, sizeof hash }))
			found = i;
	secret_wipe(letters, sizeof letters);
	if (found == count)
		return E_DENIED;
	*ret = found;
	return OK;
}

enum app_password_verdict app_password_may(const struct app_password *p, enum app_scope scope, struct ip_address from, int64_t now)
{
	if (p->expires && now >= p->expires)
		return APP_PASSWORD_EXPIRED;
	if (!(p->scope & scope))
		return APP_PASSWORD_WRONG_SCOPE;
	if (p->has_network && !ip_matches(ip_unmapped(from), p->network, p->network_bits))
		return APP_PASSWORD_WRONG_NETWORK;
	return APP_PASSWORD_GOOD;
}

/* ---- scope and network as text ---- */

static const struct { struct str name; uint32_t bit; } scopes[] = {
	{ STR_INIT("imap"), APP_IMAP }, { STR_INIT("pop3"), APP_POP3 }, { STR_INIT("smtp"), APP_SMTP }, { STR_INIT("sieve"), APP_SIEVE },
	{ STR_INIT("dav"), APP_DAV }, { STR_INIT("jmap"), APP_JMAP },
};

static uint32_t scope_bit(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		if (str_ieq(name, scopes[i].name))
			return scopes[i].bit;
	return 0;
}

int app_scope_parse(struct str text, uint32_t *ret)
{
	uint32_t scope = 0;
	if (str_ieq(text, STR("all"))) {
		*ret = APP_SCOPE_ALL;
		return OK;
	}
	if (str_ends(text, STR(",")))
		return E_SYNTAX;
	while (text.n) {
		uint32_t bit = scope_bit(str_trim(str_until(&text, ',')));
		if (!bit || scope & bit)
			return E_SYNTAX;
		scope |= bit;
	}
	if (!scope)
		return E_SYNTAX;
	*ret = scope;
	return OK;
}

int app_scope_write(struct buf *out, uint32_t scope)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		if (!(scope & scopes[i].bit))
			continue;
		if (out->n > start)
			bufw_c(&w, ",");
		bufw_str(&w, scopes[i].name);
	}
	if (w.err != OK)
		out->n = start;
	return w.err;
}

static bool is_network(struct ip_address a, unsigned bits)
{
	unsigned all = a.v6 ? BITS6 : BITS4;
	if (bits > all)
		return false;
	for (unsigned i = bits; i < all; i++)
		if (a.bytes[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

int app_network_parse(struct str text, struct ip_address *ret, uint8_t *ret_bits)
{
	struct ip_address a;
	size_t slash = str_find(text, '/');
	uint64_t bits;
	if (ip_parse(str_first(text, slash), &a) != OK)
		return E_SYNTAX;
	bits = a.v6 ? BITS6 : BITS4;
	if (slash != STR_NPOS && str_u64(str_skip(text, slash + 1), bits, &bits) != OK)
		return E_SYNTAX;
	if (!is_network(a, (unsigned)bits))
		return E_SYNTAX;
	*ret = a;
	*ret_bits = (uint8_t)bits;
	return OK;
}

/* ---- the stored form ---- */

static bool is_sound(const struct app_password *p)
{
	for (size_t i = 0; i < sizeof p->id; i++)
		if (p->id[i] < 'a' || p->id[i] > 'z')
			return false;
	return p->scope && p->scope <= APP_SCOPE_ALL && p->created >= 0 && p->expires >= 0 && p->last_used >= 0 && utf8_valid(p->name) &&
		!str_has_control(p->name) && (!p->has_network || is_network(p->network, p->network_bits));
}

int app_password_write(struct buf *out, const struct app_password *p)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	if (!is_sound(p) || p->name.n > APP_PASSWORD_NAME_MAX)
		return E_SYNTAX;
	write_u8(&w, VERSION);
	bufw_put(&w, p->id, sizeof p->id);
	bufw_put(&w, p->hash, sizeof p->hash);
	write_str(&w, p->name);
	write_u32(&w, p->scope);
	write_u8(&w, p->has_network);
	write_u8(&w, p->network.v6);
	write_u8(&w, p->network_bits);
	bufw_put(&w, p->network.bytes, sizeof p->network.bytes);
	write_u64(&w, (uint64_t)p->created);
	write_u64(&w, (uint64_t)p->expires);
	write_u64(&w, (uint64_t)p->last_used);
	bufw_put(&w, p->scram.stored, sizeof p->scram.stored);
	bufw_put(&w, p->scram.server, sizeof p->scram.server);
	if (w.err != OK)
		out->n = start;
	return w.err;
}

static void read_into(struct reader *r, void *out, size_t n)
{
	struct str s = read_bytes(r, n);
	if (s.n == n)
		memcpy(out, s.p, n);
}

int app_password_read(struct str bytes, struct app_password *ret)
{
	struct reader r = reader_of(bytes);
	struct app_password p = { .scope = 0 };
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	read_into(&r, p.id, sizeof p.id);
	read_into(&r, p.hash, sizeof p.hash);
	p.name = read_str(&r, APP_PASSWORD_NAME_MAX);
	p.scope = read_u32(&r);
	uint8_t has_network = read_u8(&r), v6 = read_u8(&r);
	p.has_network = has_network;
	p.network.v6 = v6;
	p.network_bits = read_u8(&r);
	read_into(&r, p.network.bytes, sizeof p.network.bytes);
	p.created = (int64_t)read_u64(&r);
	p.expires = (int64_t)read_u64(&r);
	p.last_used = (int64_t)read_u64(&r);
	read_into(&r, p.scram.stored, sizeof p.scram.stored);
	read_into(&r, p.scram.server, sizeof p.scram.server);
	if (reader_end(&r) != OK || has_network > 1 || v6 > 1 || !is_sound(&p))
		return E_CORRUPT;
	*ret = p;
	return OK;
}
