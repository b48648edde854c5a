/* Descriptors: sealed memory and the refusal of what is not sealed, passing over sockets, whole reads and writes. */
#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>

static bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

static void test_close(void **state)
{
	(void)state;
	int raw;
	{
		auto_fd fd = dup(STDIN_FILENO);
		raw = fd;
		assert_true(is_open(raw));
	}
	assert_false(is_open(raw));
	int none = -1;
	fd_close(&none);
	assert_int_equal(none, -1);
}

static int memory_with(struct str text)
{
	int fd;
	assert_int_equal(fd_memory("test", &fd), OK);
	assert_int_equal(fd_write_all(fd, text), OK);
	return fd;
}

static void test_sealed_memory(void **state)
{
	(void)state;
	auto_fd fd = memory_with(STR("sealed\0body"));
	struct str s;
	assert_int_equal(fd_seal(fd), OK);
	assert_int_equal(fd_map(fd, 11, &s), OK);
	assert_true(str_eq(s, STR("sealed\0body")));
	fd_unmap(s);
	assert_int_equal(fd_map(fd, 10, &s), E_TOOBIG);
	assert_int_equal(fd_write_all(fd, STR("x")), E_IO);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	assert_int_equal(fd_seal(fd), E_IO);                    /* the seals are sealed */
	auto_fd empty = memory_with(STR(""));
	assert_int_equal(fd_seal(empty), OK);
	assert_int_equal(fd_map(empty, 0, &s), OK);
	assert_int_equal(s.n, 0);
	fd_unmap(s);
}

/* A88: what a peer could still change, or what is no memory at all, is never mapped. */
static void test_A88_unsealed_refused(void **state)
{
	(void)state;
	static const int partial[] = { 0, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL,
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_SEAL, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW };
	struct str s = STR("untouched");
	for (size_t i = 0; i < COUNT_OF(partial); i++) {
		auto_fd fd = memory_with(STR("body"));
		assert_int_equal(fcntl(fd, F_ADD_SEALS, partial[i]), 0);
		assert_int_equal(fd_map(fd, 100, &s), E_DENIED);
	}
	int pair[2];
	char name[] = "/tmp/test_fd.XXXXXX";
	auto_fd file = mkstemp(name);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(fd_pair(pair), OK);
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int others[] = { file, pair[0], null, -1, 99999 };
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_int_equal(fd_map(others[i], 100, &s), E_DENIED);
	assert_true(str_eq(s, STR("untouched")));
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void test_read_all(void **state)
{
	(void)state;
	static char big[100000];
	memset(big, 'x', sizeof big);
	auto_fd fd = memory_with((struct str){ big, sizeof big });
	struct buf b;
	buf_init(&b, 200000);
	assert_int_equal(lseek(fd, 10, SEEK_SET), 10);
	assert_int_equal(fd_read_all(fd, &b), OK);
	assert_int_equal(b.n, sizeof big - 10);
	buf_done(&b);
	buf_init(&b, 50000);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(fd, &b), E_TOOBIG);
	buf_done(&b);
}

static void test_passing(void **state)
{
	(void)state;
	int pair[2], fds[4];
	size_t count = 0;
	char bytes[64];
	assert_int_equal(fd_pair(pair), OK);
	assert_int_equal(fd_receive(pair[1], bytes, sizeof bytes, fds, 4, &count), 0);         /* nothing yet */
	auto_fd memory = memory_with(STR("passed"));
	assert_int_equal(fd_send(pair[0], STR("hello"), memory), 5);
	assert_int_equal(fd_send(pair[0], STR("plain"), -1), 5);
	assert_int_equal(fd_receive(pair[1], bytes, sizeof bytes, fds, 4, &count), 5);
	assert_int_equal(count, 1);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(lseek(fds[0], 0, SEEK_CUR), 6);
	fd_close(&fds[0]);
	count = 0;
	assert_int_equal(fd_receive(pair[1], bytes, sizeof bytes, fds, 4, &count), 5);
	assert_int_equal(count, 0);
	fd_close(&pair[0]);
	assert_int_equal(fd_receive(pair[1], bytes, sizeof bytes, fds, 4, &count), E_CLOSED);
	assert_int_equal(fd_send(pair[1], STR("x"), -1), E_CLOSED);
	fd_close(&pair[1]);
}

/* n descriptors with one byte, which fd_send never does. */
static void send_many(int sock, unsigned n)
{
	union { char space[CMSG_SPACE(sizeof(int) * 64)]; struct cmsghdr align; } control = { { 0 } };
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = CMSG_SPACE(sizeof(int) * n) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * n) };
	for (unsigned i = 0; i < n; i++) {
		int fd = STDIN_FILENO;
		memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
	}
	assert_int_equal(sendmsg(sock, &m, 0), 1);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;
	for (int fd = 0; fd < 512; fd++)
		n += is_open(fd);
	return n;
}

static void test_A88_descriptor_flood(void **state)
{
	(void)state;
	int pair[2], fds[4];
	char bytes[8];
	assert_int_equal(fd_pair(pair), OK);
	unsigned before = open_descriptors();
	static const unsigned many[] = { 5, 16, 17, 60 };       /* over the room given; over what one receive takes */
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		size_t count = 0;
		send_many(pair[0], many[i]);
		assert_int_equal(fd_receive(pair[1], bytes, sizeof bytes, fds, 4, &count), E_PROTO);
		assert_int_equal(count, 4);
		while (count)
			fd_close(&fds[--count]);
		assert_int_equal(open_descriptors(), before);   /* none was left open */
	}
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

static void test_full_socket(void **state)
{
	(void)state;
	int pair[2];
	static char block[65536];
	assert_int_equal(fd_pair(pair), OK);
	ssize_t k, sent = 0;
	while ((k = fd_send(pair[0], (struct str){ block, sizeof block }, -1)) > 0)
		sent += k;
	assert_int_equal(k, 0);
	assert_true(sent > 0);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close), cmocka_unit_test(test_sealed_memory), cmocka_unit_test(test_A88_unsealed_refused), cmocka_unit_test(test_read_all),
		cmocka_unit_test(test_passing), cmocka_unit_test(test_A88_descriptor_flood), cmocka_unit_test(test_full_socket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
