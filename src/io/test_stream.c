/* Streams in clear between two fibers over a socket pair: partial reads, limits, back-pressure, deadlines, ends in the middle. What
 * TLS adds is in test_tls.c. */
#include "io/stream.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { LONG_MS = 20000, SHORT_MS = 20, BULK = 3 << 20 };

static struct stream *near, *far;
static int raw = -1;                    /* the other end, where it is not a stream */
static unsigned running;

static int64_t in_ms(int64_t ms) { return clock_mono_ms() + ms; }

static void done(void)
{
	if (--running == 0)
		loop_stop();
}

static void streams(void)
{
	int pair[2];
	assert_int_equal(fd_pair(pair), OK);
	near = stream_new(pair[0]);
	far = stream_new(pair[1]);
}

static void half(void)
{
	int pair[2];
	assert_int_equal(fd_pair(pair), OK);
	near = stream_new(pair[0]);
	far = NULL;
	raw = pair[1];
}

static void run(fiber_fn *a, fiber_fn *b)
{
	running = b ? 2 : 1;
	fiber_start(a, NULL);
	if (b)
		fiber_start(b, NULL);
	loop_run();
	stream_free(near);
	stream_free(far);
	fd_close(&raw);
}

/* ---- what stands at the front, and not a byte more ---- */
static int until_hash(struct str in, size_t *ret_used, void *ctx)
{
	size_t at = str_find(in, '#');
	(void)ctx;
	*ret_used = at + 1;
	return in.n && in.p[0] == '!' ? E_PROTO : at == STR_NPOS ? E_AGAIN : OK;
}

static void write_front(void *arg)
{
	static const char *const pieces[] = { "fr", "o", "nt#rest", NULL };
	(void)arg;
	for (const char *const *p = pieces; *p; p++) {
		assert_int_equal(stream_write(far, str_c(*p)), OK);
		assert_int_equal(stream_flush(far), OK);
		assert_int_equal(fiber_sleep(5), OK);
	}
	done();
}

static void read_front(void *arg)
{
	char rest[8];
	(void)arg;
	assert_int_equal(stream_take_front(near, 64, in_ms(LONG_MS), until_hash, NULL), OK);
	assert_int_equal(recv(stream_fd(near), rest, sizeof rest, MSG_PEEK | MSG_DONTWAIT), 4);
	assert_int_equal(stream_read(near, in_ms(LONG_MS)), OK);
	assert_true(str_eq(stream_in(near), STR("rest")));
	done();
}

static void test_A89_front(void **state)
{
	(void)state;
	streams();
	run(write_front, read_front);
}

static void bad_fronts(void *arg)
{
	static const struct { struct str in; int want; } rows[] = {
		{ STR_INIT("!no"), E_PROTO }, { STR_INIT("12345678"), E_TOOBIG }, { STR_INIT("1234"), E_TIMEOUT }, { STR_INIT(""), E_TIMEOUT },
		{ STR_INIT("1234567#"), OK },
	};
	(void)arg;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		half();
		assert_int_equal(fd_write_all(raw, rows[i].in), OK);
		assert_int_equal(stream_take_front(near, 8, in_ms(SHORT_MS), until_hash, NULL), rows[i].want);
		stream_free(near);
		fd_close(&raw);
	}
	half();
	fd_close(&raw);
	assert_int_equal(stream_take_front(near, 8, in_ms(LONG_MS), until_hash, NULL), E_CLOSED);
	done();
}

/* Wrong, too long, too slow, gone. */
static void test_A89_bad_fronts(void **state)
{
	(void)state;
	running = 1;
	fiber_start(bad_fronts, NULL);
	loop_run();
	stream_free(near);
}

/* ---- one byte at a time ---- */
static void write_bytes(void *arg)
{
	(void)arg;
	for (const char *p = "EHLO\r\n"; *p; p++) {
		assert_int_equal(stream_write(far, (struct str){ p, 1 }), OK);
		assert_int_equal(stream_flush(far), OK);
		assert_int_equal(fiber_sleep(1), OK);
	}
	assert_int_equal(stream_read(far, in_ms(LONG_MS)), OK);
	assert_true(str_eq(stream_in(far), STR("250 ok\r\n")));
	done();
}

static void read_line(void *arg)
{
	(void)arg;
	unsigned reads = 0;
	while (str_search(stream_in(near), STR("\r\n")) == STR_NPOS) {
		assert_int_equal(stream_read(near, in_ms(LONG_MS)), OK);
		reads++;
	}
	assert_true(reads > 1 && str_eq(stream_in(near), STR("EHLO\r\n")));
	assert_int_equal(stream_bytes_in(near), 6);
	stream_consume(near, 2);
	assert_true(str_eq(stream_in(near), STR("LO\r\n")));
	stream_consume(near, 4);
	assert_int_equal(stream_in(near).n, 0);
	assert_int_equal(stream_printf(near, "%d ok\r\n", 250), OK);
	assert_int_equal(stream_read(near, in_ms(SHORT_MS)), E_TIMEOUT);         /* the read sent the answer first */
	done();
}

static void test_partial_reads(void **state)
{
	(void)state;
	streams();
	run(read_line, write_bytes);
}

/* ---- much in one direction, a reader that rests ---- */
static bool rested;
static void write_bulk(void *arg)
{
	(void)arg;
	static char block[10000];
	size_t sent = 0;
	while (sent < BULK) {
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = (char)((sent + i) * 31 >> 3);
		assert_int_equal(stream_write(far, (struct str){ block, sizeof block }), OK);
		assert_true(stream_out(far)->n <= STREAM_OUT_FLUSH);            /* what waits here stays bounded */
		sent += sizeof block;
	}
	assert_int_equal(stream_flush(far), OK);
	assert_true(rested);                    /* the socket cannot have held it all */
	stream_close(far, in_ms(LONG_MS));
	far = NULL;
	done();
}

static void read_bulk(void *arg)
{
	(void)arg;
	size_t got = 0;
	int r;
	assert_int_equal(fiber_sleep(SHORT_MS), OK);
	rested = true;
	while ((r = stream_read(near, in_ms(LONG_MS))) == OK) {
		struct str s = stream_in(near);
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] != (char)((got + i) * 31 >> 3))
				fail_msg("byte %zu", got + i);
		got += s.n;
		stream_consume(near, s.n);
	}
	assert_int_equal(r, E_CLOSED);
	assert_int_equal(got, (BULK + 9999) / 10000 * 10000);
	assert_int_equal(stream_bytes_in(near), got);
	done();
}

static void test_back_pressure(void **state)
{
	(void)state;
	streams();
	run(write_bulk, read_bulk);
}

/* ---- a reader who never takes anything ---- */
static void write_to_deaf(void *arg)
{
	(void)arg;
	static char block[50000];
	int r = OK;
	stream_set_timeout(near, SHORT_MS);
	for (unsigned i = 0; i < 1000 && r == OK; i++)
		r = stream_write(near, (struct str){ block, sizeof block });
	assert_int_equal(r, E_TIMEOUT);
	done();
}

static void test_deaf_peer(void **state)
{
	(void)state;
	half();
	run(write_to_deaf, NULL);
}

/* ---- input that nobody consumes ---- */
static void hoard(void *arg)
{
	(void)arg;
	int r;
	while ((r = stream_read(near, in_ms(LONG_MS))) == OK)
		;
	assert_int_equal(r, E_TOOBIG);
	assert_true(stream_in(near).n >= STREAM_IN_MAX && stream_in(near).n < 2 * STREAM_IN_MAX);
	stream_consume(near, stream_in(near).n);
	assert_int_equal(stream_read(near, in_ms(LONG_MS)), OK);                 /* and goes on once it is */
	stream_free(near);
	near = NULL;
	done();
}

static void flood(void *arg)
{
	(void)arg;
	static char block[8192];
	int r = OK;
	while (r == OK)
		r = stream_write(far, (struct str){ block, sizeof block });
	assert_int_equal(r, E_CLOSED);
	done();
}

static void test_input_limit(void **state)
{
	(void)state;
	streams();
	run(hoard, flood);
}

/* ---- deadlines, cancellation ---- */
static void wait_in_vain(void *arg)
{
	(void)arg;
	int64_t before = clock_mono_ms();
	assert_int_equal(stream_read(near, before + SHORT_MS), E_TIMEOUT);
	assert_true(clock_mono_ms() >= before + SHORT_MS - 1);
	assert_int_equal(stream_read(near, before - 1000), E_TIMEOUT);          /* one that has passed */
	assert_false(stream_has_input(near));
	assert_int_equal(write(raw, "late", 4), 4);
	assert_true(stream_has_input(near));
	assert_int_equal(stream_in(near).n, 0);                                 /* a look consumes nothing */
	assert_int_equal(stream_read(near, in_ms(LONG_MS)), OK);
	assert_true(str_eq(stream_in(near), STR("late")) && stream_has_input(near));
	done();
}

static void test_deadline(void **state)
{
	(void)state;
	half();
	run(wait_in_vain, NULL);
}

static struct fiber *reader;
static void wait_for_ever(void *arg)
{
	(void)arg;
	reader = fiber_current();
	assert_int_equal(stream_read(near, FIBER_FOREVER), E_CANCELLED);
	assert_int_equal(stream_read(near, FIBER_FOREVER), E_CANCELLED);         /* and ever after */
	done();
}

static void cancel(void *arg)
{
	(void)arg;
	fiber_yield();
	fiber_cancel(reader);
	done();
}

static void test_cancel(void **state)
{
	(void)state;
	half();
	run(wait_for_ever, cancel);
}

/* ---- the peer goes away ---- */
static void read_to_end(void *arg)
{
	(void)arg;
	assert_int_equal(stream_read(near, in_ms(LONG_MS)), OK);
	assert_true(str_starts(stream_in(near), STR("half a li")));
	int r;
	while ((r = stream_read(near, in_ms(LONG_MS))) == OK)
		;
	assert_int_equal(r, E_CLOSED);
	assert_int_equal(stream_read(near, in_ms(LONG_MS)), E_CLOSED);           /* it stays so */
	assert_true(stream_has_input(near));                                    /* what was read is still there */
	done();
}

static void test_end_in_the_middle(void **state)
{
	(void)state;
	half();
	assert_int_equal(write(raw, "half a line", 11), 11);
	fd_close(&raw);
	run(read_to_end, NULL);
}

static void write_after_end(void *arg)
{
	(void)arg;
	assert_int_equal(stream_write(near, STR("into the void")), OK);         /* collected only */
	assert_int_equal(stream_flush(near), E_CLOSED);
	assert_int_equal(stream_out(near)->n, 0);
	assert_int_equal(stream_flush(near), OK);                               /* nothing is left to send */
	done();
}

static void test_write_after_end(void **state)
{
	(void)state;
	half();
	fd_close(&raw);
	run(write_after_end, NULL);
}

static void wait_while_closed(void *arg)
{
	(void)arg;
	assert_int_equal(stream_read(near, in_ms(LONG_MS)), E_CLOSED);
	done();
}

static void close_soon(void *arg)
{
	(void)arg;
	assert_int_equal(fiber_sleep(5), OK);
	fd_close(&raw);
	done();
}

static void test_closed_while_waiting(void **state)
{
	(void)state;
	half();
	run(wait_while_closed, close_soon);
}

/* ---- connecting ---- */
static void connect_back(void *arg)
{
	(void)arg;
	struct net_address a;
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	int why;
	struct stream *s;
	auto_fd server = -1;
	assert_int_equal(net_parse(STR("127.0.0.1"), 0, &a), OK);
	assert_int_equal(net_listen(&a, 4, &server, &why), OK);
	assert_int_equal(getsockname(server, (struct sockaddr *)&ss, &n), 0);
	net_from_sockaddr(&ss, &a);
	assert_int_equal(stream_connect(&a, NULL, in_ms(LONG_MS), &s), OK);
	auto_fd accepted = accept(server, NULL, NULL);
	assert_int_equal(write(accepted, "220 hi\r\n", 8), 8);
	assert_int_equal(stream_read(s, in_ms(LONG_MS)), OK);
	assert_true(str_eq(stream_in(s), STR("220 hi\r\n")));
	assert_int_equal(stream_write(s, STR("QUIT\r\n")), OK);
	stream_close(s, in_ms(LONG_MS));
	char bytes[16];
	assert_int_equal(read(accepted, bytes, sizeof bytes), 6);               /* the close sent it */
	assert_int_equal(read(accepted, bytes, sizeof bytes), 0);
	fd_close(&server);
	s = NULL;
	assert_int_equal(stream_connect(&a, NULL, in_ms(LONG_MS), &s), E_IO);
	assert_null(s);
	done();
}

static void test_connect(void **state)
{
	(void)state;
	near = far = NULL;
	run(connect_back, NULL);
}

int main(void)
{
	loop_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A89_front), cmocka_unit_test(test_A89_bad_fronts),
		cmocka_unit_test(test_partial_reads), cmocka_unit_test(test_back_pressure), cmocka_unit_test(test_deaf_peer), cmocka_unit_test(test_input_limit),
		cmocka_unit_test(test_deadline), cmocka_unit_test(test_cancel), cmocka_unit_test(test_end_in_the_middle), cmocka_unit_test(test_write_after_end),
		cmocka_unit_test(test_closed_while_waiting), cmocka_unit_test(test_connect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
