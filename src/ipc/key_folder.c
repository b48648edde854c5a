#include "ipc/key_folder.h"

#include "os/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".new"        /* no selector begins with a dot */

static bool label_bytes(struct str s, bool dots)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool dot = dots && c == '.' && i > 0 && i + 1 < s.n && s.p[i - 1] != '.';
		if (!dot && !ascii_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_')
			return false;
	}
	return s.n > 0;
}

bool key_folder_names(struct str domain, struct str selector)
{
	return domain.n <= KEY_DOMAIN_MAX && selector.n <= KEY_SELECTOR_MAX && label_bytes(domain, true) && label_bytes(selector, false);
}

static int open_folder(int at, const char *name) { return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

/* ---- reading ---- */

static int read_file(int dir, const char *name, struct buf *out)
{
	struct stat st;
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return E_NOTFOUND;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return E_DENIED;
	return st.st_size > KEY_FILE_MAX ? E_TOOBIG : fd_read_all(fd, out);
}

static void read_domain(int dir, struct str domain, key_folder_fn *each, void *ctx)
{
	DIR *d = fdopendir(dir);
	if (!d) {
		fd_close(&dir);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		struct str selector = str_c(e->d_name);
		if (!str_ends(selector, STR(".key")))
			continue;
		selector.n -= 4;
		if (!key_folder_names(domain, selector))
			continue;
		struct buf bytes;
		buf_init(&bytes, KEY_FILE_MAX * 2);
		int r = read_file(dirfd(d), e->d_name, &bytes);
		each(ctx, domain, selector, r == OK ? buf_str(&bytes) : STR(""), r);
		secret_wipe(bytes.p, bytes.cap);
		buf_done(&bytes);
	}
	closedir(d);
}

void key_folder_each(int keys, key_folder_fn *each, void *ctx)
{
	int all = open_folder(keys, "dkim");
	DIR *d = all >= 0 ? fdopendir(all) : NULL;
	if (!d) {
		fd_close(&all);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		int dir = e->d_name[0] == '.' ? -1 : open_folder(dirfd(d), e->d_name);
		if (dir >= 0)
			read_domain(dir, str_c(e->d_name), each, ctx);
	}
	closedir(d);
}

/* ---- writing ---- */

static int failed(void) { return errno == ENOSPC || errno == EDQUOT ? E_FULL : E_IO; }

static int make_folder(int at, const char *name, int *ret)
{
	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return failed();
	int fd = open_folder(at, name);
	if (fd < 0)
		return E_IO;
	*ret = fd;
	return OK;
}

static int replace(int dir, const char *name, struct str bytes)
{
	auto_fd fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed();
	int r = fd_write_all(fd, bytes);
	if (r == OK && (fsync(fd) != 0 || renameat(dir, TEMPORARY, dir, name) != 0))
		r = failed();
	if (r != OK)
		unlinkat(dir, TEMPORARY, 0);
	return r;
}

int key_folder_put(int keys, struct str domain, struct str selector, struct str bytes)
{
	char folder[KEY_DOMAIN_MAX + 1], name[KEY_SELECTOR_MAX + 8];
	auto_fd all = -1, dir = -1;
	if (!key_folder_names(domain, selector))
		return E_DENIED;
	if (bytes.n > KEY_FILE_MAX)
		return E_TOOBIG;
	int r = str_to_c(domain, folder, sizeof folder);
	snprintf(name, sizeof name, "%.*s.key", (int)selector.n, selector.p);
	if (r == OK)
		r = make_folder(keys, "dkim", &all);
	if (r == OK)
		r = make_folder(all, folder, &dir);
	if (r == OK && bytes.n)
		r = replace(dir, name, bytes);
	else if (r == OK && unlinkat(dir, name, 0) != 0 && errno != ENOENT)
		r = failed();
	/* the entries themselves: of the file, of the domain, of the folder */
	if (r == OK && (fsync(dir) != 0 || fsync(all) != 0 || fsync(keys) != 0))
		r = failed();
	return r;
}
