/* The resolver against a name server of our own (NSD) on loopback: unsigned, signed, tampered, broken and silent zones. Skipped, visibly,
 * where nsd or ldns is not installed. */
#include "role/resolver/resolver.h"
#include "role/resolver/resolver_conf.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proto/dns/dns_rdata.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/test_resolver_XXXXXX";
static pid_t nsd = -1;
static uint16_t port, silent_port;
static int silent = -1;

/* ---- the name server */

static void write_file(const char *name, const char *fmt, ...) printf_like(2, 3);
static void write_file(const char *name, const char *fmt, ...)
{
	va_list ap;
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
}

static pid_t start_program(const char *const *argv)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t quiet;
	pid_t pid = -1;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, argv[0], &quiet, NULL, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&quiet);
	return pid;
}

static bool run_program(const char *const *argv)
{
	int status = -1;
	pid_t pid = start_program(argv);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* The file in the folder that begins with "K<zone>." and ends so; its name without the ending. */
static bool key_file(const char *zone, char *ret, size_t cap)
{
	char prefix[64];
	bool found = false;
	DIR *d = opendir(".");
	snprintf(prefix, sizeof prefix, "K%s.+", zone);
	for (struct dirent *e; d && (e = readdir(d));) {
		struct str name = str_c(e->d_name);
		if (str_starts(name, str_c(prefix)) && str_ends(name, STR(".ds")))
			found = snprintf(ret, cap, STR_FMT, STR_ARG(str_first(name, name.n - 3))) > 0;
	}
	if (d)
		closedir(d);
	return found;
}

static void read_text(const char *name, struct buf *out)
{
	auto_fd fd = open(name, O_RDONLY);
	buf_init(out, 1 << 20);
	assert_int_equal(fd_read_all(fd, out), OK);
}

static bool sign(const char *zone, char *ret_anchor, size_t cap)
{
	char key[128], file[160];
	struct buf ds;
	const char *const keygen[] = { "/usr/bin/ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone, NULL };
	if (!run_program(keygen) || !key_file(zone, key, sizeof key))
		return false;
	snprintf(file, sizeof file, "%s.ds", key);
	read_text(file, &ds);
	snprintf(ret_anchor, cap, STR_FMT, STR_ARG(str_trim(buf_str(&ds))));
	buf_done(&ds);
	for (char *c = ret_anchor; *c; c++)
		if (*c == '\t')
			*c = ' ';
	const char *const signzone[] = { "/usr/bin/ldns-signzone", zone, key, NULL };
	return run_program(signzone);
}

#define ZONE "$ORIGIN %s.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n" \
	"www A 192.0.2.80\nwww AAAA 2001:db8::80\n@ MX 20 b\n@ MX 10 a\n@ TXT \"v=spf1 \" \"-all\"\nalias CNAME www\nfar CNAME www.plain.test.\n"

static void write_zones(void)
{
	char txt[4096];
	size_t n = 0;
	write_file("signed.test", ZONE, "signed.test");
	write_file("bogus.test", ZONE, "bogus.test");
	for (unsigned i = 0; i < 12; i++)
		n += (size_t)snprintf(txt + n, sizeof txt - n, " \"%0250u\"", i);
	write_file("plain.test", ZONE "big TXT %s\nnull MX 0 .\n", "plain.test", txt);
}

/* One address of the zone is not what was signed. */
static void tamper(void)
{
	struct buf b;
	read_text("bogus.test.signed", &b);
	for (size_t at = 0, found; (found = str_search(str_skip(buf_str(&b), at), STR("192.0.2.80"))) != STR_NPOS; at += found + 1)
		b.p[at + found + 9] = '1';
	write_file("bogus.test.signed", "%.*s", (int)b.n, b.p);
	buf_done(&b);
}

static int socket_on(int type, uint16_t *ret_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) != 0 || getsockname(fd, (struct sockaddr *)&in, &len) != 0)
		fail();
	*ret_port = ntohs(in.sin_port);
	return fd;
}

static bool answers(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	for (int i = 0; i < 500; i++) {
		auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fd, (struct sockaddr *)&in, sizeof in) == 0)
			return true;
		usleep(10000);
	}
	return false;
}

static bool start_nsd(void)
{
	auto_fd probe = socket_on(SOCK_STREAM, &port);
	write_file("nsd.conf",
		"server:\n ip-address: 127.0.0.1\n port: %u\n username: \"\"\n zonesdir: \"%s\"\n database: \"\"\n pidfile: \"\"\n logfile: \"%s/log\"\n"
		" xfrdfile: \"%s/xfrd\"\n zonelistfile: \"%s/zones\"\n cookie-secret-file: \"%s/cookies\"\n rrl-ratelimit: 0\n server-count: 1\n"
		"remote-control:\n control-enable: no\n"
		"zone:\n name: plain.test\n zonefile: plain.test\nzone:\n name: signed.test\n zonefile: signed.test.signed\n"
		"zone:\n name: bogus.test\n zonefile: bogus.test.signed\nzone:\n name: broken.test\n zonefile: none\n",
		port, dir, dir, dir, dir, dir);
	fd_close(&probe);
	const char *const argv[] = { "/usr/sbin/nsd", "-d", "-c", "nsd.conf", NULL };
	nsd = start_program(argv);
	return nsd > 0 && answers();
}

/* ---- the resolver */

static struct resolver *resolver;
static struct buf room;
static struct arena memory;
static struct resolver_answer answer;
static void (*body)(void);

static int look(const char *name, unsigned type)
{
	arena_reset(&memory);
	return resolver_lookup(resolver, str_c(name), type, clock_mono_ms() + 8000, &room, &answer);
}

static struct str first(void)
{
	struct reader r = reader_of(answer.answers);
	return read_str(&r, 65535);
}

static size_t count(void)
{
	size_t n = 0;
	for (struct reader r = reader_of(answer.answers); r.rest.n && r.err == OK; n++)
		read_str(&r, 65535);
	return n;
}

static void in_fiber(void *arg)
{
	(void)arg;
	body();
	loop_stop();
}

static void run(void (*fn)(void))
{
	if (nsd <= 0)
		skip();
	body = fn;
	fiber_start(in_fiber, NULL);
	loop_run();
	assert_int_equal(resolver_open_lookups(resolver), 0);
}

static void body_insecure(void)
{
	struct dns_mx mx;
	assert_int_equal(look("www.plain.test", DNS_A), OK);
	assert_int_equal(answer.rcode, DNS_NOERROR);
	assert_int_equal(answer.security, DNS_INSECURE);
	assert_true(str_eq(first(), ((struct str){ "\300\0\2\120", 4 })));
	assert_int_equal(answer.ttl, 300);
	assert_int_equal(look("plain.test", DNS_MX), OK);
	assert_int_equal(count(), 2);
	assert_int_equal(dns_mx_parse(&memory, first(), &mx), OK);
	assert_true(str_ends(mx.host, STR(".plain.test")));
	assert_int_equal(look("null.plain.test", DNS_MX), OK);
	assert_int_equal(dns_mx_parse(&memory, first(), &mx), OK);
	assert_true(str_eq(mx.host, STR(".")));
}

static void body_secure(void)
{
	assert_int_equal(look("www.signed.test", DNS_AAAA), OK);
	assert_int_equal(answer.security, DNS_SECURE);
	assert_int_equal(first().n, 16);
	assert_int_equal(look("none.signed.test", DNS_A), OK);         /* a denial is signed too */
	assert_int_equal(answer.rcode, DNS_NXDOMAIN);
	assert_int_equal(answer.security, DNS_SECURE);
	assert_int_equal(look("far.signed.test", DNS_A), OK);          /* as secure as the weakest part of the chain */
	assert_int_equal(answer.security, DNS_INSECURE);
	assert_true(str_eq(answer.canonical, STR("www.plain.test")));
}

static void body_bogus(void)
{
	assert_int_equal(look("www.bogus.test", DNS_A), OK);
	assert_int_equal(answer.security, DNS_BOGUS);
	assert_int_equal(answer.rcode, DNS_SERVFAIL);
	assert_int_equal(count(), 0);
}

static void body_denials(void)
{
	assert_int_equal(look("none.plain.test", DNS_A), OK);
	assert_int_equal(answer.rcode, DNS_NXDOMAIN);
	assert_int_equal(look("www.plain.test", DNS_TXT), OK);
	assert_int_equal(answer.rcode, DNS_NOERROR);
	assert_int_equal(count(), 0);
	assert_int_equal(look("alias.plain.test", DNS_A), OK);
	assert_int_equal(count(), 1);
	assert_true(str_eq(answer.canonical, STR("www.plain.test")));
}

/* B01: what cannot be found out is an error, never a denial. */
static void body_B01(void)
{
	assert_int_equal(look("www.broken.test", DNS_A), E_IO);
	int64_t from = clock_mono_ms();
	assert_int_equal(resolver_lookup(resolver, STR("www.silent.test"), DNS_A, from + 700, &room, &answer), E_TIMEOUT);
	assert_in_range(clock_mono_ms() - from, 650, 3000);
	assert_int_equal(look("", DNS_A), E_SYNTAX);
	assert_int_equal(look("a..b", DNS_A), E_IO);
}

/* B14: an answer of 3 KB comes over TCP, whole, its strings joined. */
static void body_B14(void)
{
	struct str text;
	assert_int_equal(look("big.plain.test", DNS_TXT), OK);
	assert_int_equal(count(), 1);
	assert_int_equal(dns_txt_parse(&memory, first(), &text), OK);
	assert_int_equal(text.n, 12 * 250);
	assert_true(str_ends(text, STR("0011")));
	assert_int_equal(look("plain.test", DNS_TXT), OK);
	assert_int_equal(dns_txt_parse(&memory, first(), &text), OK);
	assert_true(str_eq(text, STR("v=spf1 -all")));
}

/* More at once than are allowed: the surplus is told so, the others are answered. */
enum { MANY = RESOLVER_LOOKUPS_MAX + 50 };
static unsigned found, busy, ended;

static void one_of_many(void *arg)
{
	char name[64];
	struct buf own;
	struct resolver_answer a;
	buf_init(&own, RESOLVER_ANSWERS_MAX + RESOLVER_CANONICAL_MAX);
	snprintf(name, sizeof name, "n%u.plain.test", *(unsigned *)arg);
	int r = resolver_lookup(resolver, str_c(name), DNS_A, clock_mono_ms() + 8000, &own, &a);
	found += r == OK && a.rcode == DNS_NXDOMAIN;
	busy += r == E_BUSY;
	ended++;
	buf_done(&own);
}

static void body_many(void)
{
	static unsigned number[MANY];
	for (unsigned i = 0; i < MANY; i++) {
		number[i] = i;
		fiber_start(one_of_many, &number[i]);
	}
	for (int i = 0; i < 4000 && ended < MANY; i++)
		if (fiber_sleep(2) != OK)
			fail();
	assert_int_equal(ended, MANY);
	assert_int_equal(busy, MANY - RESOLVER_LOOKUPS_MAX);
	assert_int_equal(found, RESOLVER_LOOKUPS_MAX);
}

static void test_insecure(void **state) { (void)state; run(body_insecure); }
static void test_secure(void **state) { (void)state; run(body_secure); }
static void test_bogus(void **state) { (void)state; run(body_bogus); }
static void test_denials(void **state) { (void)state; run(body_denials); }
static void test_B01_failures(void **state) { (void)state; run(body_B01); }
static void test_B14_tcp(void **state) { (void)state; run(body_B14); }
static void test_many(void **state) { (void)state; run(body_many); }

static void configure(char *signed_anchor, char *bogus_anchor)
{
	static char zones[5][64];
	static const char *const names[5] = { "plain.test", "signed.test", "bogus.test", "broken.test", "silent.test" };
	struct buf text, why;
	char *stub[5], *anchor[2] = { signed_anchor, bogus_anchor }, root[] = "root", *forward[1] = { root };
	for (size_t i = 0; i < 5; i++) {
		snprintf(zones[i], sizeof zones[i], "%s=127.0.0.1@%u", names[i], i == 4 ? silent_port : port);
		stub[i] = zones[i];
	}
	struct conf c = { .resolver = { .forward = forward, .forward_count = 1, .stub = stub, .stub_count = 5, .trust_anchor = anchor, .trust_anchor_count = 2 } };
	buf_init(&text, RESOLVER_CONFIG_MAX);
	buf_init(&why, 512);
	assert_int_equal(resolver_config_write(&c, STR(""), STR(""), RESOLVER_ALL_ANCHORS, &text, &why), OK);
	assert_int_equal(resolver_new(buf_str(&text), &resolver), OK);
	buf_done(&text);
	buf_done(&why);
}

static int setup(void **state)
{
	static char signed_anchor[512], bogus_anchor[512];
	(void)state;
	if (access("/usr/sbin/nsd", X_OK) != 0 || access("/usr/bin/ldns-signzone", X_OK) != 0) {
		fprintf(stderr, "nsd or ldns-signzone is not installed: skipped\n");
		return 0;
	}
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	silent = socket_on(SOCK_DGRAM, &silent_port);
	write_zones();
	if (!sign("signed.test", signed_anchor, sizeof signed_anchor) || !sign("bogus.test", bogus_anchor, sizeof bogus_anchor))
		return -1;
	tamper();
	if (!start_nsd())
		return -1;
	configure(signed_anchor, bogus_anchor);
	return 0;
}

static int teardown(void **state)
{
	int status;
	(void)state;
	if (nsd > 0) {
		resolver_free(resolver);
		kill(nsd, SIGTERM);
		waitpid(nsd, &status, 0);
		fd_close(&silent);
		DIR *d = opendir(dir);
		for (struct dirent *e; d && (e = readdir(d));)
			unlink(e->d_name);
		if (d)
			closedir(d);
		rmdir(dir);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insecure), cmocka_unit_test(test_secure), cmocka_unit_test(test_bogus), cmocka_unit_test(test_denials),
		cmocka_unit_test(test_B01_failures), cmocka_unit_test(test_B14_tcp), cmocka_unit_test(test_many),
	};
	loop_init();
	buf_init(&room, RESOLVER_ANSWERS_MAX + RESOLVER_CANONICAL_MAX);
	arena_init(&memory, 1 << 20, NULL, NULL);
	int r = cmocka_run_group_tests(tests, setup, teardown);
	buf_done(&room);
	arena_done(&memory);
	return r;
}
