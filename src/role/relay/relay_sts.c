#include "role/relay/relay_sts.h"

enum { ID_MAX = 32 };

void relay_sts_read(struct arena *a, struct str record, int64_t now, struct relay_sts *ret)
{
	struct reader r = reader_of(record);
	struct relay_sts s = { .tried = (int64_t)read_u64(&r), .fetched = (int64_t)read_u64(&r) };
	s.id = read_str(&r, ID_MAX);
	s.text = read_str(&r, STS_POLICY_MAX);
	if (reader_end(&r) != OK)
		s = (struct relay_sts){ 0 };
	s.valid = s.fetched <= now && sts_policy_parse(a, s.text, &s.policy) == OK && now - s.fetched <= (int64_t)s.policy.max_age;
	*ret = s;
}

void relay_sts_write(struct bufw *w, const struct relay_sts *s)
{
	write_u64(w, (uint64_t)s->tried);
	write_u64(w, (uint64_t)s->fetched);
	write_str(w, s->id);
	write_str(w, s->text);
}

/* One that stands is fetched anew in the second half of its time, so that it does not run out between two mails. */
bool relay_sts_wants(const struct relay_sts *s, struct str id, int64_t now)
{
	bool waits = s->tried && s->tried <= now && now - s->tried < RELAY_STS_AGAIN_S;
	if (!id.n || waits)
		return false;
	return !s->valid || !str_eq(s->id, id) || now - s->fetched > (int64_t)s->policy.max_age / 2;
}
