/* A front end and the role keys, over a real channel: handshakes, new certificates, a key that is gone (B54). This process plays both. */
#include "io/fiber.h"
#include "io/loop.h"
#include "io/stream.h"
#include "ipc/role_run.h"
#include "ipc/tls_keys.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proto/x509/x509_self_signed.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { WITHIN_MS = 20000 };

extern const struct role_spec keys_role;

static char folder[] = "/tmp/test_keys_role_XXXXXX";
static int dir = -1, last_change = 1;
static unsigned changes;
static uint64_t last_serial;
static struct channel *front, *back;

static void write_file(const char *name, struct str bytes)
{
	auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes), OK);
}

static void new_files(const char *key_name, const char *crt_name, struct str hostname)
{
	struct buf key, crt;
	buf_init(&key, 64 << 10);
	buf_init(&crt, 64 << 10);
	assert_int_equal(x509_self_signed(hostname, &key, &crt), OK);
	write_file(key_name, buf_str(&key));
	write_file(crt_name, buf_str(&crt));
	buf_done(&key);
	buf_done(&crt);
}

static void forget(struct channel *c, void *end)
{
	(void)c;
	*(struct channel **)end = NULL;
}

static void wire(void)
{
	int fds[2];
	if (front)
		channel_close(front);
	if (back)
		channel_close(back);
	assert_int_equal(fd_pair(fds), OK);
	front = channel_new(fds[0], ROLE_KEYS, 0);
	back = channel_new(fds[1], ROLE_SMTP, 0);
	channel_on_close(front, forget, &front);
	channel_on_close(back, forget, &back);
}

static void on_change(int err, uint64_t serial)
{
	last_change = err;
	last_serial = serial;
	changes++;
	loop_stop();
}

static void later(void *arg)
{
	assert_int_equal(fiber_sleep((int64_t)(intptr_t)arg), OK);
	loop_stop();
}

static void run_for(int64_t ms)
{
	fiber_start(later, (void *)(intptr_t)ms);
	loop_run();
}

/* ---- one connection ---- */

static struct { int fds[2], server, client; unsigned running; char subject[128]; const char *sni; } met;

static void finish(struct stream *s)
{
	stream_free(s);
	if (!--met.running)
		loop_stop();
}

static void serve(void *arg)
{
	struct stream *s = stream_new(met.fds[0]);
	(void)arg;
	met.server = stream_tls_accept(s, tls_keys_session("imap"), clock_mono_ms() + WITHIN_MS);
	finish(s);
}

static void visit(void *arg)
{
	SSL *ssl = SSL_new(arg);
	struct stream *s = stream_new(met.fds[1]);
	if (met.sni)
		SSL_set_tlsext_host_name(ssl, met.sni);
	met.client = stream_tls_connect(s, ssl, clock_mono_ms() + WITHIN_MS);
	if (met.client == OK)
		X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl)), NID_commonName, met.subject, sizeof met.subject);
	finish(s);
}

static const char *meet(SSL_CTX *c, const char *sni)
{
	met.running = 2;
	met.sni = sni;
	met.subject[0] = '\0';
	assert_int_equal(fd_pair(met.fds), OK);
	fiber_start(serve, NULL);
	fiber_start(visit, c);
	while (met.running)
		loop_run();
	return met.subject;
}

/* ---- tests ---- */

static SSL_CTX *visitor;

static void test_handshakes(void **state)
{
	(void)state;
	assert_false(tls_keys_ready());
	assert_null(tls_keys_session("imap"));
	tls_keys_start(on_change);
	tls_keys_start(on_change);
	while (!tls_keys_ready())
		loop_run();
	assert_int_equal(last_change, OK);
	assert_string_equal(meet(visitor, NULL), "mail.example.test");
	assert_int_equal(met.server, OK);
	assert_string_equal(meet(visitor, "other.example.test"), "other.example.test");
	assert_string_equal(meet(visitor, "none.example.test"), "mail.example.test");
	SSL_CTX_set_max_proto_version(visitor, TLS1_2_VERSION);
	assert_string_equal(meet(visitor, NULL), "mail.example.test");
	assert_int_equal(met.server, OK);
	SSL_CTX_set_max_proto_version(visitor, 0);
}

/* keys was restarted with other files: the open channel ends, a new one comes, the certificates follow. */
static void test_B54_renewed(void **state)
{
	static const struct conf c;
	(void)state;
	unsigned before = changes;
	uint64_t serial = last_serial;
	new_files("tls.key", "tls.crt", STR("renewed.example.test"));
	assert_int_equal(keys_role.prepare(&c, dir), OK);
	wire();
	tls_keys_refresh();
	while (changes == before)
		loop_run();
	assert_int_equal(last_change, OK);
	assert_int_not_equal(last_serial, serial);
	assert_string_equal(meet(visitor, NULL), "renewed.example.test");
	/* nothing new: nobody is told */
	before = changes;
	tls_keys_refresh();
	run_for(30);
	assert_int_equal(changes, before);
}

static void test_B54_broken_keeps_old(void **state)
{
	static const struct conf c;
	(void)state;
	write_file("tls.crt", STR("not a certificate"));
	assert_int_not_equal(keys_role.prepare(&c, dir), OK);
	tls_keys_refresh();
	run_for(30);
	assert_string_equal(meet(visitor, NULL), "renewed.example.test");
}

/* The front end still offers a certificate whose key is gone: that handshake fails, and the next one has the new certificate. */
static void test_B54_key_replaced_unnoticed(void **state)
{
	static const struct conf c;
	(void)state;
	unsigned before = changes;
	new_files("tls.key", "tls.crt", STR("third.example.test"));
	assert_int_equal(keys_role.prepare(&c, dir), OK);
	meet(visitor, NULL);
	assert_int_equal(met.server, E_PROTO);
	while (changes == before)
		loop_run();
	assert_string_equal(meet(visitor, NULL), "third.example.test");
	assert_int_equal(met.server, OK);
}

/* keys dies with a signature under way: its successor makes it, the client notices nothing. */
static bool armed;

static void rewire(void *arg)
{
	(void)arg;
	assert_int_equal(fiber_sleep(20), OK);
	wire();
}

static void end_channel(void *ctx)
{
	(void)ctx;
	if (!armed || !channel_calls_open(front))
		return;
	armed = false;
	channel_close(front);
	fiber_start(rewire, NULL);
}

static void test_restart_in_mid_handshake(void **state)
{
	static struct loop_hook hook = { .fn = end_channel };
	(void)state;
	loop_before_wait(&hook);
	armed = true;
	assert_string_equal(meet(visitor, NULL), "third.example.test");
	assert_int_equal(met.server, OK);
	assert_false(armed);
}

static int refusals[3];

static void ask_for_more(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_tls_certificate_req q = { .name = STR("none.example.test") };
	struct ipc_tls_certificate_rep a;
	(void)arg;
	refusals[0] = ipc_call_tls_certificate(front, &q, &a, &hold, 1000);
	q.name = STR("");
	assert_int_equal(ipc_call_tls_certificate(front, &q, &a, &hold, 1000), OK);
	struct ipc_tls_sign_req s = { .key = a.key, .digest = STR("SHA256"), .message = STR("0123456789abcdef") };
	struct ipc_tls_sign_rep b;
	refusals[1] = ipc_call_tls_sign(front, &s, &b, &hold, 1000);
	s.key++;
	refusals[2] = ipc_call_tls_sign(front, &s, &b, &hold, 1000);
	ipc_release(&hold);
	loop_stop();
}

static void test_refusals(void **state)
{
	(void)state;
	fiber_start(ask_for_more, NULL);
	loop_run();
	assert_int_equal(refusals[0], E_NOTFOUND);
	assert_int_equal(refusals[1], E_DENIED);
	assert_int_equal(refusals[2], E_NOTFOUND);
}

static void on_bad(struct channel *c, uint32_t type) { (void)c; (void)type; abort(); }

static int setup(void **state)
{
	static const struct conf c;
	(void)state;
	if (!mkdtemp(folder) || (dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || mkdirat(dir, "tls", 0700) != 0)
		return -1;
	new_files("tls.key", "tls.crt", STR("mail.example.test"));
	new_files("tls/other.example.test.key", "tls/other.example.test.crt", STR("other.example.test"));
	visitor = SSL_CTX_new(TLS_client_method());
	keys_role.setup();
	wire();
	return keys_role.prepare(&c, dir) == OK ? keys_role.open(&c) : -1;
}

static int cleanup(void **state)
{
	static const char *const files[] = { "tls.key", "tls.crt", "tls/other.example.test.key", "tls/other.example.test.crt" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlinkat(dir, files[i], 0);
	unlinkat(dir, "tls", AT_REMOVEDIR);
	fd_close(&dir);
	SSL_CTX_free(visitor);
	return rmdir(folder);
}

int main(void)
{
	loop_init();
	channel_setup(ROLE_KEYS, keys_role.services, keys_role.service_count, on_bad);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshakes), cmocka_unit_test(test_B54_renewed), cmocka_unit_test(test_B54_broken_keeps_old),
		cmocka_unit_test(test_B54_key_replaced_unnoticed), cmocka_unit_test(test_restart_in_mid_handshake),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, setup, cleanup);
}
