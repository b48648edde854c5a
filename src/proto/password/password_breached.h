/* Breached passwords: a compact set that answers "was this one in the list?" offline, and its file.
 *
 * The set is a binary fuse filter (Graf and Lemire, 2022, arXiv:2201.01174) with fingerprints of 16 bits: no false negatives; a password
 * that is not in the list is taken for one with probability 1/65536. It needs 20 to 22 bits an entry: 120 KB for 49,000, 2.4 GB for the
 * 900 million of the largest public list. A Bloom filter of that rate needs 23 bits and 16 cache misses; this one needs three.
 *
 * A key is the first 64 bits of the SHA-1 of the password's normal form (password_hash.h), since that is what public lists give: lists of
 * passwords, of "HASH:COUNT" lines, and of ranges (k-anonymity: five digits of the hash name the file, a line holds the other 35).
 *
 * File: a header of 64 bytes, then for each shard a seed (u32), then for each shard its fingerprints (u16); little-endian.
 *     0  "CERABRCH"     8  u16 version 1     10  u8 shard_bits     11  u8 segment_bits     12  u32 segments, per shard
 *     16  u64 entries   24  u64 zero         32  SHA-256 of bytes 0 to 31 and of all that follows byte 63
 * A shard holds the keys that begin with its number. All shards have the same size, so that no table of offsets must be trusted. */
#ifndef PASSWORD_BREACHED_H
#define PASSWORD_BREACHED_H

#include "base/base.h"

struct breached {
	const unsigned char *seeds, *fingerprints;      /* into the bytes given */
	unsigned shard_bits, segment_bits;
	uint32_t segments;
	uint64_t entries;
};

/* Takes the bytes of a file, most likely mapped, which must stay. Looks at the header only: whatever the rest holds, a look-up stays
 * within it. E_CORRUPT: no such file, or its length is not what the header says; E_UNSUPPORTED: another version. */
must_use int breached_open(struct str file, struct breached *ret);
/* Reads all of it and compares the checksum: when a file is taken in, not at each start. OK or E_CORRUPT. */
must_use int breached_verify(struct str file);

bool breached_has_key(const struct breached *b, uint64_t key);
bool breached_has(const struct breached *b, struct str password);       /* in normal form */

/* The list that comes with the program (docs/dependencies.md names its source). */
const struct breached *breached_starter(void);

/* ---- making one ---- */

uint64_t breached_key(struct str password);
/* A line of a list of hashes: hexadecimal digits, then ":COUNT" or nothing; with those of the prefix in front there are 40 digits.
 * E_SYNTAX; E_NOTFOUND: its count is 0 (padding of a range). */
must_use int breached_line(struct str prefix, struct str line, uint64_t *ret_key);
/* Appends a whole file to out. The keys are sorted and doubles dropped in place. E_TOOBIG: the ceiling of out, or more than 2^35 keys;
 * E_IO: no seed was found (it does not happen with keys of a hash). */
must_use int breached_build(uint64_t *keys, size_t count, struct buf *out);

#endif
