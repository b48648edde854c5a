#include "role/auth/auth_breached.h"

#include "os/fd.h"
#include "os/log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static struct breached own;
static bool has_own;

const struct breached *auth_breached(void) { return has_own ? &own : breached_starter(); }
bool auth_breached_is_own(void) { return has_own; }

/* The mapping stays for the life of the process: a check may be reading it in the pool when the next list comes. Lists change rarely. */
static int map(int fd, bool verify)
{
	struct stat st;
	struct breached b;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return E_CORRUPT;
	size_t n = (size_t)st.st_size;
	void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return E_IO;
	struct str file = { p, n };
	int r = verify ? breached_verify(file) : OK;
	if (r == OK)
		r = breached_open(file, &b);
	if (r != OK) {
		munmap(p, n);
		return r;
	}
	own = b;
	has_own = true;
	return OK;
}

void auth_breached_prepare(int dir)
{
	auto_fd fd = dir >= 0 ? openat(dir, "breached.filter", O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	int r = fd >= 0 ? map(fd, false) : OK;
	if (r != OK)
		log_event(LOG_ERROR, "auth.breached-list", LOG_C("detail", "cannot be used; the built-in one is"), LOG_E(r), LOG_END);
}

int auth_breached_take(int fd)
{
	return fd >= 0 ? map(fd, true) : E_NOTFOUND;
}
