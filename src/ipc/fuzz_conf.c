/* The configuration as a role gets it: what decodes is in range, and encodes to what decodes to the same again. */
#include "ipc/conf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct conf c, d;
	struct buf why, first, second;
	if (conf_decode((struct str){ (const char *)data, n }, &c) != OK)
		return 0;
	buf_init(&why, 1024);
	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	if (conf_check(&c, &why) != OK || conf_encode(&c, ROLE_RELAY, &first) != OK || conf_decode(buf_str(&first), &d) != OK)
		abort();
	if (conf_encode(&d, ROLE_RELAY, &second) != OK || !str_eq(buf_str(&first), buf_str(&second)))
		abort();
	conf_done(&c);
	conf_done(&d);
	buf_done(&why);
	buf_done(&first);
	buf_done(&second);
	return 0;
}
