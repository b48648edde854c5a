/* What the guard keeps in the store's role records: sentences (guard_record.h) and signed rules (guard_ruling.h). */
#ifndef ROLE_GUARD_GUARD_KEEP_H
#define ROLE_GUARD_GUARD_KEEP_H

#include "role/guard/guard_role.h"

void keep_start(void);                          /* reads what stood, as soon as the store answers; then writes what changes */
void keep_changed(const struct standing *t);    /* it has changed, or goes; it is written soon */
uint64_t keep_unsaved(void);                    /* that wait to be written */

/* In a fiber. Puts the kept rules in force, when there are any; those whose signature does not count any more are passed over. */
must_use int keep_read_rules(void);
must_use int keep_rules(struct str text, struct str signature);        /* durable when it returns OK */
must_use int keep_no_rules(void);

#endif
