/* The scheduler's priority of a thread. */
#ifndef OS_PRIORITY_H
#define OS_PRIORITY_H

/* The calling thread stands back behind others by this many steps of nice(2), for good. What the system does not grant is left. */
void priority_lower(int steps);

#endif
