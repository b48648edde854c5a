/* URLs of CATENATE: what parses has a UID and a name that the grammar of mailboxes takes. */
#include "base/base.h"
#include "proto/imap/imap_url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct imap_url u;
	arena_init(&a, 1 << 20, NULL, NULL);
	if (n < 4096 && imap_url_parse(&a, (struct str){ (const char *)data, n }, &u) == OK)
		if (u.uid == 0 || u.mailbox.n == 0 || !utf8_valid(u.mailbox) || str_has_control(u.mailbox) || str_has_control(u.section))
			abort();
	arena_done(&a);
	return 0;
}
