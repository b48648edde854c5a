/* The configuration file: what is read, what is refused, and that each refusal names file and line. */
#include "ipc/conf_yaml.h"

#include "os/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/test_conf_yaml.XXXXXX";

static int load(const char *text, struct conf *c, struct buf *why)
{
	auto_fd fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, str_c(text)), OK);
	buf_clear(why);
	return conf_yaml_load(path, c, why);
}

static void test_good(void **state)
{
	(void)state;
	struct conf c, d;
	struct buf why, encoded;
	buf_init(&why, 4096);
	buf_init(&encoded, 64 << 10);
	assert_int_equal(load("server:\n  hostname: mail.example.test\n  listen: [127.0.0.1, \"::1\"]\n  port_base: 10000\n"
		"relay:\n  port: 2525\n  allow_loopback: true\n  smarthost_password: open sesame\n", &c, &why), OK);
	assert_string_equal(c.server.hostname, "mail.example.test");
	assert_int_equal(c.server.listen_count, 2);
	assert_string_equal(c.server.listen[1], "::1");
	assert_int_equal(c.server.port_base, 10000);
	assert_int_equal(c.relay.port, 2525);
	assert_true(c.relay.allow_loopback);
	assert_int_equal(c.limits.recipients, 1000);
	assert_int_equal(conf_encode(&c, ROLE_SMTP, &encoded), OK);
	assert_int_equal(conf_decode(buf_str(&encoded), &d), OK);
	assert_string_equal(d.server.listen[1], "::1");
	assert_string_equal(d.relay.smarthost_password, "");        /* only relay gets it */
	assert_int_equal(conf_decode(str_first(buf_str(&encoded), encoded.n - 1), &d), E_PROTO);
	conf_done(&c);
	conf_done(&d);
	buf_done(&why);
	buf_done(&encoded);
}

static const struct { const char *text, *line, *says; } bad[] = {
	{ "server:\n  hostname: a.test\n  colour: blue\n", ":3: ", "colour" },
	{ "server:\n  hostname: a.test\nlimits:\n  message_size: lots\n", ":4: ", "lots" },
	{ "server:\n  hostname: a.test\nlimits:\n  recipients: 5\n", ":4: ", "5 is not between 100 and 10000" },
	{ "server:\n  hostname: a.test\nsmtp:\n  errors: 5\nimap:\n  errors: 0\n", ":6: ", "imap.errors: 0 is not between 1 and 1000" },
	{ "server:\n  hostname: [a.test\n", ":", "" },
	{ "server:\n  port_base: 10000\n", ":", "hostname" },
	{ "", ":", "" },
};

static void test_bad(void **state)
{
	(void)state;
	struct conf c;
	struct buf why;
	buf_init(&why, 4096);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_not_equal(load(bad[i].text, &c, &why), OK);
		struct str s = buf_str(&why);
		if (!str_starts(s, str_c(path)) || str_search(s, str_c(bad[i].line)) == STR_NPOS || str_search(s, str_c(bad[i].says)) == STR_NPOS)
			fail_msg("row %zu: " STR_FMT, i, STR_ARG(s));
	}
	buf_done(&why);
}

static void test_password_needs_a_private_file(void **state)
{
	(void)state;
	struct conf c;
	struct buf why;
	buf_init(&why, 4096);
	chmod(path, 0644);
	assert_int_equal(load("server:\n  hostname: a.test\nrelay:\n  smarthost_password: x\n", &c, &why), E_DENIED);
	assert_true(str_search(buf_str(&why), STR(":4: ")) != STR_NPOS);
	buf_done(&why);
}

int main(void)
{
	auto_fd fd = mkstemp(path);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_password_needs_a_private_file) };
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return r;
}
