#include "ipc/data_folder.h"

#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const char *data_folder_default(const char *given)
{
	const char *from_environment = getenv("CERALACCA_DIR");
	if (given)
		return given;
	return from_environment && *from_environment ? from_environment : "/var/lib/ceralacca";
}

int data_folder_path(const char *dir, const char *name, char ret[DATA_FOLDER_PATH_MAX])
{
	int n = snprintf(ret, DATA_FOLDER_PATH_MAX, "%s/%s", dir, name);
	return n > 0 && n < DATA_FOLDER_PATH_MAX ? OK : E_TOOBIG;
}

static int explain(struct buf *reterr, int err, const char *format, const char *what, const char *why)
{
	struct bufw w = { .b = reterr };
	bufw_printf(&w, format, what, why);
	return err;
}

int data_folder_check(const char *dir, struct buf *reterr)
{
	char path[DATA_FOLDER_PATH_MAX], text[32] = "";
	if (data_folder_path(dir, "version", path) != OK)
		return explain(reterr, E_TOOBIG, "%s: the path is too long%s", dir, "");
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return explain(reterr, E_NOTFOUND, "%s is no data folder of Ceralacca (no file \"version\"): make one with `ceralacca init -d %s`", dir, dir);
	if (fd < 0)
		return explain(reterr, E_DENIED, "%s: %s", path, strerror(errno));
	ssize_t n = read(fd, text, sizeof text - 1);
	uint64_t version;
	struct str s = str_trim((struct str){ text, n > 0 ? (size_t)n : 0 });
	if (str_u64(s, 1000000, &version) != OK)
		return explain(reterr, E_CORRUPT, "%s: not a version number%s", path, "");
	if (version > DATA_FOLDER_VERSION)
		return explain(reterr, E_UNSUPPORTED, "%s was written by a newer version of Ceralacca (format %s): update the program, or restore a backup that fits it", dir, text);
	return OK;
}

int data_folder_lock(const char *dir, int *ret, struct buf *reterr)
{
	char path[DATA_FOLDER_PATH_MAX], text[32] = "";
	if (data_folder_path(dir, "run/lock", path) != OK)
		return explain(reterr, E_TOOBIG, "%s: the path is too long%s", dir, "");
	auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return explain(reterr, E_DENIED, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		ssize_t n = read(fd, text, sizeof text - 1);
		text[n > 0 ? n : 0] = '\0';
		return explain(reterr, E_BUSY, "%s is in use by process %s: stop that one first, or talk to it with `ceralacca status`", dir, text);
	}
	int n = snprintf(text, sizeof text, "%d", (int)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)n) != n)
		return explain(reterr, E_IO, "%s: %s", path, strerror(errno));
	*ret = fd;
	fd = -1;
	return OK;
}

int data_folder_of_role(int dir, const char *role, uint64_t uid, int *ret)
{
	struct stat st;
	auto_fd fd = openat(dir, role, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return E_NOTFOUND;
	if (geteuid() == 0 && (fstat(fd, &st) != 0 || (st.st_uid != uid && fchown(fd, (uid_t)uid, (gid_t)uid) != 0)))
		return E_DENIED;
	*ret = fd;
	fd = -1;
	return OK;
}

int data_folder_of_auth(int dir, int *ret)
{
	if (mkdirat(dir, "auth", 0700) != 0 && errno != EEXIST)
		return E_DENIED;
	return data_folder_of_role(dir, "auth", geteuid(), ret);
}
