#include "ipc/front_end.h"

void front_ends_set(struct front_ends *f, const struct conf *c)
{
	f->count = 0;
	for (unsigned i = 0; i < c->server.proxy_from_count && i < CONF_LIST_MAX; i++)
		if (net_prefix_parse(str_c(c->server.proxy_from[i]), &f->nets[f->count]) == OK)
			f->count++;
}

bool front_ends_have(const struct front_ends *f, const struct net_address *peer)
{
	for (size_t i = 0; i < f->count; i++)
		if (net_prefix_has(&f->nets[i], peer))
			return true;
	return false;
}
