/* Secrets: constant-time comparison and wiping that the compiler does not remove. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

bool secret_eq(struct str a, struct str b);     /* time depends on the lengths only */
void secret_wipe(void *p, size_t n);

#endif
