/* Role records: spaces, versions, all or nothing, lists in pages, and what a restart finds. */
#include "role/store/store_role_record.h"
#include "role/store/store_test_help.h"

struct fix { struct store *st; struct arena a; };

static int up(void **state)
{
	struct fix *f = mem_new(struct fix);
	f->st = test_open(engine_memory_new());
	arena_init(&f->a, 8 << 20, NULL, NULL);
	*state = f;
	return 0;
}

static int down(void **state)
{
	struct fix *f = *state;
	test_whole(f->st);
	store_close(f->st);
	arena_done(&f->a);
	mem_free(f);
	return 0;
}

static int put(struct fix *f, char space, const char *key, uint64_t expect, const char *value)
{
	struct store_record_write w = { .key = str_c(key), .value = str_c(value ?: ""), .expect = expect, .remove = !value };
	return store_record_put(f->st, space, &w, 1);
}

static const char *get(struct fix *f, char space, const char *key)
{
	struct store_role_record found;
	int r = store_record_get(f->st, space, str_c(key), &f->a, &found);
	return r == OK ? found.value.p : err_name(r);
}

static void test_spaces(void **state)
{
	struct fix *f = *state;
	assert_int_equal(put(f, 'a', "k", STORE_RECORD_ANY, "auth's"), OK);
	assert_int_equal(put(f, 'r', "k", STORE_RECORD_NONE, "relay's"), OK);
	assert_string_equal(get(f, 'a', "k"), "auth's");
	assert_string_equal(get(f, 'r', "k"), "relay's");
	assert_string_equal(get(f, 'g', "k"), err_name(E_NOTFOUND));
	assert_int_equal(put(f, 'a', "k", STORE_RECORD_ANY, NULL), OK);
	assert_string_equal(get(f, 'a', "k"), err_name(E_NOTFOUND));
	assert_string_equal(get(f, 'r', "k"), "relay's");
	assert_int_equal(put(f, 'a', "k", STORE_RECORD_ANY, NULL), OK);     /* what is gone can go again */
}

static void test_versions(void **state)
{
	struct fix *f = *state;
	uint64_t one = store_record_version(STR("one")), two = store_record_version(STR("two"));
	assert_true(one != two);
	assert_int_equal(put(f, 'a', "k", one, "two"), E_STALE);
	assert_int_equal(put(f, 'a', "k", STORE_RECORD_NONE, "one"), OK);
	assert_int_equal(put(f, 'a', "k", STORE_RECORD_NONE, "two"), E_STALE);
	assert_int_equal(put(f, 'a', "k", one, "two"), OK);
	assert_int_equal(put(f, 'a', "k", one, "three"), E_STALE);
	assert_int_equal(put(f, 'a', "k", one, NULL), E_STALE);
	assert_string_equal(get(f, 'a', "k"), "two");
	assert_int_equal(put(f, 'a', "k", two, NULL), OK);
}

static void test_all_or_nothing(void **state)
{
	struct fix *f = *state;
	struct store_record_write w[] = { { .key = STR("x"), .value = STR("1"), .expect = STORE_RECORD_ANY },
					  { .key = STR("y"), .value = STR("1"), .expect = store_record_version(STR("0")) } };
	assert_int_equal(store_record_put(f->st, 'a', w, COUNT_OF(w)), E_STALE);
	assert_string_equal(get(f, 'a', "x"), err_name(E_NOTFOUND));
	w[1].expect = STORE_RECORD_NONE;
	assert_int_equal(store_record_put(f->st, 'a', w, COUNT_OF(w)), OK);
	assert_string_equal(get(f, 'a', "x"), "1");
	w[1] = (struct store_record_write){ .key = STR("x"), .value = STR("2"), .expect = store_record_version(STR("1")) };
	assert_int_equal(store_record_put(f->st, 'a', &w[1], 1), OK);
}

static void test_limits(void **state)
{
	struct fix *f = *state;
	struct str long_key, long_value;
	char *p = arena_alloc(&f->a, STORE_RECORD_VALUE_MAX + 1);
	memset(p, 'v', STORE_RECORD_VALUE_MAX + 1);
	long_key = (struct str){ p, STORE_RECORD_KEY_MAX + 1 };
	long_value = (struct str){ p, STORE_RECORD_VALUE_MAX + 1 };
	struct store_record_write w = { .key = long_key, .value = STR("v"), .expect = STORE_RECORD_ANY };
	assert_int_equal(store_record_put(f->st, 'a', &w, 1), E_TOOBIG);
	w.key = STR("");
	assert_int_equal(store_record_put(f->st, 'a', &w, 1), E_TOOBIG);
	w.key = str_first(long_key, STORE_RECORD_KEY_MAX);
	w.value = long_value;
	assert_int_equal(store_record_put(f->st, 'a', &w, 1), E_TOOBIG);
	w.value = str_first(long_value, STORE_RECORD_VALUE_MAX);
	assert_int_equal(store_record_put(f->st, 'a', &w, 1), OK);
	struct store_role_record found;
	assert_int_equal(store_record_get(f->st, 'a', w.key, &f->a, &found), OK);
	assert_int_equal(found.value.n, STORE_RECORD_VALUE_MAX);
}

/* Pages join without a gap or a repeat, and end at the prefix and at the space. */
static void test_list(void **state)
{
	struct fix *f = *state;
	char key[16];
	for (int i = 0; i < 25; i++) {
		snprintf(key, sizeof key, "p/%02d", i);
		assert_int_equal(put(f, 'a', key, STORE_RECORD_ANY, key), OK);
	}
	assert_int_equal(put(f, 'a', "p", STORE_RECORD_ANY, "before"), OK);
	assert_int_equal(put(f, 'a', "p0", STORE_RECORD_ANY, "behind"), OK);
	assert_int_equal(put(f, 'b', "p/00", STORE_RECORD_ANY, "another space"), OK);
	struct str after = STR("");
	int seen = 0;
	for (bool more = true; more;) {
		struct store_role_record *v;
		size_t n;
		assert_int_equal(store_record_list(f->st, 'a', STR("p/"), after, 10, 1 << 20, &f->a, &v, &n, &more), OK);
		for (size_t i = 0; i < n; i++) {
			snprintf(key, sizeof key, "p/%02d", seen++);
			assert_true(str_eq(v[i].key, str_c(key)));
			assert_true(str_eq(v[i].value, str_c(key)));
			assert_true(v[i].version == store_record_version(v[i].value));
		}
		if (n)
			after = v[n - 1].key;
	}
	assert_int_equal(seen, 25);
	struct store_role_record *v;
	size_t n;
	bool more;
	assert_int_equal(store_record_list(f->st, 'a', STR("p/"), STR(""), 10, 1, &f->a, &v, &n, &more), OK);
	assert_int_equal(n, 1);         /* at least one, however few bytes are wanted */
	assert_true(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_spaces, up, down),
		cmocka_unit_test_setup_teardown(test_versions, up, down),
		cmocka_unit_test_setup_teardown(test_all_or_nothing, up, down),
		cmocka_unit_test_setup_teardown(test_limits, up, down),
		cmocka_unit_test_setup_teardown(test_list, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
