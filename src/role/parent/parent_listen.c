#include "role/parent/parent.h"

#include "os/fd.h"
#include "os/net.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

struct parent_listener parent_listeners[LISTENERS_MAX];
size_t parent_listener_count;

/* The inode of the socket that listens on a port, from /proc/net/tcp or tcp6; 0 when there is none. */
static unsigned long listening_inode(const char *table, uint16_t port)
{
	FILE *f = fopen(table, "re");
	char line[512];
	unsigned long inode = 0;
	while (f && !inode && fgets(line, sizeof line, f)) {
		unsigned local_port, state;
		unsigned long i;
		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu", &local_port, &state, &i) == 3 &&
		    local_port == port && state == 0x0a)
			inode = i;
	}
	if (f)
		fclose(f);
	return inode;
}

static bool holds_socket(const char *pid, const char *want)
{
	char path[300], link[64];
	snprintf(path, sizeof path, "/proc/%s/fd", pid);
	DIR *d = opendir(path);
	struct dirent *e;
	bool found = false;
	while (d && !found && (e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof link - 1);
		if (n > 0) {
			link[n] = '\0';
			found = strcmp(link, want) == 0;
		}
	}
	if (d)
		closedir(d);
	return found;
}

/* "process 123 (master)" for the administrator, or less when the system does not say. */
static void describe_owner(uint16_t port, struct bufw *w)
{
	unsigned long inode = listening_inode("/proc/net/tcp", port);
	if (!inode)
		inode = listening_inode("/proc/net/tcp6", port);
	char want[64], name[64] = "?";
	snprintf(want, sizeof want, "socket:[%lu]", inode);
	DIR *d = inode ? opendir("/proc") : NULL;
	struct dirent *e;
	while (d && (e = readdir(d))) {
		if (!ascii_is_digit(e->d_name[0]) || !holds_socket(e->d_name, want))
			continue;
		char path[300];
		snprintf(path, sizeof path, "/proc/%s/comm", e->d_name);
		auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd >= 0 ? read(fd, name, sizeof name - 1) : 0;
		struct str comm = str_trim((struct str){ name, n > 0 ? (size_t)n : 0 });
		bufw_printf(w, ": process %s (" STR_FMT ") has it", e->d_name, STR_ARG(comm));
		closedir(d);
		return;
	}
	if (d)
		closedir(d);
	bufw_c(w, ": another process has it");
}

static int explain(const struct net_address *a, const char *service, int why, struct buf *reterr)
{
	struct bufw w = { .b = reterr };
	char text[NET_ADDRESS_TEXT];
	bufw_printf(&w, "cannot listen on %s port %u (%s): %s", net_format(a, text), a->port, service, strerror(why));
	if (why == EADDRINUSE)
		describe_owner(a->port, &w);
	else if (why == EACCES)
		bufw_c(&w, ": ports below 1024 need root; or set server.port_base (10000 makes SMTP 10025)");
	return E_IO;
}

static int listen_one(struct net_address a, enum conf_service s, struct buf *reterr)
{
	int why;
	struct parent_listener *l = &parent_listeners[parent_listener_count];
	if (parent_listener_count == LISTENERS_MAX)
		return E_TOOBIG;
	a.port = (uint16_t)(conf_services[s].port + parent.conf.server.port_base);
	if (net_listen(&a, BACKLOG, &l->fd, &why) != OK)
		return explain(&a, conf_services[s].name, why, reterr);
	char text[NET_ADDRESS_TEXT];
	l->service = s;
	l->address = a;
	snprintf(l->name, sizeof l->name, "%s", net_format(&a, text));
	parent_listener_count++;
	return OK;
}

int parent_listen(const struct conf *c, struct buf *reterr)
{
	static char v4[] = "0.0.0.0", v6[] = "::";
	static char *const every[] = { v4, v6 };
	char *const *listen = c->server.listen_count ? c->server.listen : every;
	unsigned count = c->server.listen_count ? c->server.listen_count : 2;
	for (unsigned i = 0; i < count; i++) {
		struct net_address a;
		if (net_parse(str_c(listen[i]), 0, &a) != OK) {
			struct bufw w = { .b = reterr };
			bufw_printf(&w, "server.listen: \"%s\" is not an internet address", listen[i]);
			return E_SYNTAX;
		}
		if (a.v6 && !c->server.listen_count && access("/proc/net/if_inet6", F_OK) != 0)
			continue;       /* a host without IPv6 */
		for (unsigned s = 1; s < SERVICE_COUNT; s++) {
			int r = conf_service_wanted(c, (enum conf_service)s) ? listen_one(a, (enum conf_service)s, reterr) : OK;
			if (r != OK)
				return r;
		}
	}
	return OK;
}
