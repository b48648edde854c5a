#include "role/keys/keys.h"

#include "os/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 10, NAMES_MAX = 128 << 10 };

/* A regular file, no link. */
static int read_file(int dir, const char *name, struct buf *out)
{
	struct stat st;
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return E_NOTFOUND;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return E_DENIED;
	int r = st.st_size > FILE_MAX ? E_TOOBIG : buf_reserve(out, (size_t)st.st_size + 1);
	return r == OK ? fd_read_all(fd, out) : r;
}

static int load_pair(int dir, const char *stem, struct x509_pair *ret)
{
	char name[KEYS_NAME_MAX + 8];
	struct buf key, chain;
	buf_init(&key, FILE_MAX * 2);
	buf_init(&chain, FILE_MAX * 2);
	snprintf(name, sizeof name, "%s.key", stem);
	int r = read_file(dir, name, &key);
	snprintf(name, sizeof name, "%s.crt", stem);
	if (r == OK)
		r = read_file(dir, name, &chain);
	if (r == OK)
		r = x509_pair_load(buf_str(&key), buf_str(&chain), ret);
	secret_wipe(key.p, key.cap);
	buf_done(&key);
	buf_done(&chain);
	return r;
}

static int load_entry(int dir, const char *stem, const char *name, struct keys *k)
{
	struct keys_entry *e = &k->entries[k->count];
	if (k->count == KEYS_MAX)
		return E_FULL;
	int r = load_pair(dir, stem, &e->pair);
	if (r != OK)
		return r;
	for (size_t i = 0; name[i]; i++)
		e->name[i] = ascii_lower(name[i]);
	k->count++;
	return OK;
}

/* "mail.example.test.crt" gives its name; other files are no business of ours. */
static bool stem_of(const char *file, char stem[KEYS_NAME_MAX + 1])
{
	struct str s = str_c(file);
	if (!str_ends(s, STR(".crt")))
		return false;
	s.n -= 4;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' && s.p[i] != '_')
			return false;
	return s.n && s.p[0] != '.' && str_to_c(s, stem, KEYS_NAME_MAX + 1) == OK;
}

static void load_names(int dir, void (*on_bad)(struct str name, int err), struct keys *k)
{
	char stem[KEYS_NAME_MAX + 1];
	int fd = openat(dir, "tls", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		fd_close(&fd);
		return;
	}
	for (struct dirent *e; (e = readdir(d));) {
		if (!stem_of(e->d_name, stem))
			continue;
		int r = load_entry(dirfd(d), stem, stem, k);
		if (r != OK)
			on_bad(str_c(stem), r);
	}
	closedir(d);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct keys_entry *)a)->name, ((const struct keys_entry *)b)->name);
}

/* The order of a directory is chance; the serial shall not be. */
static int seal(struct keys *k)
{
	struct bufw names = { .b = &k->names };
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct buf all;
	buf_init(&all, (size_t)KEYS_MAX * (X509_CHAIN_BYTES + KEYS_NAME_MAX + 16));
	struct bufw w = { .b = &all };
	qsort(k->entries + 1, k->count - 1, sizeof *k->entries, by_name);
	for (size_t i = 0; i < k->count; i++) {
		write_str(&w, str_c(k->entries[i].name));
		write_str(&w, buf_str(&k->entries[i].pair.chain));
		if (i)
			write_str(&names, str_c(k->entries[i].name));
	}
	SHA256((const unsigned char *)all.p, all.n, digest);
	k->serial = get_le64(digest);
	buf_done(&all);
	return w.err == OK ? names.err : w.err;
}

int keys_load(int dir, void (*on_bad)(struct str name, int err), struct keys *ret)
{
	struct keys k = { .entries = mem_new_array(struct keys_entry, KEYS_MAX) };
	buf_init(&k.names, NAMES_MAX);
	int r = load_entry(dir, "tls", "", &k);
	if (r == OK) {
		load_names(dir, on_bad, &k);
		r = seal(&k);
	}
	if (r == OK)
		*ret = k;
	else
		keys_done(&k);
	return r;
}

void keys_done(struct keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		x509_pair_done(&k->entries[i].pair);
	mem_free(k->entries);
	buf_done(&k->names);
	*k = (struct keys){ 0 };
}

const struct keys_entry *keys_by_name(const struct keys *k, struct str name)
{
	for (size_t i = 0; i < k->count; i++)
		if (str_ieq(str_c(k->entries[i].name), name))
			return &k->entries[i];
	return NULL;
}

const struct keys_entry *keys_by_id(const struct keys *k, uint64_t id)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->entries[i].pair.id == id)
			return &k->entries[i];
	return NULL;
}
