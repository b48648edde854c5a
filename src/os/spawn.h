/* Starting a role: this program again, by exec, with a fresh address space and nothing inherited but three descriptors: 2 the log,
 * 3 its channel to the parent, 4 its own folder (absent: closed). The environment is empty but for what names the locale. */
#ifndef OS_SPAWN_H
#define OS_SPAWN_H

#include "base/base.h"

#include <sys/types.h>

must_use int spawn_role(const char *role, int channel, int dir, pid_t *ret);

#endif
