/* Whom an account has written to. */
#include "role/store/store_internal.h"
#include "role/store/store_test_help.h"

static uint32_t wrote(struct store *st, uint32_t account, const char *const *to)
{
	struct store_queue_entry e[8] = { { .id = 0 } };
	struct arena a;
	uint32_t fresh = 99;
	size_t n = 0;
	arena_init(&a, 64 << 10, NULL, NULL);
	for (; to[n]; n++)
		e[n].recipient = str_c(to[n]);
	assert_int_equal(store_wrote(st, account, e, n, &a, &fresh), OK);
	arena_done(&a);
	return fresh;
}

#define TO(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_fresh(void **state)
{
	(void)state;
	struct engine *e = engine_memory_new();
	struct store *st = test_open(e);
	test_domain(st, "example.test");
	uint32_t ann = test_account(st, "ann@example.test"), bob = test_account(st, "bob@example.test");
	assert_int_equal(wrote(st, ann, TO("x@a.test", "y@a.test")), 2);
	assert_int_equal(wrote(st, ann, TO("x@a.test", "z@a.test", "Z@A.test")), 1);
	assert_int_equal(wrote(st, bob, TO("x@a.test")), 1);
	assert_int_equal(store_settle(st), OK);
	test_whole(st);
	/* after a power cut */
	struct engine *copy = engine_memory_cut(e);
	store_close(st);
	st = test_open(copy);
	assert_int_equal(wrote(st, ann, TO("x@a.test", "y@a.test", "z@a.test")), 0);
	/* nothing of an account stays */
	assert_int_equal(store_account_delete(st, ann), OK);
	assert_int_equal(store_settle(st), OK);
	while (store_purge(st, 1000))
		;
	assert_int_equal(store_settle(st), OK);
	struct buf none;
	buf_init(&none, 16);
	struct store_key k = store_key_64(ann, STORE_KIND_WROTE, str_hash(STR("x@a.test")));
	assert_int_equal(store_read(st, ENGINE_INDEX, &k, &none), E_NOTFOUND);
	buf_done(&none);
	test_whole(st);
	store_close(st);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fresh) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
