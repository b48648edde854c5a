#include "proto/audit/audit_entry.h"

#include <sodium.h>

enum { VERSION = 1 };

_Static_assert(AUDIT_HASH == crypto_hash_sha256_BYTES, "SHA-256");

static void hash_of(const unsigned char before[AUDIT_HASH], struct str body, unsigned char ret[AUDIT_HASH])
{
	static const struct str domain = STR_INIT("ceralacca audit 1");
	crypto_hash_sha256_state h;
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const unsigned char *)domain.p, domain.n);
	crypto_hash_sha256_update(&h, before, AUDIT_HASH);
	crypto_hash_sha256_update(&h, (const unsigned char *)body.p, body.n);
	crypto_hash_sha256_final(&h, ret);
}

/* A text that can be shown: cut where no character is cut, what is no character or controls the terminal replaced. */
static void write_text(struct bufw *w, struct str text, size_t most)
{
	char clean[AUDIT_DETAIL_MAX + 4];
	size_t n = 0;
	while (text.n && n < most) {
		char c[4];
		uint32_t point = utf8_take(&text);
		bool shown = point != UTF8_BAD && point >= 0x20 && (point < 0x7f || point > 0x9f);
		size_t k = utf8_encode(shown ? point : '?', c);
		if (n + k > most)
			break;
		memcpy(clean + n, c, k);
		n += k;
	}
	write_str(w, (struct str){ clean, n });
}

int audit_entry_write(struct buf *out, const struct audit_entry *e, const unsigned char before[AUDIT_HASH], unsigned char ret_hash[AUDIT_HASH])
{
	size_t start = out->n;
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	write_u64(&w, e->number);
	write_u64(&w, (uint64_t)e->time_ms);
	write_text(&w, e->by, AUDIT_BY_MAX);
	write_text(&w, e->from, AUDIT_FROM_MAX);
	write_text(&w, e->act, AUDIT_ACT_MAX);
	write_text(&w, e->target, AUDIT_TARGET_MAX);
	write_text(&w, e->detail, AUDIT_DETAIL_MAX);
	if (w.err == OK) {
		hash_of(before, (struct str){ out->p + start, out->n - start }, ret_hash);
		bufw_put(&w, ret_hash, AUDIT_HASH);
	}
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int audit_entry_read(struct str bytes, struct audit_entry *ret, unsigned char ret_hash[AUDIT_HASH])
{
	struct reader r = reader_of(bytes);
	struct audit_entry e;
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	e.number = read_u64(&r);
	e.time_ms = (int64_t)read_u64(&r);
	e.by = read_str(&r, AUDIT_BY_MAX);
	e.from = read_str(&r, AUDIT_FROM_MAX);
	e.act = read_str(&r, AUDIT_ACT_MAX);
	e.target = read_str(&r, AUDIT_TARGET_MAX);
	e.detail = read_str(&r, AUDIT_DETAIL_MAX);
	struct str hash = read_bytes(&r, AUDIT_HASH);
	if (reader_end(&r) != OK)
		return E_CORRUPT;
	memcpy(ret_hash, hash.p, AUDIT_HASH);
	*ret = e;
	return OK;
}

int audit_entry_follow(struct str bytes, uint64_t number, unsigned char before[AUDIT_HASH])
{
	struct audit_entry e;
	unsigned char stored[AUDIT_HASH], computed[AUDIT_HASH];
	if (audit_entry_read(bytes, &e, stored) != OK || e.number != number)
		return E_CORRUPT;
	hash_of(before, str_first(bytes, bytes.n - AUDIT_HASH), computed);
	if (memcmp(stored, computed, AUDIT_HASH) != 0)
		return E_CORRUPT;
	memcpy(before, computed, AUDIT_HASH);
	return OK;
}
