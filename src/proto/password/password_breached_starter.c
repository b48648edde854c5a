#include "proto/password/password_breached_file.h"

#include <stdlib.h>

/* password_breached_bytes.S */
extern const char breached_starter_bytes[], breached_starter_end[];

const struct breached *breached_starter(void)
{
	static _Thread_local struct breached b;
	if (!b.seeds && breached_open(str_range(breached_starter_bytes, breached_starter_end), &b) != OK)
		abort();        /* the program's own bytes: a build gone wrong, which the unit test shows */
	return &b;
}
