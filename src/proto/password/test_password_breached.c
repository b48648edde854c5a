/* The filter of breached passwords: nothing of the list is missed, hardly anything else is found, hostile files are harmless. */
#include "proto/password/password_breached_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 8 << 20 };

/* splitmix64: keys as good as those of a hash, the same at every run */
static uint64_t next_key(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 400,000 strangers: 6.1 expected, 25 is more than seven standard deviations away. */
static void check_set(size_t n)
{
	uint64_t *keys = mem_new_array(uint64_t, n + 1), x = 1;
	struct buf file;
	struct breached b;
	for (size_t i = 0; i < n; i++)
		keys[i] = next_key(&x);
	buf_init(&file, FILE_MAX);
	assert_int_equal(breached_build(keys, n, &file), OK);
	assert_int_equal(breached_verify(buf_str(&file)), OK);
	assert_int_equal(breached_open(buf_str(&file), &b), OK);
	assert_int_equal(b.entries, n);
	for (size_t i = 0; i < n; i++)
		assert_true(breached_has_key(&b, keys[i]));
	size_t wrong = 0;
	for (int i = 0; i < 400000; i++)
		wrong += breached_has_key(&b, next_key(&x));
	assert_in_range(wrong, 0, n ? 25 : 0);
	if (n >= 50000)
		assert_in_range(file.n * 8 / n, 16, 22);
	buf_done(&file);
	mem_free(keys);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 10, 100, 1000, 4097, 32768, 50000, 300000 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		check_set(sizes[i]);
}

static void test_doubles_and_ceiling(void **state)
{
	uint64_t keys[] = { 5, 7, 5, 5, 7, UINT64_MAX, 0 };
	struct buf file;
	struct breached b;
	(void)state;
	buf_init(&file, 100);
	assert_int_equal(buf_put(&file, "x", 1), OK);
	assert_int_equal(breached_build(keys, COUNT_OF(keys), &file), E_TOOBIG);
	assert_int_equal(file.n, 1);
	buf_done(&file);
	buf_init(&file, FILE_MAX);
	/* sorted in place by now, doubles gone: 0, 5, 7 and the largest are in front */
	assert_int_equal(breached_build(keys, 4, &file), OK);
	assert_int_equal(breached_open(buf_str(&file), &b), OK);
	assert_int_equal(b.entries, 4);
	buf_done(&file);
}

/* The starter is written by tools/breached-starter, in another language: that it opens and knows its list shows that both agree. */
static void test_starter(void **state)
{
	static const struct { struct str word; bool want; } rows[] = {
		{ STR_INIT("password"), true }, { STR_INIT("123456"), true }, { STR_INIT("qwertyuiop"), true }, { STR_INIT("letmein"), true },
		{ STR_INIT("passwordpassword"), true }, { STR_INIT("dragon"), true },
		{ STR_INIT("correct horse battery staple"), false }, { STR_INIT("k7#mQz!p0Wx2"), false }, { STR_INIT(""), false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(breached_has(breached_starter(), rows[i].word), rows[i].want);
	assert_in_range(breached_starter()->entries, 40000, 60000);
}

/* Every word of the list, where the suite is at hand. */
static void test_starter_whole_list(void **state)
{
	const char *root = getenv("CERALACCA_SUITES");
	char path[512], line[256];
	size_t lines = 0;
	(void)state;
	snprintf(path, sizeof path, "%s/passwords/zxcvbn-ts-passwords.txt", root ? root : "../shared/suites");
	FILE *f = fopen(path, "r");
	if (!f)
		skip();
	for (; fgets(line, sizeof line, f); lines++) {
		struct str word = str_c(line);
		word.n -= word.n && word.p[word.n - 1] == '\n';
		assert_true(!word.n || breached_has(breached_starter(), word));
	}
	fclose(f);
	assert_true(lines > 40000);
}

/* SHA-1 of "password" is 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8 */
static void test_lines(void **state)
{
#define REST "1E4C9B93F3F0682250B6CF8331B7EE68FD8"
	static const struct { struct str prefix, line; int want; uint64_t key; } rows[] = {
		{ STR_INIT(""), STR_INIT("5BAA6" REST ":10434004"), OK, 0x5baa61e4c9b93f3f },
		{ STR_INIT(""), STR_INIT("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"), OK, 0x5baa61e4c9b93f3f },
		{ STR_INIT("5BAA6"), STR_INIT(REST ":3\r\n"), OK, 0x5baa61e4c9b93f3f },
		{ STR_INIT("5BAA6"), STR_INIT(REST ":0"), E_NOTFOUND, 0 },
		{ STR_INIT(""), STR_INIT(REST ":3"), E_SYNTAX, 0 },
		{ STR_INIT("5BAA6"), STR_INIT("5BAA6" REST ":3"), E_SYNTAX, 0 },
		{ STR_INIT("5BAA6"), STR_INIT(REST ":"), E_SYNTAX, 0 },
		{ STR_INIT("5BAA6"), STR_INIT(REST ":-1"), E_SYNTAX, 0 },
		{ STR_INIT("5BAA6"), STR_INIT("XE4C9B93F3F0682250B6CF8331B7EE68FD8:1"), E_SYNTAX, 0 },
		{ STR_INIT("5BAAG"), STR_INIT(REST), E_SYNTAX, 0 },
		{ STR_INIT(""), STR_INIT(""), E_SYNTAX, 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t key = 0;
		assert_int_equal(breached_line(rows[i].prefix, rows[i].line, &key), rows[i].want);
		assert_int_equal(key, rows[i].key);
	}
	assert_int_equal(breached_key(STR("password")), 0x5baa61e4c9b93f3f);
}

static void test_hostile_files(void **state)
{
	uint64_t keys[] = { 1u << 20, 2u << 20, 3u << 20 };
	struct buf file;
	struct breached b;
	(void)state;
	buf_init(&file, FILE_MAX);
	assert_int_equal(breached_build(keys, COUNT_OF(keys), &file), OK);
	for (size_t n = 0; n < file.n; n++)
		assert_int_equal(breached_open((struct str){ file.p, n }, &b), E_CORRUPT);
	for (size_t i = 0; i < file.n; i++) {
		file.p[i] ^= 0x10;
		assert_int_not_equal(breached_verify(buf_str(&file)), OK);
		if (breached_open(buf_str(&file), &b) == OK)
			(void)breached_has_key(&b, keys[0]);
		file.p[i] ^= 0x10;
	}
	file.p[8] = 2;
	assert_int_equal(breached_open(buf_str(&file), &b), E_UNSUPPORTED);
	buf_done(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_doubles_and_ceiling), cmocka_unit_test(test_starter),
		cmocka_unit_test(test_starter_whole_list), cmocka_unit_test(test_lines), cmocka_unit_test(test_hostile_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
