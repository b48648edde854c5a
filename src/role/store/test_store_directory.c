/* Domains, accounts, aliases, and where addresses lead. */
#include "role/store/store_test_help.h"

struct fix { struct store *st; uint32_t ann, bob; struct arena a; };

static void alias(struct fix *f, const char *address, const char *targets)
{
	struct str v[32];
	size_t n = 0;
	for (struct str rest = str_c(targets); rest.n;)
		v[n++] = str_until(&rest, ' ');
	assert_int_equal(store_alias_put(f->st, &(struct store_alias_info){ str_c(address), v, n }), OK);
}

static int up(void **state)
{
	struct fix *f = mem_new(struct fix);
	f->st = test_open(engine_memory_new());
	test_domain(f->st, "example.test");
	test_domain(f->st, "catch.test");
	f->ann = test_account(f->st, "ann@example.test");
	f->bob = test_account(f->st, "bob@example.test");
	assert_int_equal(store_account_flags(f->st, f->bob, STORE_ACCOUNT_ADMIN), OK);
	assert_int_equal(store_domain_put(f->st, &(struct store_domain_info){ .name = STR("catch.test"),
									      .catch_all = STR("ann@example.test") }),
			 OK);
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

/* As text: local targets by their address and [tag], remote ones with '>'. */
static const char *leads(struct fix *f, const char *address)
{
	static char text[1024];
	struct store_resolved to;
	int r = store_resolve(f->st, str_c(address), &f->a, &to);
	if (r != OK)
		return err_name(r);
	size_t n = 0;
	for (size_t i = 0; i < to.n; i++) {
		const struct store_target *t = &to.v[i];
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%.*s%s%.*s", n ? " " : "",
				      t->route == STORE_ROUTE_REMOTE ? ">" : "", STR_ARG(t->address),
				      t->tag.n ? "+" : "", STR_ARG(t->tag));
	}
	return text;
}

static void test_resolve(void **state)
{
	struct fix *f = *state;
	alias(f, "both@example.test", "ann@example.test bob@example.test");
	alias(f, "far@example.test", "x@else.test");
	alias(f, "nested@example.test", "both@example.test far@example.test ann@example.test");
	alias(f, "loop1@example.test", "loop2@example.test");
	alias(f, "loop2@example.test", "loop1@example.test ann@example.test");
	alias(f, "self@example.test", "self@example.test");
	alias(f, "stale@example.test", "gone@example.test ann@example.test");
	alias(f, "dead@example.test", "gone@example.test");
	static const struct { const char *address, *want; } rows[] = {
		{ "ann@example.test", "ann@example.test" },
		{ "ann+work@example.test", "ann@example.test+work" },
		{ "+work@example.test", "not found" },
		{ "nobody@example.test", "not found" },
		{ "nobody+x@example.test", "not found" },
		{ "x@else.test", "unsupported" },
		{ "ann", "unsupported" },
		{ "", "not found" },
		{ "both@example.test", "ann@example.test bob@example.test" },
		{ "both+tag@example.test", "ann@example.test bob@example.test" },
		{ "far@example.test", ">x@else.test" },
		{ "nested@example.test", "ann@example.test bob@example.test >x@else.test" },
		{ "loop1@example.test", "ann@example.test" },
		{ "self@example.test", "not found" },
		{ "stale@example.test", "ann@example.test" },
		{ "dead@example.test", "not found" },
		{ "anything@catch.test", "ann@example.test" },
		{ "postmaster@example.test", "bob@example.test" },     /* RFC 5321 section 4.5.1 */
		{ "postmaster@catch.test", "bob@example.test" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *got = leads(f, rows[i].address);
		struct str g = str_c(got), w = str_c(rows[i].want);
		if (!str_eq(g, w) && !(str_search(g, STR("not")) == 0 && str_search(w, STR("not")) == 0))
			fail_msg("%s: %s, not %s", rows[i].address, got, rows[i].want);
	}
}

/* Aliases that fan out without end are refused, not followed. */
static void test_fan_out(void **state)
{
	struct fix *f = *state;
	struct str *v = arena_new_array(&f->a, struct str, STORE_ALIAS_TARGETS);
	struct store_resolved to;
	for (size_t a = 0; a < 3; a++) {
		for (size_t i = 0; i < STORE_ALIAS_TARGETS; i++)
			v[i] = arena_printf(&f->a, "u%zu-%zu@else.test", a, i);
		struct str name = arena_printf(&f->a, "list%zu@example.test", a);
		assert_int_equal(store_alias_put(f->st, &(struct store_alias_info){ name, v, STORE_ALIAS_TARGETS }),
				 OK);
	}
	assert_int_equal(store_resolve(f->st, STR("list0@example.test"), &f->a, &to), OK);
	assert_int_equal(to.n, STORE_ALIAS_TARGETS);
	alias(f, "all@example.test", "list0@example.test list1@example.test list2@example.test");
	assert_int_equal(store_resolve(f->st, STR("all@example.test"), &f->a, &to), E_TOOBIG);
	char name[40], next[40];
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof name, "deep%d@example.test", i);
		snprintf(next, sizeof next, "deep%d@example.test", i + 1);
		alias(f, name, i == 11 ? "ann@example.test" : next);
	}
	assert_int_equal(store_resolve(f->st, STR("deep0@example.test"), &f->a, &to), E_TOOBIG);
	assert_int_equal(store_resolve(f->st, STR("deep8@example.test"), &f->a, &to), OK);
}

static void test_send_as(void **state)
{
	struct fix *f = *state;
	alias(f, "both@example.test", "ann@example.test bob@example.test");
	alias(f, "a.lee@example.test", "ann@example.test");
	static const struct { const char *address; int want;
	} rows[] = {
		{ "ann@example.test", OK },
		{ "ann+x@example.test", OK },
		{ "a.lee@example.test", OK },
		{ "bob@example.test", E_DENIED },
		{ "both@example.test", E_DENIED },
		{ "x@catch.test", E_DENIED },
		{ "x@else.test", E_DENIED },
		{ "no@example.test", E_DENIED },
		{ "", E_DENIED },
		{ "postmaster@example.test", E_DENIED },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(store_may_send_as(f->st, f->ann, str_c(rows[i].address)), rows[i].want);
}

static void test_refusals(void **state)
{
	struct fix *f = *state;
	uint32_t id;
	struct str one[] = { STR("ann@example.test") };
	alias(f, "taken@example.test", "ann@example.test");
	assert_int_equal(
	    store_account_create(f->st, &(struct store_account_info){ .address = STR("ann@example.test") }, &id),
	    E_EXISTS);
	assert_int_equal(
	    store_account_create(f->st, &(struct store_account_info){ .address = STR("taken@example.test") }, &id),
	    E_EXISTS);
	assert_int_equal(
	    store_account_create(f->st, &(struct store_account_info){ .address = STR("x@else.test") }, &id),
	    E_NOTFOUND);
	assert_int_equal(store_alias_put(f->st, &(struct store_alias_info){ STR("ann@example.test"), one, 1 }),
			 E_EXISTS);
	assert_int_equal(store_alias_put(f->st, &(struct store_alias_info){ STR("x@else.test"), one, 1 }), E_NOTFOUND);
	assert_int_equal(store_alias_put(f->st, &(struct store_alias_info){ STR("x@example.test"), one, 0 }), E_TOOBIG);
	assert_int_equal(store_alias_delete(f->st, STR("nobody@example.test")), E_NOTFOUND);
	assert_int_equal(store_domain_delete(f->st, STR("example.test")), E_BUSY);
	assert_int_equal(store_domain_delete(f->st, STR("else.test")), E_NOTFOUND);
	assert_int_equal(store_domain_delete(f->st, STR("catch.test")), OK);
	assert_int_equal(store_account_delete(f->st, 4711), E_NOTFOUND);
}

static void test_edit_and_lists(void **state)
{
	struct fix *f = *state;
	struct store_account_info info, *v;
	struct store_domain_info *d;
	struct store_alias_info *l;
	size_t n;
	assert_int_equal(store_account_credential(f->st, f->ann, STR("$argon2id$x")), OK);
	assert_int_equal(store_account_flags(f->st, f->ann, STORE_ACCOUNT_LOCKED), OK);
	assert_int_equal(store_account_find(f->st, STR("ann@example.test"), &f->a, &info), OK);
	assert_int_equal(info.id, f->ann);
	assert_true(str_eq(info.credential, STR("$argon2id$x")));
	assert_int_equal(info.flags, STORE_ACCOUNT_LOCKED);
	assert_int_equal(info.created, T0);
	assert_int_equal(store_account_list(f->st, 0, 10, &f->a, &v, &n), OK);
	assert_int_equal(n, 2);
	assert_int_equal(store_account_list(f->st, f->ann, 10, &f->a, &v, &n), OK);
	assert_int_equal(n, 1);
	assert_int_equal(v[0].id, f->bob);
	assert_int_equal(store_domain_list(f->st, STR(""), 10, &f->a, &d, &n), OK);
	assert_int_equal(n, 2);
	assert_true(str_eq(d[0].name, STR("catch.test")));
	assert_true(str_eq(d[0].catch_all, STR("ann@example.test")));
	assert_int_equal(store_domain_list(f->st, STR("catch.test"), 10, &f->a, &d, &n), OK);
	assert_int_equal(n, 1);
	assert_int_equal(store_domain_list(f->st, STR("example.test"), 10, &f->a, &d, &n), OK);
	assert_int_equal(n, 0);
	alias(f, "one@example.test", "ann@example.test");
	alias(f, "two@example.test", "ann@example.test bob@example.test");
	assert_int_equal(store_alias_list(f->st, STR("one@example.test"), 10, &f->a, &l, &n), OK);
	assert_int_equal(n, 1);
	assert_int_equal(l[0].targets, 2);
	assert_true(str_eq(l[0].target[1], STR("bob@example.test")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_resolve, up, down),
		cmocka_unit_test_setup_teardown(test_fan_out, up, down),
		cmocka_unit_test_setup_teardown(test_send_as, up, down),
		cmocka_unit_test_setup_teardown(test_refusals, up, down),
		cmocka_unit_test_setup_teardown(test_edit_and_lists, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
