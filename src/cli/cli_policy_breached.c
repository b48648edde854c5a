/* policy breached FILE: makes the filter of an own list of breached passwords, puts it into the data folder, and lets auth use it. FILE has a
 * password a line, or "SHA-1:COUNT" lines; a folder holds ranges as the k-anonymity service gives them: files named by the first five digits
 * of the hash, lines with the other 35. */
#include "cli/cli_internal.h"

#include "os/fd.h"
#include "proto/password/password_breached.h"
#include "proto/password/password_hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048, PREFIX = 5, HASH_DIGITS = 40 };
#define FILTER_MAX ((size_t)16 << 30)

struct keys { uint64_t *v; size_t n, cap; size_t skipped; };

static void add(struct keys *k, uint64_t key)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 1 << 16;
		k->v = mem_resize_array(k->v, k->cap, sizeof *k->v);
	}
	k->v[k->n++] = key;
}

/* A line that is no hash is a password, in its normal form. */
static void take_line(struct keys *k, struct str prefix, struct str line)
{
	char normal[PASSWORD_BYTES_MAX];
	size_t n;
	uint64_t key;
	int r = breached_line(prefix, line, &key);
	if (r == OK)
		add(k, key);
	else if (r == E_SYNTAX && !prefix.n && line.n && password_normalize(line, normal, &n) == OK)
		add(k, breached_key((struct str){ normal, n }));
	else
		k->skipped++;
}

static int read_lines(struct keys *k, int fd, struct str prefix)
{
	char line[LINE_MAX_BYTES];
	FILE *f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return E_IO;
	}
	while (fgets(line, sizeof line, f)) {
		size_t n = strcspn(line, "\r\n");
		take_line(k, prefix, (struct str){ line, n });
	}
	bool bad = ferror(f);
	fclose(f);
	return bad ? E_IO : OK;
}

static int read_ranges(struct keys *k, int dir_fd)
{
	int r = OK;
	DIR *d = fdopendir(dir_fd);
	if (!d) {
		close(dir_fd);
		return E_IO;
	}
	for (struct dirent *e; r == OK && (e = readdir(d));) {
		struct str name = str_first(str_c(e->d_name), PREFIX);
		if (strspn(e->d_name, "0123456789abcdefABCDEF") < PREFIX)
			continue;
		int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
		r = fd >= 0 ? read_lines(k, fd, name) : E_IO;
	}
	closedir(d);
	return r;
}

static int read_list(struct keys *k, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return cli_refuse("%s: %s", path, strerror(errno));
	int r = S_ISDIR(st.st_mode) ? read_ranges(k, fd) : read_lines(k, fd, STR(""));
	if (r != OK)
		return cli_refuse("%s: %s", path, strerror(errno));
	return k->n ? CLI_OK : cli_refuse("%s: no passwords and no hashes in it", path);
}

/* Written beside the old one and put in its place whole. */
static int put_file(struct cli *c, struct str bytes, int *ret)
{
	auto_fd dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || (mkdirat(dir, "auth", 0700) != 0 && errno != EEXIST))
		return cli_refuse("%s/auth: %s", c->dir, strerror(errno));
	auto_fd fd = openat(dir, "auth/breached.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, bytes) != OK || fsync(fd) != 0 || renameat(dir, "auth/breached.new", dir, "auth/breached.filter") != 0)
		return cli_refuse("%s/auth/breached.filter: %s", c->dir, strerror(errno));
	*ret = openat(dir, "auth/breached.filter", O_RDONLY | O_CLOEXEC);
	return *ret >= 0 ? CLI_OK : cli_refuse("%s/auth/breached.filter: %s", c->dir, strerror(errno));
}

static int build(struct cli *c, struct keys *k, int *ret_fd)
{
	struct buf file;
	buf_init(&file, FILTER_MAX);
	int status = breached_build(k->v, k->n, &file) == OK ? put_file(c, buf_str(&file), ret_fd) : cli_refuse("the list is too long");
	buf_done(&file);
	return status;
}

int cli_policy_breached(struct cli *c)
{
	struct keys k = { 0 };
	json_t *j = NULL;
	auto_fd fd = -1;
	int status = read_list(&k, c->args[0]);
	if (status == CLI_OK)
		status = build(c, &k, &fd);
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ "policy.breached", json_object(), NULL, fd }, &j);
	if (status == CLI_OK)
		printf("%zu entries; lines that were none: %zu\n", k.n, k.skipped);
	json_decref(j);
	mem_free(k.v);
	return status;
}
