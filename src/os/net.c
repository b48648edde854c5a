#include "os/net.h"

#include "os/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

void net_from_sockaddr(const struct sockaddr_storage *ss, struct net_address *ret)
{
	*ret = (struct net_address){ 0 };
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
		memcpy(ret->bytes, &in->sin_addr, 4);
		ret->port = ntohs(in->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
		const uint8_t *b = in6->sin6_addr.s6_addr;
		ret->port = ntohs(in6->sin6_port);
		ret->v6 = memcmp(b, mapped_prefix, sizeof mapped_prefix) != 0;
		memcpy(ret->bytes, ret->v6 ? b : b + 12, ret->v6 ? 16 : 4);
	}
}

socklen_t net_to_sockaddr(const struct net_address *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof *ret);
	if (a->v6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		memcpy(&in6->sin6_addr, a->bytes, 16);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	in->sin_family = AF_INET;
	in->sin_port = htons(a->port);
	memcpy(&in->sin_addr, a->bytes, 4);
	return sizeof *in;
}

const char *net_format(const struct net_address *a, char text[NET_ADDRESS_TEXT])
{
	if (!inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->bytes, text, NET_ADDRESS_TEXT))
		text[0] = '\0';
	return text;
}

int net_parse(struct str text, uint16_t port, struct net_address *ret)
{
	char c[NET_ADDRESS_TEXT];
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	if (str_to_c(text, c, sizeof c) != OK)
		return E_SYNTAX;
	if (inet_pton(AF_INET, c, &in->sin_addr) == 1)
		ss.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, c, &in6->sin6_addr) == 1)
		ss.ss_family = AF_INET6;
	else
		return E_SYNTAX;
	net_from_sockaddr(&ss, ret);
	ret->port = port;
	return OK;
}

bool net_is_loopback(const struct net_address *a)
{
	static const uint8_t one[16] = { [15] = 1 };
	return a->v6 ? memcmp(a->bytes, one, 16) == 0 : a->bytes[0] == 127;
}

bool net_is_unspecified(const struct net_address *a)
{
	static const uint8_t zero[16];
	return a->v6 ? memcmp(a->bytes, zero, 16) == 0 : a->bytes[0] == 0;
}

bool net_same_host(const struct net_address *a, const struct net_address *b)
{
	return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, a->v6 ? 16 : 4) == 0;
}

int net_prefix_parse(struct str text, struct net_prefix *ret)
{
	struct net_prefix p;
	struct str rest = text, address = str_until(&rest, '/');
	uint64_t bits;
	int r = net_parse(address, 0, &p.address);
	if (r != OK)
		return r;
	/* a prefix of an IPv4-mapped address would count other bits than are written */
	if (!p.address.v6 && str_find(address, ':') != STR_NPOS)
		return E_SYNTAX;
	uint8_t most = p.address.v6 ? 128 : 32;
	p.bits = most;
	if (address.n != text.n) {
		if (str_u64(rest, most, &bits) != OK)
			return E_SYNTAX;
		p.bits = (uint8_t)bits;
	}
	*ret = p;
	return OK;
}

const char *net_prefix_format(const struct net_prefix *p, char text[NET_PREFIX_TEXT])
{
	char address[NET_ADDRESS_TEXT];
	snprintf(text, NET_PREFIX_TEXT, "%s/%u", net_format(&p->address, address), p->bits);
	return text;
}

bool net_prefix_has(const struct net_prefix *p, const struct net_address *a)
{
	if (p->address.v6 != a->v6)
		return false;
	for (unsigned i = 0; i * 8 < p->bits; i++) {
		unsigned left = p->bits - i * 8;
		uint8_t mask = (uint8_t)(left >= 8 ? 0xff : 0xff00 >> left);
		if ((p->address.bytes[i] ^ a->bytes[i]) & mask)
			return false;
	}
	return true;
}

int net_listen(const struct net_address *a, int backlog, int *ret, int *reterr_errno)
{
	struct sockaddr_storage ss;
	socklen_t len = net_to_sockaddr(a, &ss);
	auto_fd fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
	    (a->v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
	    bind(fd, (struct sockaddr *)&ss, len) != 0 || listen(fd, backlog) != 0) {
		*reterr_errno = errno;
		return E_IO;
	}
	*ret = fd;
	fd = -1;
	return OK;
}

static int unix_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return str_to_c(str_c(path), ret->sun_path, sizeof ret->sun_path);
}

int net_listen_unix(const char *path, unsigned mode, int *ret)
{
	struct sockaddr_un un;
	int r = unix_address(path, &un);
	if (r != OK)
		return r;
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	mode_t old = umask(0777 & ~mode);
	r = fd >= 0 && bind(fd, (struct sockaddr *)&un, sizeof un) == 0 && listen(fd, 16) == 0 ? OK : E_IO;
	umask(old);
	if (r == OK) {
		*ret = fd;
		fd = -1;
	}
	return r;
}

int net_connect_unix(const char *path, int *ret)
{
	struct sockaddr_un un;
	int r = unix_address(path, &un);
	if (r != OK)
		return r;
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return E_IO;
	if (connect(fd, (struct sockaddr *)&un, sizeof un) != 0)
		return errno == ENOENT || errno == ECONNREFUSED ? E_NOTFOUND : errno == EACCES || errno == EPERM ? E_DENIED : E_IO;
	r = fd_nonblocking(fd);
	if (r == OK) {
		*ret = fd;
		fd = -1;
	}
	return r;
}

int net_connect_start(const struct net_address *to, const struct net_address *bind_to, int *ret)
{
	struct sockaddr_storage ss, from;
	socklen_t len = net_to_sockaddr(to, &ss);
	auto_fd fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
		return E_IO;
	if (bind_to && bind_to->v6 == to->v6) {
		socklen_t n = net_to_sockaddr(bind_to, &from);
		if (bind(fd, (struct sockaddr *)&from, n) != 0)
			return E_IO;
	}
	if (connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS)
		return E_IO;
	*ret = fd;
	fd = -1;
	return OK;
}

int net_connect_result(int fd)
{
	int err = 0;
	socklen_t len = sizeof err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		return E_IO;
	return err == 0 ? OK : err == ETIMEDOUT ? E_TIMEOUT : E_IO;
}
