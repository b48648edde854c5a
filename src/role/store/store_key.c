#include "role/store/store_record.h"

static void put(struct store_key *k, const void *p, size_t n)
{
	memcpy(k->p + k->n, p, n);
	k->n += n;
}

static void put32(struct store_key *k, uint32_t v)
{
	unsigned char b[4] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8),
			       (unsigned char)v };
	put(k, b, sizeof b);
}

static void put64(struct store_key *k, uint64_t v)
{
	put32(k, (uint32_t)(v >> 32));
	put32(k, (uint32_t)v);
}

static void start(struct store_key *k, uint32_t account, enum store_kind kind)
{
	char c = (char)kind;
	k->n = 0;
	put32(k, account);
	put(k, &c, 1);
}

struct store_key store_key_account(uint32_t account, enum store_kind kind)
{
	struct store_key k;
	start(&k, account, kind);
	return k;
}

struct store_key store_key_account_end(uint32_t account)
{
	struct store_key k;
	k.n = 0;
	put32(&k, account + 1);
	return k;
}

struct store_key store_key_32(uint32_t account, enum store_kind kind, uint32_t a)
{
	struct store_key k;
	start(&k, account, kind);
	put32(&k, a);
	return k;
}

struct store_key store_key_64(uint32_t account, enum store_kind kind, uint64_t a)
{
	struct store_key k;
	start(&k, account, kind);
	put64(&k, a);
	return k;
}

struct store_key store_key_32_32(uint32_t account, enum store_kind kind, uint32_t a, uint32_t b)
{
	struct store_key k = store_key_32(account, kind, a);
	put32(&k, b);
	return k;
}

struct store_key store_key_32_64(uint32_t account, enum store_kind kind, uint32_t a, uint64_t b)
{
	struct store_key k = store_key_32(account, kind, a);
	put64(&k, b);
	return k;
}

struct store_key store_key_64_32(uint32_t account, enum store_kind kind, uint64_t a, uint32_t b)
{
	struct store_key k = store_key_64(account, kind, a);
	put32(&k, b);
	return k;
}

struct store_key store_key_note(uint32_t account, uint32_t mailbox, struct str name)
{
	struct store_key k = store_key_32(account, STORE_KIND_NOTE, mailbox);
	name = str_first(name, STORE_NOTE_NAME_MAX);
	put(&k, name.n ? name.p : "", name.n);
	return k;
}

struct store_key store_key_sender(uint32_t account, struct str address)
{
	struct store_key k;
	start(&k, account, STORE_KIND_SENDER);
	address = str_first(address, STORE_ADDRESS_MAX);
	for (size_t i = 0; i < address.n; i++)
		k.p[k.n++] = ascii_lower(address.p[i]);
	return k;
}

struct store_key store_key_summary(uint32_t account, uint64_t email)
{
	struct store_key k;
	k.n = 0;
	put32(&k, account);
	put64(&k, email);
	return k;
}

struct store_key store_key_chunk(uint64_t blob, uint32_t chunk)
{
	struct store_key k;
	k.n = 0;
	put64(&k, blob);
	put32(&k, chunk);
	return k;
}

struct store_key store_key_name(char kind, struct str name)
{
	struct store_key k;
	k.p[0] = kind;
	k.n = 1;
	name = str_first(name, sizeof k.p - 32);
	put(&k, name.n ? name.p : "", name.n);
	return k;
}

struct store_key store_key_id32(char kind, uint32_t id)
{
	struct store_key k;
	k.p[0] = kind;
	k.n = 1;
	put32(&k, id);
	return k;
}

struct store_key store_key_id64(char kind, uint64_t id)
{
	struct store_key k;
	k.p[0] = kind;
	k.n = 1;
	put64(&k, id);
	return k;
}

struct store_key store_key_due(int64_t due, uint64_t id)
{
	struct store_key k = store_key_id64(STORE_Q_DUE, due < 0 ? 0 : (uint64_t)due);
	put64(&k, id);
	return k;
}

struct store_key store_key_destination(struct str destination, uint64_t id)
{
	struct store_key k = store_key_name(STORE_Q_DESTINATION, destination);
	put(&k, "", 1);
	put64(&k, id);
	return k;
}

struct store_key store_key_after(const struct store_key *k)
{
	struct store_key after = *k;
	while (after.n && (unsigned char)after.p[after.n - 1] == 0xff)
		after.n--;
	if (after.n)
		after.p[after.n - 1] = (char)((unsigned char)after.p[after.n - 1] + 1);
	return after;
}

uint32_t store_key_tail32(struct str key)
{
	struct reader r = reader_of(str_skip(key, key.n < 4 ? key.n : key.n - 4));
	return read_be32(&r);
}

uint64_t store_key_tail64(struct str key)
{
	struct reader r = reader_of(str_skip(key, key.n < 8 ? key.n : key.n - 8));
	return read_be64(&r);
}

uint32_t store_key_first32(struct str key)
{
	struct reader r = reader_of(str_skip(key, 5));
	return read_be32(&r);
}

uint64_t store_key_first64(struct str key)
{
	struct reader r = reader_of(str_skip(key, 5));
	return read_be64(&r);
}
