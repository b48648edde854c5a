/* The self-attack of a role, in builds for the walls test only (WALLS_TEST): after the walls went up, each forbidden act is tried
 * from inside and role_run sends the result to the parent as a note. Other builds have none of this. */
#ifndef OS_WALLS_H
#define OS_WALLS_H

#include "base/base.h"

#ifdef WALLS_TEST
void walls_probe(struct buf *report);           /* a line an act: "act<TAB>refused|allowed<TAB>errno" */
#endif

#endif
