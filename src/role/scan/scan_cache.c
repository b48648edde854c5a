#include "role/scan/scan_cache.h"

struct place {
	char *bytes;            /* name, then answers; NULL: empty */
	uint32_t name_n, answers_n, type, rcode, security;
	int64_t until_ms;
};

static struct place places[SCAN_CACHE_PLACES];
static uint64_t seed;

static struct place *place_of(struct str name, uint32_t type)
{
	uint64_t h = (seed ^ type) * 0x9e3779b97f4a7c15u;
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)ascii_lower(name.p[i])) * 0x100000001b3u;
	h ^= h >> 29;
	return &places[h % SCAN_CACHE_PLACES];
}

bool scan_cache_get(struct str name, uint32_t type, int64_t now_ms, struct ipc_dns_rep *ret)
{
	const struct place *p = place_of(name, type);
	if (!p->bytes || p->type != type || now_ms >= p->until_ms || !str_ieq((struct str){ p->bytes, p->name_n }, name))
		return false;
	*ret = (struct ipc_dns_rep){ .rcode = p->rcode, .security = p->security, .answers = { p->bytes + p->name_n, p->answers_n } };
	return true;
}

void scan_cache_put(struct str name, uint32_t type, int64_t now_ms, const struct ipc_dns_rep *rep)
{
	uint32_t seconds = rep->ttl < SCAN_CACHE_SECONDS_MAX ? rep->ttl : SCAN_CACHE_SECONDS_MAX;
	if (seconds == 0 || name.n > 255 || rep->answers.n > SCAN_CACHE_ANSWER_MAX)
		return;
	struct place *p = place_of(name, type);
	mem_free(p->bytes);
	*p = (struct place){ .bytes = mem_alloc(name.n + rep->answers.n), .name_n = (uint32_t)name.n, .answers_n = (uint32_t)rep->answers.n,
			     .type = type, .rcode = rep->rcode, .security = rep->security, .until_ms = now_ms + (int64_t)seconds * 1000 };
	memcpy(p->bytes, name.p, name.n);
	if (rep->answers.n)
		memcpy(p->bytes + name.n, rep->answers.p, rep->answers.n);
}

void scan_cache_clear(uint64_t new_seed)
{
	seed = new_seed;
	for (size_t i = 0; i < SCAN_CACHE_PLACES; i++) {
		mem_free(places[i].bytes);
		places[i] = (struct place){ .bytes = NULL };
	}
}
