#include "cli/cli_dns.h"
#include "cli/cli_bimi.h"

#include "ipc/conf_yaml.h"
#include "os/fd.h"
#include "proto/dns_env/dns_env.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <unistd.h>

enum { TXT_PIECE = 255, MEMORY = 4 << 20, CERTIFICATE_MAX = 256 << 10, TTL = 3600 };

/* ---- what is needed for the list ---- */

/* The certificate that front ends show: for TLSA it is the key that counts, which a renewal may keep. */
static int read_tlsa(struct cli *c, struct arena *a, struct str *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA256_DIGEST_LENGTH], *der = NULL;
	char path[DATA_FOLDER_PATH_MAX], *hex = arena_alloc(a, 2 * sizeof digest + 1);
	struct buf pem;
	auto_fd fd = data_folder_path(c->dir, "keys/tls.crt", path) == OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	buf_init(&pem, CERTIFICATE_MAX);
	if (fd < 0 || fd_read_all(fd, &pem) != OK) {
		buf_done(&pem);
		return E_NOTFOUND;
	}
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	int n = x ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : 0;
	if (n > 0)
		SHA256(der, (size_t)n, digest);
	for (size_t i = 0; i < sizeof digest && n > 0; i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	OPENSSL_free(der);
	X509_free(x);
	BIO_free(bio);
	buf_done(&pem);
	*ret = str_c(hex);
	return n > 0 ? OK : E_SYNTAX;
}

static void make_list(struct cli *c, struct cli_dns *d, const struct conf *conf)
{
	struct arena *a = &d->memory;
	struct str tlsa;
	struct dns_wanted_key *keys = arena_new_array(a, struct dns_wanted_key, d->key_count + 1);
	for (size_t i = 0; i < d->key_count; i++)
		keys[i] = (struct dns_wanted_key){ str_c(d->keys[i].selector), str_c(d->keys[i].record), d->keys[i].state == DKIM_KEY_ACTIVE };
	d->hostname = arena_dup(a, str_c(conf->server.hostname));
	struct dns_wanted_input in = { .hostname = d->hostname, .domain = str_c(d->domain), .keys = keys, .key_count = d->key_count, .tlsa = &tlsa,
		.tlsa_count = read_tlsa(c, a, &tlsa) == OK, .port_base = (unsigned)conf->server.port_base,
		.sts_enforce = conf->http.mta_sts_enforce, .bimi = d->bimi };
	dns_wanted_list(a, &in, &d->wanted, &d->count);
}

int cli_dns_collect(struct cli *c, const char *domain, struct cli_dns *ret)
{
	char path[DATA_FOLDER_PATH_MAX];
	struct conf conf;
	struct buf why;
	int status = cli_domain_name(domain, ret->domain, sizeof ret->domain);
	ret->keys = NULL;
	if (status != CLI_OK)
		return status;
	buf_init(&why, 4096);
	if (data_folder_check(c->dir, &why) != OK || data_folder_path(c->dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, &conf, &why) != OK) {
		status = cli_refuse("%.*s", (int)why.n, why.p ? why.p : "");
	} else {
		arena_init(&ret->memory, MEMORY, NULL, NULL);
		status = cli_keys(c, ret->domain, &ret->keys, &ret->key_count);
		if (status == CLI_OK)
			status = cli_bimi_record(c, ret->domain, &ret->memory, &ret->bimi);
		if (status == CLI_OK)
			make_list(c, ret, &conf);
		else
			cli_dns_done(ret);
		conf_done(&conf);
	}
	buf_done(&why);
	return status;
}

void cli_dns_done(struct cli_dns *d)
{
	mem_free(d->keys);
	arena_done(&d->memory);
}

/* ---- as text ---- */

/* A TXT record holds strings of up to 255 octets (RFC 1035 section 3.3.14). None of ours has a quote or a backslash in it. */
static void print_data(const struct dns_wanted *w, const char *open, const char *close)
{
	struct str rest = w->data;
	if (strcmp(w->type, "TXT") != 0) {
		printf("%.*s\n", (int)rest.n, rest.p);
		return;
	}
	fputs(rest.n > TXT_PIECE ? open : "", stdout);
	for (const char *before = ""; rest.n; before = " ") {
		struct str piece = str_first(rest, TXT_PIECE);
		rest = str_skip(rest, piece.n);
		printf("%s\"%.*s\"", before, (int)piece.n, piece.p);
	}
	puts(w->data.n > TXT_PIECE ? close : "");
}

/* What lies outside of the domain is for another zone, the host's. */
static bool inside(const struct cli_dns *d, const struct dns_wanted *w) { return dns_env_name_is_below(w->name, str_c(d->domain)); }

static void print_one(const struct cli_dns *d, const struct dns_wanted *w)
{
	printf("%s%.*s. %u IN %s ", inside(d, w) ? "" : "; in the zone of the host: ", (int)w->name.n, w->name.p, TTL, w->type);
	print_data(w, "( ", " )");
}

void cli_dns_print(const struct cli_dns *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct dns_wanted *w = &d->wanted[i];
		if (i == 0 || strcmp(w->why, w[-1].why) != 0)
			printf("; %s: %s\n", dns_need_name(w->need), w->why);
		print_one(d, w);
	}
	printf("; and for the host itself: %.*s. IN A / AAAA its addresses, with PTR records that lead back to it\n", (int)d->hostname.n, d->hostname.p);
}

/* RFC 2136, as nsupdate(1) reads it. TXT records at the name of the domain or the host may be others' business: those are only added to. */
static void print_update(const struct cli_dns *d)
{
	printf("zone %s.\n", d->domain);
	for (size_t i = 0; i < d->count; i++) {
		const struct dns_wanted *w = &d->wanted[i];
		bool shared = w->kind == WANTED_SPF || w->kind == WANTED_HOST_SPF;
		bool first = i == 0 || !str_eq(w->name, w[-1].name) || strcmp(w->type, w[-1].type) != 0;
		if (!inside(d, w))
			continue;
		if (first && !shared)
			printf("update delete %.*s. %s\n", (int)w->name.n, w->name.p, w->type);
		printf("update add %.*s. %u %s ", (int)w->name.n, w->name.p, TTL, w->type);
		print_data(w, "", "");
	}
	puts("send");
}

static json_t *as_json(const struct cli_dns *d)
{
	json_t *all = json_array();
	for (size_t i = 0; i < d->count; i++) {
		const struct dns_wanted *w = &d->wanted[i];
		json_array_append_new(all, json_pack("{s:s%, s:s, s:s%, s:s, s:s, s:b}", "name", w->name.p, w->name.n, "type", w->type, "data", w->data.p,
			w->data.n, "need", dns_need_name(w->need), "why", w->why, "in_zone", (int)inside(d, w)));
	}
	return all;
}

int cli_domain_dns(struct cli *c)
{
	struct cli_dns d;
	int status = cli_dns_collect(c, c->args[0], &d);
	if (status != CLI_OK)
		return status;
	json_t *j = c->json ? as_json(&d) : NULL;
	if (c->json)
		cli_json(j);
	else if (c->nsupdate)
		print_update(&d);
	else
		cli_dns_print(&d);
	json_decref(j);
	cli_dns_done(&d);
	return CLI_OK;
}
