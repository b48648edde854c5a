/* What reader and builder of the filter of breached passwords share; password_breached.h describes the form. */
#ifndef PASSWORD_BREACHED_FILE_H
#define PASSWORD_BREACHED_FILE_H

#include "proto/password/password_breached.h"

enum { BREACHED_VERSION = 1, BREACHED_HEADER = 64, BREACHED_CHECKED = 32 };
enum { BREACHED_SHARD_BITS_MOST = 20, BREACHED_SEGMENT_BITS_MOST = 12, BREACHED_SEGMENTS_MOST = 1 << 16, BREACHED_SEGMENTS_LEAST = 3 };
#define BREACHED_MAGIC "CERABRCH"

struct breached_place { uint64_t slot[3]; uint16_t fingerprint; };

static inline uint64_t breached_shard(uint64_t key, unsigned shard_bits) { return shard_bits ? key >> (64 - shard_bits) : 0; }

/* Three slots in three neighbouring segments of a shard, and what the exclusive or of their contents must be. */
static inline struct breached_place breached_place(uint64_t key, uint32_t seed, unsigned segment_bits, uint32_t segments)
{
	uint64_t h = key + seed * 0x9e3779b97f4a7c15u, length = (uint64_t)1 << segment_bits, mask = length - 1;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	uint64_t first = (uint64_t)((unsigned __int128)h * ((segments - 2) * length) >> 64);
	return (struct breached_place){
		{ first, (first + length) ^ (h >> 18 & mask), (first + 2 * length) ^ (h & mask) }, (uint16_t)(h ^ h >> 32)
	};
}

/* SHA-256 of the parts of a file that its header vouches for. */
void breached_checksum(struct str file, unsigned char out[32]);

#endif
