#include "role/relay/relay_sts.h"

#include "proto/dns/dns_rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOW = 1700000000 };

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.test\nmax_age: 1000\n"

static void write(struct buf *b, const struct relay_sts *s)
{
	struct bufw w = { .b = b };
	buf_clear(b);
	relay_sts_write(&w, s);
	assert_int_equal(w.err, OK);
}

/* RFC 8461 section 3.2: a policy counts for max_age seconds; one that came from the future, or is none, does not count. */
static void test_age(void **state)
{
	(void)state;
	static const struct { int64_t fetched; const char *text; bool valid; } rows[] = {
		{ NOW, POLICY, true },
		{ NOW - 1000, POLICY, true },
		{ NOW - 1001, POLICY, false },
		{ NOW + 1, POLICY, false },
		{ NOW, "version: STSv1\nmode: enforce\n", false },
		{ NOW, "", false },
	};
	struct arena a;
	struct buf b;
	struct relay_sts s;
	arena_init(&a, 64 << 10, NULL, NULL);
	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		write(&b, &(struct relay_sts){ .fetched = rows[i].fetched, .id = STR("1"), .text = str_c(rows[i].text) });
		relay_sts_read(&a, buf_str(&b), NOW, &s);
		assert_int_equal(s.valid, rows[i].valid);
	}
	relay_sts_read(&a, STR("short"), NOW, &s);
	assert_false(s.valid);
	relay_sts_read(&a, STR(""), NOW, &s);
	assert_true(!s.valid && !s.tried);
	buf_done(&b);
	arena_done(&a);
}

/* A46: without a record nothing is fetched; with one, when there is no policy, another id, or half the time is over; not twice in five
 * minutes where it failed. */
static void test_wants(void **state)
{
	(void)state;
	static const struct { bool valid; int64_t age, tried; const char *id, *have; bool fetch; } rows[] = {
		{ false, 0, 0, "", "", false },
		{ false, 0, 0, "2", "", true },
		{ false, 0, NOW - 299, "2", "", false },
		{ false, 0, NOW - 300, "2", "", true },
		{ false, 0, NOW + 9, "2", "", true },
		{ true, 10, 0, "1", "1", false },
		{ true, 10, 0, "2", "1", true },
		{ true, 10, NOW - 1, "2", "1", false },
		{ true, 500, 0, "1", "1", false },
		{ true, 501, 0, "1", "1", true },
		{ true, 900, 0, "", "1", false },
		{ false, 1001, 0, "1", "1", true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct relay_sts s = { .tried = rows[i].tried, .fetched = NOW - rows[i].age, .id = str_c(rows[i].have),
				       .policy.max_age = 1000, .valid = rows[i].valid };
		assert_int_equal(relay_sts_wants(&s, str_c(rows[i].id), NOW), rows[i].fetch);
	}
}

/* ---- with a world that fails at will */

static struct {
	const char *txt[2], *policy;
	struct buf record;
	int fetched, get;
	int64_t now;
} world;

static int fake_dns(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold)
{
	static char bytes[256];
	size_t n = 0;
	(void)ctx, (void)hold;
	assert_true(str_eq(name, STR("_mta-sts.dom.test")) && type == DNS_TXT);
	for (size_t i = 0; i < 2 && world.txt[i]; i++) {
		size_t length = strlen(world.txt[i]);
		bytes[n++] = (char)(length + 1);
		bytes[n++] = (char)length;
		memcpy(bytes + n, world.txt[i], length);
		n += length;
	}
	*ret = (struct ipc_dns_rep){ .answers = { bytes, n } };
	return n ? OK : E_TIMEOUT;
}

static int64_t fake_now(void *ctx)
{
	(void)ctx;
	return world.now;
}

static int fake_get(void *ctx, struct arena *a, struct str key, struct str *ret)
{
	(void)ctx;
	assert_true(str_eq(key, STR("sts/dom.test")));
	if (world.get != OK || !world.record.n)
		return world.get != OK ? world.get : E_NOTFOUND;
	*ret = arena_dup(a, buf_str(&world.record));
	return OK;
}

static int fake_put(void *ctx, struct str key, struct str value)
{
	(void)ctx, (void)key;
	buf_clear(&world.record);
	return buf_put_str(&world.record, value);
}

static int fake_fetch(void *ctx, struct str domain, struct arena *a, struct str *ret)
{
	(void)ctx, (void)domain;
	world.fetched++;
	if (!world.policy)
		return E_DENIED;
	*ret = arena_dup(a, str_c(world.policy));
	return OK;
}

static int find(enum sts_mode mode)
{
	static const struct relay_sts_env env = { fake_dns, fake_now, fake_get, fake_put, fake_fetch };
	struct arena a;
	struct sts_policy p;
	arena_init(&a, 512 << 10, NULL, NULL);
	int r = relay_sts_find(&env, NULL, STR("dom.test"), &a, &p);
	if (r == OK)
		assert_int_equal(p.mode, mode);
	arena_done(&a);
	return r;
}

/* A46: learned once, a policy stays until max_age, though the record is hidden, the web host gone, or the file spoilt; and it is not
 * replaced by less. After that there is none. */
static void test_a46_learned(void **state)
{
	(void)state;
	world.now = NOW;
	buf_init(&world.record, 128 << 10);
	assert_int_equal(find(0), E_NOTFOUND);
	assert_int_equal(world.fetched, 0);
	world.txt[0] = "v=STSv1; id=1";
	assert_int_equal(find(0), E_NOTFOUND); /* it cannot be fetched: first contact */
	world.policy = POLICY;
	assert_int_equal(find(0), E_NOTFOUND); /* too soon */
	assert_int_equal(world.fetched, 1);
	world.now += 300;
	assert_int_equal(find(STS_ENFORCE), OK);
	assert_int_equal(find(STS_ENFORCE), OK);
	assert_int_equal(world.fetched, 2);
	world.txt[0] = NULL;
	assert_int_equal(find(STS_ENFORCE), OK);
	world.txt[0] = "v=STSv1; id=2";
	world.policy = "mode: none";
	assert_int_equal(find(STS_ENFORCE), OK);
	world.policy = NULL;
	world.now += 700;
	assert_int_equal(find(STS_ENFORCE), OK);
	assert_int_equal(world.fetched, 4);
	world.now += 301;
	assert_int_equal(find(0), E_NOTFOUND);
	/* two records are none (section 3.1) */
	world.now += 300;
	world.policy = POLICY;
	world.txt[1] = "v=STSv1; id=3";
	assert_int_equal(find(0), E_NOTFOUND);
	world.txt[1] = "something else";
	assert_int_equal(find(STS_ENFORCE), OK);
	/* the owner takes it back in good order */
	world.txt[0] = "v=STSv1; id=4";
	world.policy = "version: STSv1\nmode: none\nmax_age: 1000\n";
	assert_int_equal(find(STS_NONE), OK);
	/* the store is away: not knowing is not the same as none */
	world.get = E_TIMEOUT;
	assert_int_equal(find(0), E_TIMEOUT);
	buf_done(&world.record);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_age), cmocka_unit_test(test_wants), cmocka_unit_test(test_a46_learned) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
