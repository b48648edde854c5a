#include "role/relay/relay_sts.h"

int relay_sts_read(struct arena *a, struct str record, int64_t now, struct sts_policy *ret)
{
	struct reader r = reader_of(record);
	struct sts_policy policy;
	int64_t fetched = (int64_t)read_u64(&r);
	if (r.err != OK || sts_policy_parse(a, r.rest, &policy) != OK)
		return E_NOTFOUND;
	if (fetched > now || now - fetched > (int64_t)policy.max_age)
		return E_NOTFOUND;
	*ret = policy;
	return OK;
}

void relay_sts_write(struct bufw *w, int64_t fetched, struct str text)
{
	write_u64(w, (uint64_t)fetched);
	bufw_str(w, text);
}
