#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, FDS_AT_ONCE = 16 };

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 ? OK : E_IO;
}

int fd_pair(int ret[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) == 0 ? OK : E_IO;
}

int fd_memory(const char *name, int *ret)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? E_BUSY : E_IO;
	*ret = fd;
	return OK;
}

int fd_write_all(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t k = write(fd, bytes.p, bytes.n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO;
		bytes = str_skip(bytes, (size_t)k);
	}
	return OK;
}

int fd_read_all(int fd, struct buf *out)
{
	for (;;) {
		int r = buf_reserve(out, 4096);
		if (r != OK)
			return r;
		ssize_t k = read(fd, out->p + out->n, out->cap - out->n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return E_IO;
		if (k == 0)
			return OK;
		out->n += (size_t)k;
	}
}

int fd_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, SEALS) == 0 ? OK : E_IO;
}

static int sealed_size(int fd, size_t max, size_t *ret)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return E_DENIED;
	if (fstat(fd, &st) != 0)
		return E_IO;
	if (st.st_size < 0 || (uint64_t)st.st_size > max)
		return E_TOOBIG;
	*ret = (size_t)st.st_size;
	return OK;
}

int fd_map(int fd, size_t max, struct str *ret)
{
	size_t size;
	int r = sealed_size(fd, max, &size);
	if (r != OK)
		return r;
	if (size == 0) {
		*ret = STR("");
		return OK;
	}
	void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return E_IO;
	*ret = (struct str){ p, size };
	return OK;
}

int fd_map_behind(int fd, size_t max, size_t room, struct str *ret)
{
	size_t size, page = (size_t)sysconf(_SC_PAGESIZE);
	int r = sealed_size(fd, max, &size);
	if (r != OK)
		return r;
	if (room % page != 0)
		return E_UNSUPPORTED;
	char *p = mmap(NULL, room + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return E_IO;
	if (size && mmap(p + room, size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		munmap(p, room + size);
		return E_IO;
	}
	*ret = (struct str){ p, room + size };
	return OK;
}

void fd_unmap(struct str mapped)
{
	if (mapped.n)
		munmap((void *)(uintptr_t)mapped.p, mapped.n);
}

ssize_t fd_send(int sock, struct str bytes, int fd)
{
	union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control = { { 0 } };
	struct iovec iov = { (void *)(uintptr_t)bytes.p, bytes.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (fd >= 0) {
		m.msg_control = control.space;
		m.msg_controllen = sizeof control.space;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	for (;;) {
		ssize_t k = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k >= 0)
			return k;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return 0;
		return errno == EPIPE || errno == ECONNRESET ? E_CLOSED : E_IO;
	}
}

/* Takes the descriptors out of the control data; those for which there is no room are closed. */
static int take_fds(struct msghdr *m, int *fds, size_t cap, size_t *count)
{
	int err = m->msg_flags & MSG_CTRUNC ? E_PROTO : OK;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (*count < cap) {
				fds[(*count)++] = fd;
			} else {
				close(fd);
				err = E_PROTO;
			}
		}
	}
	return err;
}

ssize_t fd_receive(int sock, void *p, size_t n, int *fds, size_t cap, size_t *count)
{
	union { char space[CMSG_SPACE(sizeof(int) * FDS_AT_ONCE)]; struct cmsghdr align; } control;
	struct iovec iov = { p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space };
	for (;;) {
		ssize_t k = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno == ECONNRESET ? E_CLOSED : E_IO;
		int r = take_fds(&m, fds, cap, count);
		if (r != OK)
			return r;
		return k == 0 ? E_CLOSED : k;
	}
}
