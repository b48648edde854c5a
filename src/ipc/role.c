#include "ipc/role.h"

#define ONE ROLE_WORKERS_ONE
#define PER_CORE ROLE_WORKERS_PER_CORE
const struct role_info role_table[ROLE_COUNT] = {
#define ROLE(NAME, name, workers, purpose, may) { #name, purpose, may, workers },
#include "ipc/roles.def"
};
#undef ONE
#undef PER_CORE

const struct role_edge role_edges[] = {
#define EDGE(FROM, TO, why) { ROLE_##FROM, ROLE_##TO, why },
#include "ipc/roles.def"
};
const size_t role_edge_count = COUNT_OF(role_edges);

const char *role_name(unsigned role)
{
	return role < ROLE_COUNT ? role_table[role].name : "?";
}

int role_by_name(struct str name, enum role *ret)
{
	for (unsigned i = 0; i < ROLE_COUNT; i++)
		if (str_eq(name, str_c(role_table[i].name))) {
			*ret = (enum role)i;
			return OK;
		}
	return E_NOTFOUND;
}

bool role_wired(enum role from, enum role to)
{
	for (size_t i = 0; i < role_edge_count; i++)
		if (role_edges[i].from == from && role_edges[i].to == to)
			return true;
	return from == ROLE_PARENT || to == ROLE_PARENT;
}
