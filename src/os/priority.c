#include "os/priority.h"

#include <sys/resource.h>

/* On Linux this is the thread's own, not the process's. */
void priority_lower(int steps)
{
	(void)setpriority(PRIO_PROCESS, 0, steps);
}
