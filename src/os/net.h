/* Internet addresses and sockets. An IPv4-mapped IPv6 address is reduced to IPv4 when it enters (A21). */
#ifndef OS_NET_H
#define OS_NET_H

#include "base/base.h"

#include <sys/socket.h>

struct net_address { uint8_t bytes[16]; bool v6; uint16_t port; };     /* v4: the first four bytes */

struct net_prefix { struct net_address address; uint8_t bits; };               /* a network; what is behind the prefix does not count */

enum { NET_ADDRESS_TEXT = 48, NET_PREFIX_TEXT = 52 };

void net_from_sockaddr(const struct sockaddr_storage *ss, struct net_address *ret);
socklen_t net_to_sockaddr(const struct net_address *a, struct sockaddr_storage *ret);
/* "192.0.2.1" or "2001:db8::1", without port. Returns text. */
const char *net_format(const struct net_address *a, char text[NET_ADDRESS_TEXT]);
must_use int net_parse(struct str text, uint16_t port, struct net_address *ret);    /* E_SYNTAX */
bool net_is_loopback(const struct net_address *a);
bool net_is_unspecified(const struct net_address *a);
/* "192.0.2.0/24", "2001:db8::/32", or an address alone: all its bits. E_SYNTAX. */
must_use int net_prefix_parse(struct str text, struct net_prefix *ret);
const char *net_prefix_format(const struct net_prefix *p, char text[NET_PREFIX_TEXT]);          /* always with "/bits" */
bool net_prefix_has(const struct net_prefix *p, const struct net_address *a);   /* networks of one family hold none of the other */
bool net_same_host(const struct net_address *a, const struct net_address *b);

/* A listening TCP socket with TCP_NODELAY (accepted sockets inherit it), non-blocking. On failure *reterr_errno tells why. */
must_use int net_listen(const struct net_address *a, int backlog, int *ret, int *reterr_errno);
must_use int net_listen_unix(const char *path, unsigned mode, int *ret);
must_use int net_connect_unix(const char *path, int *ret);
/* Starts connecting, non-blocking; the socket becomes writable when it is done, then net_connect_result. */
must_use int net_connect_start(const struct net_address *to, const struct net_address *bind_to, int *ret);
must_use int net_connect_result(int fd);

#endif
