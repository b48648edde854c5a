/* What lies in the data folder: certificates, rights, room. */
#include "cli/cli_audit.h"

#include "os/clock.h"
#include "os/fd.h"
#include "proto/x509/x509_cert.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

enum { CERT_MAX = 256 << 10, DAY = 86400, SOON_DAYS = 14, MIB = 1 << 20 };

static int read_cert(struct audit *a, const char *name, struct buf *out)
{
	char path[DATA_FOLDER_PATH_MAX];
	if (data_folder_path(a->cli->dir, name, path) != OK)
		return E_TOOBIG;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? E_NOTFOUND : fd_read_all(fd, out);
}

static void date_of(int64_t when, char text[16])
{
	time_t t = (time_t)when;
	struct tm tm;
	if (!gmtime_r(&t, &tm) || strftime(text, 16, "%Y-%m-%d", &tm) == 0)
		text[0] = '\0';
}

static void judge(struct audit *a, const struct audit_check *c, const char *part, const char *host, const struct x509_cert *x)
{
	char until[16];
	int64_t now = clock_real();
	date_of(x->not_after, until);
	if (x->not_after <= now)
		audit_report(a, c, part, AUDIT_MISSING, "expired on %s", until);
	else if (x->not_before > now)
		audit_report(a, c, part, AUDIT_MISSING, "not valid yet");
	else if (!x->matches)
		audit_report(a, c, part, AUDIT_WEAK, "made for %s, not for %s", x->subject, host);
	else if (x->self_issued)
		audit_report(a, c, part, AUDIT_WEAK, "self-signed, %s, until %s", x->key, until);
	else if (x->not_after < now + SOON_DAYS * DAY)
		audit_report(a, c, part, AUDIT_WEAK, "expires on %s", until);
	else
		audit_report(a, c, part, AUDIT_GOOD, "by %s, %s, until %s", x->issuer, x->key, until);
}

static void one_certificate(struct audit *a, const struct audit_check *c, const char *part, const char *file, const char *host)
{
	struct buf pem;
	struct x509_cert x;
	buf_init(&pem, CERT_MAX);
	int r = read_cert(a, file, &pem);
	if (r == OK)
		r = x509_cert_describe(buf_str(&pem), str_c(host), &x);
	if (r == OK)
		judge(a, c, part, host, &x);
	else if (r == E_NOTFOUND)
		audit_report(a, c, part, AUDIT_UNKNOWN, "%s cannot be read", file);
	else
		audit_report(a, c, part, AUDIT_MISSING, "%s is no certificate", file);
	buf_done(&pem);
}

/* The default one, then those for further names: keys/tls/NAME.crt. */
void audit_certificate(struct audit *a, const struct audit_check *c)
{
	char path[DATA_FOLDER_PATH_MAX], file[512], host[256];
	one_certificate(a, c, NULL, "keys/tls.crt", a->conf->server.hostname);
	DIR *d = data_folder_path(a->cli->dir, "keys/tls", path) == OK ? opendir(path) : NULL;
	for (struct dirent *e; d && (e = readdir(d));) {
		struct str name = str_c(e->d_name);
		if (!str_ends(name, STR(".crt")) || str_to_c(str_first(name, name.n - 4), host, sizeof host) != OK)
			continue;
		snprintf(file, sizeof file, "keys/tls/%s", e->d_name);
		one_certificate(a, c, host, file, host);
	}
	if (d)
		closedir(d);
}

/* Which rights nobody else may have, by what lies there. The folder itself must be passed through by the roles' users. */
static const struct { const char *name, *part; mode_t never; } rights[] = {
	{ ".", "folder", S_IWGRP | S_IWOTH }, { "ceralacca.yaml", "configuration", S_IWGRP | S_IWOTH }, { "keys", "keys", S_IRWXG | S_IRWXO },
	{ "keys/tls.key", "key", S_IRWXG | S_IRWXO }, { "store", "store", S_IRWXG | S_IRWXO }, { "run", "sockets", S_IWGRP | S_IWOTH },
};

void audit_files(struct audit *a, const struct audit_check *c)
{
	char path[DATA_FOLDER_PATH_MAX];
	size_t bad = 0;
	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		struct stat st;
		if (data_folder_path(a->cli->dir, rights[i].name, path) != OK || stat(path, &st) != 0 || !(st.st_mode & rights[i].never))
			continue;
		bad++;
		audit_report(a, c, rights[i].part, AUDIT_WEAK, "%s has mode %03o", rights[i].name, (unsigned)(st.st_mode & 0777));
	}
	if (!bad)
		audit_report(a, c, NULL, AUDIT_GOOD, "only its owner");
}

void audit_disk(struct audit *a, const struct audit_check *c)
{
	struct statvfs s;
	char path[DATA_FOLDER_PATH_MAX];
	if (data_folder_path(a->cli->dir, "store", path) != OK || statvfs(path, &s) != 0) {
		audit_report(a, c, NULL, AUDIT_UNKNOWN, "the data folder cannot be looked at");
		return;
	}
	uint64_t free_bytes = (uint64_t)s.f_bavail * s.f_frsize, all = (uint64_t)s.f_blocks * s.f_frsize, reserve = a->conf->store.reserve;
	bool low = free_bytes < 4 * reserve || free_bytes < all / 20;
	audit_report(a, c, NULL, free_bytes < reserve ? AUDIT_MISSING : low ? AUDIT_WEAK : AUDIT_GOOD, "%llu MiB free of %llu; reserve %llu MiB",
		(unsigned long long)(free_bytes / MIB), (unsigned long long)(all / MIB), (unsigned long long)(reserve / MIB));
}
