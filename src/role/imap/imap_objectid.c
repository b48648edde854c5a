#include "role/imap/imap.h"

#include <stdio.h>

struct str imap_emailid(uint64_t email, char *room)
{
	int n = snprintf(room, IMAP_EMAILID_MAX, "M%llx", (unsigned long long)email);
	return (struct str){ room, (size_t)n };
}
