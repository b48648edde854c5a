#include "base/codec.h"

struct reader reader_of(struct str bytes)
{
	return (struct reader){ .rest = bytes };
}

struct str read_bytes(struct reader *r, size_t n)
{
	if (r->err == OK && r->rest.n < n)
		r->err = E_PROTO;
	return r->err == OK ? str_take_n(&r->rest, n) : STR("");
}

static uint64_t read_le(struct reader *r, unsigned bytes)
{
	struct str s = read_bytes(r, bytes);
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
	return v;
}

static uint64_t read_be(struct reader *r, unsigned bytes)
{
	struct str s = read_bytes(r, bytes);
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[i];
	return v;
}

uint8_t read_u8(struct reader *r) { return (uint8_t)read_le(r, 1); }
uint16_t read_u16(struct reader *r) { return (uint16_t)read_le(r, 2); }
uint32_t read_u32(struct reader *r) { return (uint32_t)read_le(r, 4); }
uint64_t read_u64(struct reader *r) { return read_le(r, 8); }
uint32_t read_be32(struct reader *r) { return (uint32_t)read_be(r, 4); }
uint64_t read_be64(struct reader *r) { return read_be(r, 8); }

uint64_t read_varint(struct reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t b = read_u8(r);
		if (shift == 63 && b > 1)
			break;
		v |= (b & 0x7f) << shift;
		if (!(b & 0x80))
			return r->err == OK ? v : 0;
	}
	r->err = E_PROTO;
	return 0;
}

struct str read_str(struct reader *r, size_t max)
{
	uint64_t n = read_varint(r);
	if (r->err == OK && n > max)
		r->err = E_PROTO;
	return r->err == OK ? read_bytes(r, (size_t)n) : STR("");
}

int reader_end(struct reader *r)
{
	if (r->err == OK && r->rest.n)
		r->err = E_PROTO;
	return r->err;
}

static void write_le(struct bufw *w, uint64_t v, unsigned bytes)
{
	unsigned char b[8];
	for (unsigned i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> (8 * i));
	bufw_put(w, b, bytes);
}

static void write_be(struct bufw *w, uint64_t v, unsigned bytes)
{
	unsigned char b[8];
	for (unsigned i = 0; i < bytes; i++)
		b[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
	bufw_put(w, b, bytes);
}

void write_u8(struct bufw *w, uint8_t v) { write_le(w, v, 1); }
void write_u16(struct bufw *w, uint16_t v) { write_le(w, v, 2); }
void write_u32(struct bufw *w, uint32_t v) { write_le(w, v, 4); }
void write_u64(struct bufw *w, uint64_t v) { write_le(w, v, 8); }
void write_be32(struct bufw *w, uint32_t v) { write_be(w, v, 4); }
void write_be64(struct bufw *w, uint64_t v) { write_be(w, v, 8); }

void write_varint(struct bufw *w, uint64_t v)
{
	unsigned char b[10];
	size_t n = 0;
	do {
		b[n] = (unsigned char)(v & 0x7f);
		v >>= 7;
		if (v)
			b[n] |= 0x80;
		n++;
	} while (v);
	bufw_put(w, b, n);
}

void write_str(struct bufw *w, struct str s)
{
	write_varint(w, s.n);
	bufw_str(w, s);
}
