/* Group commit: what is read when, when answers leave, what a failed commit takes with it. */
#include "role/store/store_test_help.h"

#include <unistd.h>

struct fix { struct engine *e; struct kv *kv; uint64_t durable; unsigned dropped; };
struct told { struct kv_waiter waiter; int err; bool called; };

static void durable(void *ctx, uint64_t commit) { ((struct fix *)ctx)->durable = commit; }
static void dropped(void *ctx) { ((struct fix *)ctx)->dropped++; }

static void on_told(struct kv_waiter *w, int err)
{
	struct told *t = (struct told *)(void *)w;
	t->called = true;
	t->err = err;
}

static int up(void **state)
{
	struct fix *f = mem_new(struct fix);
	f->e = engine_memory_new();
	f->kv = kv_new(&(struct kv_options){ .engine = f->e, .durable = durable, .dropped = dropped, .ctx = f });
	assert_non_null(f->kv);
	*state = f;
	return 0;
}

static int down(void **state)
{
	struct fix *f = *state;
	kv_free(f->kv);
	engine_close(f->e);
	mem_free(f);
	return 0;
}

static void put(struct fix *f, const char *key, const char *value)
{
	assert_int_equal(kv_op_begin(f->kv), OK);
	if (value)
		kv_put(f->kv, ENGINE_INDEX, str_c(key), str_c(value));
	else
		kv_remove(f->kv, ENGINE_INDEX, str_c(key));
	assert_int_equal(kv_op_end(f->kv, OK), OK);
}

/* The value, or NULL. */
static const char *get(struct fix *f, const char *key)
{
	static char text[64];
	struct buf b;
	buf_init(&b, sizeof text - 1);
	int r = kv_get(f->kv, ENGINE_INDEX, str_c(key), &b);
	assert_true(r == OK || r == E_NOTFOUND);
	assert_int_equal(str_to_c(buf_str(&b), text, sizeof text), OK);
	buf_done(&b);
	return r == OK ? text : NULL;
}

static const char *scan(struct fix *f, const char *from, const char *end)
{
	static char text[256];
	struct kv_iter it;
	size_t n = 0;
	assert_int_equal(kv_iter_open(f->kv, ENGINE_INDEX, str_c(from), str_c(end), &it), OK);
	while (it.valid) {
		n += (size_t)snprintf(text + n, sizeof text - n, "%.*s=%.*s ", STR_ARG(it.key), STR_ARG(it.value));
		assert_int_equal(kv_iter_next(&it), OK);
	}
	kv_iter_close(&it);
	text[n] = '\0';
	return text;
}

/* Makes the committer slow, so that a flight can be seen in the air. */
static void slow(struct fix *f, unsigned us)
{
	engine_memory_fail(f->e, &(struct engine_memory_faults){ .delay_us = us });
}

static void test_layers(void **state)
{
	struct fix *f = *state;
	put(f, "a", "engine");
	put(f, "b", "engine");
	put(f, "c", "engine");
	assert_int_equal(kv_settle(f->kv), OK);
	slow(f, 50000);
	put(f, "b", "flight");
	put(f, "bb", "flight");
	put(f, "c", NULL);
	kv_flush(f->kv);
	put(f, "bb", "current");
	put(f, "d", "current");
	put(f, "a", NULL);
	assert_null(get(f, "a"));
	assert_string_equal(get(f, "b"), "flight");
	assert_null(get(f, "c"));
	assert_string_equal(get(f, "bb"), "current");
	assert_string_equal(scan(f, "", ""), "b=flight bb=current d=current ");
	assert_string_equal(scan(f, "b", "c"), "b=flight bb=current ");
	assert_string_equal(scan(f, "ba", "bb"), "");
	put(f, "c", "again");
	assert_string_equal(scan(f, "", ""), "b=flight bb=current c=again d=current ");
	assert_int_equal(kv_settle(f->kv), OK);
	assert_string_equal(scan(f, "", ""), "b=flight bb=current c=again d=current ");
}

static void test_seek(void **state)
{
	struct fix *f = *state;
	struct kv_iter it;
	put(f, "a", "1");
	put(f, "m", "2");
	assert_int_equal(kv_settle(f->kv), OK);
	put(f, "f", "3");
	assert_int_equal(kv_iter_open(f->kv, ENGINE_INDEX, STR("a"), STR("z"), &it), OK);
	assert_int_equal(kv_iter_seek(&it, STR("b")), OK);
	assert_true(it.valid && str_eq(it.key, STR("f")));
	assert_int_equal(kv_iter_seek(&it, STR("g")), OK);
	assert_true(it.valid && str_eq(it.key, STR("m")));
	assert_int_equal(kv_iter_seek(&it, STR("n")), OK);
	assert_false(it.valid);
	kv_iter_close(&it);
}

static void test_release(void **state)
{
	struct fix *f = *state;
	struct told first = { .waiter.fn = on_told }, second = first, none = first;
	kv_release(f->kv, &none.waiter, kv_newest(f->kv));
	assert_true(none.called && none.err == OK);             /* nothing is pending: at once */
	slow(f, 20000);
	put(f, "a", "1");
	kv_release(f->kv, &first.waiter, kv_current(f->kv));
	kv_flush(f->kv);
	put(f, "b", "1");
	kv_release(f->kv, &second.waiter, kv_current(f->kv));
	kv_poll(f->kv);
	assert_false(first.called);
	while (!first.called) {
		usleep(1000);
		kv_poll(f->kv);
	}
	assert_int_equal(first.err, OK);
	assert_false(second.called);
	assert_int_equal(f->durable, 1);
	assert_int_equal(kv_settle(f->kv), OK);
	assert_true(second.called && second.err == OK);
	assert_int_equal(engine_memory_commits(f->e), 2);
}

static void test_one_flush_for_many(void **state)
{
	struct fix *f = *state;
	for (int i = 0; i < 1000; i++) {
		char key[16];
		snprintf(key, sizeof key, "k%d", i);
		put(f, key, "v");
	}
	assert_int_equal(kv_settle(f->kv), OK);
	assert_int_equal(engine_memory_commits(f->e), 1);
}

static void test_undo(void **state)
{
	struct fix *f = *state;
	put(f, "a", "old");
	assert_int_equal(kv_op_begin(f->kv), OK);
	kv_put(f->kv, ENGINE_INDEX, STR("a"), STR("new"));
	kv_put(f->kv, ENGINE_INDEX, STR("a"), STR("newer"));
	kv_put(f->kv, ENGINE_INDEX, STR("b"), STR("new"));
	assert_int_equal(kv_op_end(f->kv, E_TOOBIG), E_TOOBIG);
	assert_string_equal(get(f, "a"), "old");
	assert_null(get(f, "b"));
	assert_string_equal(scan(f, "", ""), "a=old ");
	assert_int_equal(kv_settle(f->kv), OK);
	assert_string_equal(scan(f, "", ""), "a=old ");
}

static void test_failure(void **state)
{
	static const struct { int with; bool doubt; const char *after; } rows[] = {
		{ E_FULL, false, "a=1 " }, { E_IO, false, "a=1 " }, { E_IO, true, "a=1 b=flight " },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(down(state), 0);
		assert_int_equal(up(state), 0);
		struct fix *f = *state;
		struct told flight = { .waiter.fn = on_told }, current = flight, late = flight;
		put(f, "a", "1");
		assert_int_equal(kv_settle(f->kv), OK);
		engine_memory_fail(f->e, &(struct engine_memory_faults){ .fail_commit = 1,
							 .fail_with = rows[i].with,
							 .fail_sticky = true,
							 .fail_in_doubt = rows[i].doubt,
							 .delay_us = 10000 });
		put(f, "b", "flight");
		uint64_t commit = kv_current(f->kv);
		kv_release(f->kv, &flight.waiter, commit);
		kv_flush(f->kv);
		put(f, "c", "current");
		kv_release(f->kv, &current.waiter, kv_current(f->kv));
		assert_int_equal(kv_settle(f->kv), rows[i].with);
		/* both are told, and both are gone; reading goes on, writing does not */
		assert_int_equal(flight.err, rows[i].with);
		assert_int_equal(current.err, rows[i].with);
		assert_int_equal(f->dropped, 1);
		assert_string_equal(scan(f, "", ""), "a=1 ");
		assert_int_equal(kv_op_begin(f->kv), E_FULL);
		kv_release(f->kv, &late.waiter, commit);
		assert_true(late.called && late.err == rows[i].with);
		assert_int_equal(kv_probe(f->kv), rows[i].with);
		engine_memory_fail(f->e, &(struct engine_memory_faults){ 0 });
		assert_int_equal(kv_probe(f->kv), OK);
		assert_string_equal(scan(f, "", ""), rows[i].after);
		struct told again = { .waiter.fn = on_told };
		put(f, "d", "2");
		kv_release(f->kv, &again.waiter, kv_current(f->kv));
		assert_int_equal(kv_settle(f->kv), OK);
		assert_true(again.called && again.err == OK);
	}
}

static void test_cancel(void **state)
{
	struct fix *f = *state;
	struct told a = { .waiter.fn = on_told }, b = a, c = a;
	put(f, "a", "1");
	kv_release(f->kv, &a.waiter, kv_current(f->kv));
	kv_release(f->kv, &b.waiter, kv_current(f->kv));
	kv_cancel(f->kv, &b.waiter);
	kv_release(f->kv, &c.waiter, kv_current(f->kv));
	assert_int_equal(kv_settle(f->kv), OK);
	assert_true(a.called && !b.called && c.called);
}

static void test_too_much(void **state)
{
	struct fix *f = *state;
	struct kv *small = kv_new(&(struct kv_options){ .engine = f->e, .batch_max = 1000 });
	static char value[2000];
	assert_int_equal(kv_op_begin(small), OK);
	kv_put(small, ENGINE_BLOB, STR("x"), (struct str){ value, sizeof value });
	assert_int_equal(kv_op_end(small, OK), OK);
	assert_int_equal(kv_op_begin(small), E_BUSY);
	assert_int_equal(kv_settle(small), OK);
	assert_int_equal(kv_op_begin(small), OK);
	assert_int_equal(kv_op_end(small, OK), OK);
	kv_free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layers, up, down),
		cmocka_unit_test_setup_teardown(test_seek, up, down),
		cmocka_unit_test_setup_teardown(test_release, up, down),
		cmocka_unit_test_setup_teardown(test_one_flush_for_many, up, down),
		cmocka_unit_test_setup_teardown(test_undo, up, down),
		cmocka_unit_test_setup_teardown(test_failure, up, down),
		cmocka_unit_test_setup_teardown(test_cancel, up, down),
		cmocka_unit_test_setup_teardown(test_too_much, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
