/* Heap memory. Running out of it ends the process (the parent starts the role again): recovery code for
 * that case is worse than the restart. Nothing else in the tree calls malloc, realloc, calloc or free. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/err.h"

#include <stddef.h>

void *mem_alloc(size_t n) must_use;              /* zeroed, never NULL */
void *mem_resize(void *p, size_t n) must_use;    /* as realloc, never NULL; new bytes are not zeroed */
void mem_free(void *p);                          /* takes NULL */

/* A zeroed object of a type, or an array of them. The product is checked. */
#define mem_new(type) ((type *)mem_alloc(sizeof(type)))
#define mem_new_array(type, n) ((type *)mem_alloc_array((n), sizeof(type)))
void *mem_alloc_array(size_t n, size_t size) must_use;
void *mem_resize_array(void *p, size_t n, size_t size) must_use;

#endif
