#include "cli/cli_internal.h"

#include "os/fd.h"
#include "os/random.h"
#include "proto/password/password_hash.h"
#include "proto/x509/x509_self_signed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 330, PASSWORD_MAX = 1024, GENERATED = 20 };

struct plan { char hostname[256], domain[256], admin[NAME_MAX_BYTES], password[PASSWORD_MAX]; bool generated; };

static int write_file(int dir, const char *name, struct str bytes, mode_t mode)
{
	auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fd_write_all(fd, bytes) != OK || fsync(fd) != 0)
		return cli_refuse("%s: %s", name, strerror(errno));
	return CLI_OK;
}

/* 20 letters and digits that cannot be mistaken for each other: 115 bits. */
static void generate_password(char *ret)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	for (size_t i = 0; i < GENERATED;) {
		unsigned char c;
		random_bytes(&c, 1);
		if (c < 4 * (sizeof letters - 1))
			ret[i++] = letters[c % (sizeof letters - 1)];
	}
	ret[GENERATED] = '\0';
}

static int make_plan(struct cli *c, struct plan *p)
{
	char address[NAME_MAX_BYTES];
	const char *why;
	if (!c->hostname || !c->domain) {
		cli_refuse("init needs --hostname and --domain; `ceralacca init --help` has an example");
		return CLI_USAGE;
	}
	if (cli_domain_name(c->hostname, p->hostname, sizeof p->hostname) != CLI_OK || cli_domain_name(c->domain, p->domain, sizeof p->domain) != CLI_OK)
		return CLI_REFUSED;
	snprintf(address, sizeof address, "admin@%s", p->domain);
	if (cli_address(c->admin_address ? c->admin_address : address, p->admin, sizeof p->admin) != CLI_OK)
		return CLI_REFUSED;
	if (c->password_stdin && cli_password(c, p->password, sizeof p->password) != CLI_OK)
		return CLI_REFUSED;
	if (!c->password_stdin) {
		p->generated = true;
		generate_password(p->password);
	}
	if (!password_acceptable(str_c(p->password), str_c(p->admin), &why))
		return cli_refuse("the password is not accepted: %s", why);
	return CLI_OK;
}

static int make_folders(struct cli *c, int *ret)
{
	static const char *const names[] = { "keys", "store", "run" };
	if (mkdir(c->dir, 0711) != 0 && errno != EEXIST)
		return cli_refuse("%s: %s", c->dir, strerror(errno));
	auto_fd dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return cli_refuse("%s: %s", c->dir, strerror(errno));
	if (faccessat(dir, "version", F_OK, 0) == 0)
		return cli_refuse("%s is a data folder already; `ceralacca serve -d %s` runs it", c->dir, c->dir);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (mkdirat(dir, names[i], 0700) != 0 && errno != EEXIST)
			return cli_refuse("%s/%s: %s", c->dir, names[i], strerror(errno));
	*ret = dir;
	dir = -1;
	return CLI_OK;
}

static int write_conf(struct cli *c, const struct plan *p, int dir)
{
	struct buf b;
	buf_init(&b, 8192);
	struct bufw w = { .b = &b };
	bufw_printf(&w, "# Ceralacca: what must be known before the store opens. Everything else: `ceralacca help`.\nserver:\n  hostname: %s\n", p->hostname);
	if (c->listen)
		bufw_printf(&w, "  listen: [\"%s\"]\n", c->listen);
	if (c->port_base)
		bufw_printf(&w, "  port_base: %llu\n", (unsigned long long)c->port_base);
	int status = write_file(dir, "ceralacca.yaml", buf_str(&b), 0600);
	buf_done(&b);
	return status;
}

static int write_certificate(const struct plan *p, int dir)
{
	struct buf key, certificate;
	buf_init(&key, 16 << 10);
	buf_init(&certificate, 16 << 10);
	int status = x509_self_signed(str_c(p->hostname), &key, &certificate) == OK ? CLI_OK : cli_refuse("the certificate cannot be made for %s", p->hostname);
	if (status == CLI_OK)
		status = write_file(dir, "keys/tls.key", buf_str(&key), 0600);
	if (status == CLI_OK)
		status = write_file(dir, "keys/tls.crt", buf_str(&certificate), 0600);
	secret_wipe(key.p, key.n);
	buf_done(&key);
	buf_done(&certificate);
	return status;
}

static int first_records(struct cli *c, const struct plan *p)
{
	char hash[PASSWORD_HASH_MAX];
	json_t *j = NULL;
	if (password_hash(str_c(p->password), &password_params_default, hash) != OK)
		return cli_refuse("the password cannot be hashed");
	int status = cli_admin(c, "domain.add", (const char *const[]){ p->domain, NULL }, &j);
	json_decref(j);
	if (status == CLI_OK) {
		status = cli_admin(c, "account.add", (const char *const[]){ p->admin, hash, "admin", NULL }, &j);
		json_decref(j);
	}
	return status;
}

static void report(struct cli *c, const struct plan *p)
{
	if (c->json) {
		json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "dir", c->dir, "hostname", p->hostname, "domain", p->domain, "admin", p->admin);
		if (p->generated)
			json_object_set_new(j, "password", json_string(p->password));
		cli_json(j);
		json_decref(j);
		return;
	}
	printf("data folder    %s\nadministrator  %s\n", c->dir, p->admin);
	if (p->generated)
		printf("password       %s   (shown once; change it: ceralacca user passwd %s)\n", p->password, p->admin);
	printf("certificate    self-signed for %s, in %s/keys\n\nDNS records to publish:\n", p->hostname, c->dir);
	cli_print_dns(p->hostname, p->domain);
	printf("\nstart it: ceralacca serve -d %s\n", c->dir);
}

int cli_init(struct cli *c)
{
	struct plan p = { 0 };
	auto_fd dir = -1;
	int status = make_plan(c, &p);
	if (status == CLI_OK)
		status = make_folders(c, &dir);
	if (status == CLI_OK)
		status = write_conf(c, &p, dir);
	if (status == CLI_OK)
		status = write_certificate(&p, dir);
	/* from here on it is a data folder: written last but the first records, which the store itself makes */
	if (status == CLI_OK)
		status = write_file(dir, "version", STR("1\n"), 0644);
	if (status == CLI_OK)
		status = first_records(c, &p);
	if (status == CLI_OK)
		report(c, &p);
	secret_wipe(p.password, sizeof p.password);
	return status;
}
