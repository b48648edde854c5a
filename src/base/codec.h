/* Fixed-width little-endian fields and length-prefixed strings: the one binary form of messages between
 * roles and of stored records. No struct is ever copied as it lies in memory.
 *
 * The reader is a cursor with a sticky error: read all fields, then ask once (codec_end). Strings point
 * into the input. A read past the end gives 0 or "" and makes the error stick. */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/buf.h"

struct reader { struct str rest; int err; };

struct reader reader_of(struct str bytes);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
uint64_t read_varint(struct reader *r);                 /* LEB128, at most 10 bytes */
struct str read_bytes(struct reader *r, size_t n);
struct str read_str(struct reader *r, size_t max);      /* varint length, then bytes; longer than max is E_PROTO */
must_use int reader_end(struct reader *r);              /* OK when all was read, nothing is left over; else E_PROTO */

void write_u8(struct bufw *w, uint8_t v);
void write_u16(struct bufw *w, uint16_t v);
void write_u32(struct bufw *w, uint32_t v);
void write_u64(struct bufw *w, uint64_t v);
void write_varint(struct bufw *w, uint64_t v);
void write_str(struct bufw *w, struct str s);

/* Big-endian forms sort as numbers: for keys of the store. */
void write_be32(struct bufw *w, uint32_t v);
void write_be64(struct bufw *w, uint64_t v);
uint32_t read_be32(struct reader *r);
uint64_t read_be64(struct reader *r);

static inline void put_le32(void *p, uint32_t v)
{
	unsigned char *b = p;
	for (unsigned i = 0; i < 4; i++)
		b[i] = (unsigned char)(v >> (8 * i));
}

static inline void put_le64(void *p, uint64_t v)
{
	unsigned char *b = p;
	for (unsigned i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> (8 * i));
}

static inline uint32_t get_le32(const void *p)
{
	const unsigned char *b = p;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t get_le64(const void *p)
{
	const unsigned char *b = p;
	return (uint64_t)get_le32(b) | (uint64_t)get_le32(b + 4) << 32;
}

#endif
