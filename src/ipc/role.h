/* The names of the roles, as numbers. The table is roles.def. */
#ifndef IPC_ROLE_H
#define IPC_ROLE_H

#include "base/base.h"

enum role {
#define ROLE(NAME, name, workers, purpose, may) ROLE_##NAME,
#include "ipc/roles.def"
	ROLE_COUNT
};

enum role_workers { ROLE_WORKERS_ONE, ROLE_WORKERS_PER_CORE };

struct role_info { const char *name, *purpose, *may; enum role_workers workers; };
struct role_edge { enum role from, to; const char *why; };

extern const struct role_info role_table[ROLE_COUNT];
extern const struct role_edge role_edges[];
extern const size_t role_edge_count;

const char *role_name(unsigned role);                       /* "?" for what is no role */
must_use int role_by_name(struct str name, enum role *ret);
bool role_wired(enum role from, enum role to);

#endif
