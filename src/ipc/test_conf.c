/* The configuration as it travels: defaults in range, there and back whole, each limit checked again by the receiver, secrets for
 * their role only. */
#include "ipc/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect_same(const struct conf *a, const struct conf *b)
{
#define U64_(name, standard, least, most, what) assert_true(x->name == y->name);
#define BOOL_(name, standard, what) assert_int_equal(x->name, y->name);
#define STR_(name, most, standard, what) assert_string_equal(x->name, y->name);
#define LIST_(name, what) \
	assert_int_equal(x->name##_count, y->name##_count); \
	for (unsigned i = 0; i < x->name##_count; i++) \
		assert_string_equal(x->name[i], y->name[i]);
#define SECTION_(section, fields) { const __typeof__(a->section) *x = &a->section, *y = &b->section; fields(U64_, BOOL_, STR_, LIST_) }
	CONF_SECTIONS(SECTION_)
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_
}

static void set_text(char **text, const char *to)
{
	mem_free(*text);
	*text = mem_alloc(strlen(to) + 1);
	memcpy(*text, to, strlen(to));
}

static void set_list(char ***list, unsigned *count, unsigned n, const char *each)
{
	*list = mem_new_array(char *, n);
	for (*count = 0; *count < n; ++*count)
		set_text(&(*list)[*count], each);
}

static void test_defaults(void **state)
{
	(void)state;
	struct conf c;
	struct buf why;
	buf_init(&why, 256);
	conf_defaults(&c);
	assert_int_equal(conf_check(&c, &why), OK);
	assert_int_equal(c.limits.message_size, 52428800);
	assert_string_equal(c.server.log, "human");
	assert_false(c.relay.allow_loopback);
	conf_done(&c);
	conf_done(&c);          /* twice does no harm */
	buf_done(&why);
}

static void test_there_and_back(void **state)
{
	(void)state;
	struct conf c, d;
	struct buf b;
	buf_init(&b, 64 << 10);
	conf_defaults(&c);
	c.smtp.errors = 7;
	c.limits.count_loopback = true;
	set_text(&c.server.hostname, "m\xc3\xa4il.example.test");
	set_list(&c.server.listen, &c.server.listen_count, CONF_LIST_MAX, "2001:db8::1");
	set_text(&c.relay.smarthost_password, "open sesame");
	assert_int_equal(conf_encode(&c, ROLE_RELAY, &b), OK);
	assert_int_equal(conf_decode(buf_str(&b), &d), OK);
	expect_same(&c, &d);
	conf_done(&d);
	for (size_t n = 0; n < b.n; n++)                /* cut at each byte */
		assert_int_equal(conf_decode(str_first(buf_str(&b), n), &d), E_PROTO);
	assert_int_equal(buf_put_char(&b, 'x'), OK);    /* something left over */
	assert_int_equal(conf_decode(buf_str(&b), &d), E_PROTO);
	buf_done(&b);
	conf_done(&c);
}

static void test_secrets_stay_with_their_role(void **state)
{
	(void)state;
	struct conf c;
	conf_defaults(&c);
	set_text(&c.relay.smarthost_password, "open sesame");
	for (unsigned role = 0; role < ROLE_COUNT; role++) {
		struct buf b;
		buf_init(&b, 64 << 10);
		assert_int_equal(conf_encode(&c, (enum role)role, &b), OK);
		assert_int_equal(str_search(buf_str(&b), STR("open sesame")) != STR_NPOS, role == ROLE_RELAY);
		buf_done(&b);
	}
	assert_string_equal(c.relay.smarthost_password, "open sesame");
	conf_done(&c);
}

/* Each number just outside and just inside its range. */
static void check_edge(struct conf *c, uint64_t *value, uint64_t set, bool good, const char *section, const char *name)
{
	struct buf why, bytes;
	uint64_t before = *value;
	struct conf d;
	buf_init(&why, 256);
	buf_init(&bytes, 64 << 10);
	*value = set;
	int r = conf_check(c, &why);
	assert_int_equal(r, good ? OK : E_SYNTAX);
	struct str said = buf_str(&why);
	assert_true(good || (str_take(&said, str_c(section)) && str_take_char(&said, '.') && str_take(&said, str_c(name)) && str_take_char(&said, ':')));
	assert_int_equal(conf_encode(c, ROLE_SMTP, &bytes), OK);
	r = conf_decode(buf_str(&bytes), &d);
	assert_int_equal(r, good ? OK : E_PROTO);
	if (r == OK)
		conf_done(&d);
	*value = before;
	buf_done(&why);
	buf_done(&bytes);
}

static void expect_refused(struct conf *c, const char *says)
{
	struct buf why;
	buf_init(&why, 256);
	assert_int_equal(conf_check(c, &why), E_SYNTAX);
	assert_true(str_eq(buf_str(&why), str_c(says)));
	buf_done(&why);
	conf_done(c);
}

static void test_texts(void **state)
{
	(void)state;
	static char long_text[257];
	struct conf c;
	memset(long_text, 'a', sizeof long_text - 1);
	conf_defaults(&c);
	set_text(&c.server.hostname, long_text);
	expect_refused(&c, "server.hostname: longer than 255 bytes");
	conf_defaults(&c);
	set_text(&c.server.hostname, "a\nb");
	expect_refused(&c, "server.hostname: has a control character");
	conf_defaults(&c);
	set_list(&c.resolver.stub, &c.resolver.stub_count, CONF_LIST_MAX + 1, "x");
	expect_refused(&c, "resolver.stub: more than 64 entries");
	conf_defaults(&c);
	set_list(&c.resolver.stub, &c.resolver.stub_count, 2, long_text);
	expect_refused(&c, "resolver.stub: longer than 255 bytes");
}

static void test_ranges(void **state)
{
	(void)state;
	struct conf c;
	conf_defaults(&c);
#define U64_(name, standard, least, most, what) \
	check_edge(&c, &s->name, (uint64_t)(least), true, section, #name); \
	check_edge(&c, &s->name, (uint64_t)(most), true, section, #name); \
	check_edge(&c, &s->name, (uint64_t)(most) + 1, false, section, #name); \
	check_edge(&c, &s->name, (uint64_t)(least) - 1, (least) == 0 && (most) == UINT64_MAX, section, #name);
#define BOOL_(name, standard, what)
#define STR_(name, most, standard, what)
#define LIST_(name, what)
#define SECTION_(part, fields) { __typeof__(c.part) *s = &c.part; const char *section = #part; fields(U64_, BOOL_, STR_, LIST_) (void)s; (void)section; }
	CONF_SECTIONS(SECTION_)
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_
	conf_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_secrets_stay_with_their_role),
		cmocka_unit_test(test_texts), cmocka_unit_test(test_ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
