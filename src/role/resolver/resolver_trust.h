/* Can answers be proven here? Name servers that cut signatures off would otherwise make every signed answer a forgery, and nothing would
 * be delivered any more; so for them the root's anchors are put aside, and DANE is not to be had. What has been seen to work is never put
 * aside: from then on a missing signature is an attack. Pure. */
#ifndef ROLE_RESOLVER_TRUST_H
#define ROLE_RESOLVER_TRUST_H

#include "ipc/wire_types.h"

/* What is believed after the root's keys were asked for, with this error and enum dns_security. */
enum resolver_trust resolver_trust_after(enum resolver_trust before, int err, uint32_t security);

#endif
