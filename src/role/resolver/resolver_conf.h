/* What libunbound is told, made from our configuration: a text in the form of unbound.conf, so that everything is set
 * in one place and can be read in a test. Pure. */
#ifndef ROLE_RESOLVER_CONF_H
#define ROLE_RESOLVER_CONF_H

#include "ipc/conf.h"
#include "os/net.h"

enum { RESOLVER_CONFIG_MAX = 64 << 10, RESOLVER_SERVERS_MAX = 16, RESOLVER_LOOKUPS_MAX = 400 };

/* Without the root's anchors only those of the configuration count: for name servers that cut signatures off. */
enum resolver_anchors { RESOLVER_ALL_ANCHORS, RESOLVER_OWN_ANCHORS };

/* resolv_conf: content of /etc/resolv.conf, used when the configuration names no server. root_key: trust anchors of the
 * root in a file, empty for those built in. E_SYNTAX: a setting is wrong, and reterr says which.
 *
 * A stub zone that no trust anchor of ours covers is taken as unsigned, and so is .test: the root cannot vouch for what
 * is private. */
must_use int resolver_config_write(const struct conf *c, struct str resolv_conf, struct str root_key,
				   enum resolver_anchors anchors, struct buf *out, struct buf *reterr);

/* "ADDRESS" or "ADDRESS@PORT", port 53 when there is none. E_SYNTAX. */
must_use int resolver_server_parse(struct str text, struct net_address *ret);

#endif
