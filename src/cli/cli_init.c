#include "cli/cli_dns.h"

#include "os/fd.h"
#include "proto/dns_env/dns_env.h"
#include "proto/password/password_policy.h"
#include "proto/x509/x509_self_signed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 330, PASSWORD_MAX = 1024, CHECK_MEMORY = 256 << 10 };

struct plan { char hostname[256], domain[256], admin[NAME_MAX_BYTES], password[PASSWORD_MAX]; };

static int write_file(int dir, const char *name, struct str bytes, mode_t mode)
{
	auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0 || fd_write_all(fd, bytes) != OK || fsync(fd) != 0)
		return cli_refuse("%s: %s", name, strerror(errno));
	return CLI_OK;
}

/* Auth will look again; here so that a refusal leaves no folder behind. */
static int check_password(const struct plan *p)
{
	struct arena a;
	struct password_reasons reasons;
	struct password_check k = { .profile = &password_profile_default, .person = { .address = str_c(p->admin) }, .breached = breached_starter() };
	int status = CLI_OK;
	arena_init(&a, CHECK_MEMORY, NULL, NULL);
	password_policy_check(&a, &k, str_c(p->password), &reasons);
	if (reasons.count)
		status = cli_refuse("the password is not accepted: %.*s", (int)reasons.list[0].text.n, reasons.list[0].text.p);
	arena_done(&a);
	return status;
}

static int make_plan(struct cli *c, struct plan *p)
{
	char address[NAME_MAX_BYTES];
	if (!c->hostname || !c->domain) {
		cli_refuse("init needs --hostname and --domain; `ceralacca init --help` has an example");
		return CLI_USAGE;
	}
	if (cli_domain_name(c->hostname, p->hostname, sizeof p->hostname) != CLI_OK || cli_domain_name(c->domain, p->domain, sizeof p->domain) != CLI_OK)
		return CLI_REFUSED;
	snprintf(address, sizeof address, "admin@%s", p->domain);
	if (cli_address(c->admin_address ? c->admin_address : address, p->admin, sizeof p->admin) != CLI_OK)
		return CLI_REFUSED;
	if (!c->password_stdin)
		return CLI_OK;
	int status = cli_password(c, p->password, sizeof p->password);
	return status == CLI_OK ? check_password(p) : status;
}

static int make_folders(struct cli *c, int *ret)
{
	static const char *const names[] = { "keys", "auth", "store", "run" };
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

/* Reports come from the host's own name: when that is of none of our domains, it gets keys as well. */
static int make_signing_keys(struct cli *c, const struct plan *p)
{
	int status = cli_keys_begin(c, p->domain);
	if (status == CLI_OK && !dns_env_name_is_below(str_c(p->hostname), str_c(p->domain)))
		status = cli_keys_begin(c, p->hostname);
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

/* *ret: what was answered for the administrator, with a password when it was left to auth to choose one. */
static int first_records(struct cli *c, const struct plan *p, json_t **ret)
{
	json_t *j = NULL;
	int status = cli_auth_strings(c, "domain.add", (const char *const[]){ p->domain, NULL }, &j);
	json_decref(j);
	if (status != CLI_OK)
		return status;
	status = cli_auth(c, &(struct cli_auth){ "params.measure", json_object(), NULL, -1 }, &j);
	json_decref(j);
	if (status != CLI_OK)
		return status;
	json_t *arguments = json_pack("{s:s, s:b, s:b}", "address", p->admin, "admin", 1, "generate", !*p->password);
	return cli_auth(c, &(struct cli_auth){ "user.add", arguments, p->password, -1 }, ret);
}

static void report(struct cli *c, const struct plan *p, const char *generated)
{
	if (c->json) {
		json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "dir", c->dir, "hostname", p->hostname, "domain", p->domain, "admin", p->admin);
		if (generated)
			json_object_set_new(j, "password", json_string(generated));
		cli_json(j);
		json_decref(j);
		return;
	}
	printf("data folder    %s\nadministrator  %s\n", c->dir, p->admin);
	if (generated)
		printf("password       %s   (shown once; change it: ceralacca user passwd %s)\n", generated, p->admin);
	printf("certificate    self-signed for %s, in %s/keys\n\nDNS records to publish:\n", p->hostname, c->dir);
	struct cli_dns dns;
	if (cli_dns_collect(c, p->domain, &dns) == CLI_OK) {
		cli_dns_print(&dns);
		cli_dns_done(&dns);
	}
	printf("\nstart it: ceralacca serve -d %s\n", c->dir);
}

int cli_init(struct cli *c)
{
	struct plan p = { 0 };
	auto_fd dir = -1;
	json_t *admin = NULL;
	int status = make_plan(c, &p);
	if (status == CLI_OK)
		status = make_folders(c, &dir);
	if (status == CLI_OK)
		status = write_conf(c, &p, dir);
	if (status == CLI_OK)
		status = write_certificate(&p, dir);
	if (status == CLI_OK)
		status = make_signing_keys(c, &p);
	/* from here on it is a data folder: written last but the first records, which the store itself makes */
	if (status == CLI_OK)
		status = write_file(dir, "version", STR("1\n"), 0644);
	if (status == CLI_OK)
		status = first_records(c, &p, &admin);
	if (status == CLI_OK)
		report(c, &p, json_string_value(json_object_get(admin, "password")));
	json_decref(admin);
	secret_wipe(p.password, sizeof p.password);
	return status;
}
