/* A91: whatever a value holds, an event is one line of text with its own fields; JSON is valid JSON. */
#include "os/log.h"

#include "os/fd.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static int memory = -1, real_stderr = -1;
static struct buf got;

static void begin(bool as_json)
{
	log_setup("test-7", as_json);
	assert_int_equal(fd_memory("log", &memory), OK);
	real_stderr = dup(STDERR_FILENO);
	assert_true(real_stderr >= 0 && dup2(memory, STDERR_FILENO) >= 0);
}

static struct str end(void)
{
	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	fd_close(&real_stderr);
	buf_clear(&got);
	assert_int_equal(lseek(memory, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_all(memory, &got), OK);
	fd_close(&memory);
	return buf_str(&got);
}

/* hostile value, and how it must stand in a line */
static const struct { struct str value, shown; } values[] = {
	{ STR_INIT("anna@example.test"), STR_INIT("v=anna@example.test\n") },
	{ STR_INIT(""), STR_INIT("v=\"\"\n") },
	{ STR_INIT("two words"), STR_INIT("v=\"two words\"\n") },
	{ STR_INIT("x\r\n2026 error smtp-0 from=192.0.2.1"), STR_INIT("v=\"x\\u000d\\u000a2026 error smtp-0 from=192.0.2.1\"\n") },
	{ STR_INIT("\" peer=192.0.2.1 x=\""), STR_INIT("v=\"\\\" peer=192.0.2.1 x=\\\"\"\n") },
	{ STR_INIT("a=b"), STR_INIT("v=\"a=b\"\n") },
	{ STR_INIT("back\\slash"), STR_INIT("v=\"back\\\\slash\"\n") },
	{ STR_INIT("\x1b[2Jred\x07"), STR_INIT("v=\"\\u001b[2Jred\\u0007\"\n") },
	{ STR_INIT("nul\0byte\x7f"), STR_INIT("v=\"nul\\u0000byte\\u007f\"\n") },
	{ STR_INIT("\xc3\xa4\xe2\x82\xac"), STR_INIT("v=\"\xc3\xa4\xe2\x82\xac\"\n") },
	{ STR_INIT("latin\xe4"), STR_INIT("v=\"latin\xc3\xa4\"\n") },
	{ STR_INIT("\x9b" "31m"), STR_INIT("v=\"\\u009b31m\"\n") },          /* CSI as a byte, and as U+009B */
	{ STR_INIT("\xc2\x9b" "31m"), STR_INIT("v=\"\\u009b31m\"\n") },
	{ STR_INIT("\xe2\x80\xa8line"), STR_INIT("v=\"\\u2028line\"\n") },
	{ STR_INIT("\xe2\x80\xaegnp.exe"), STR_INIT("v=\"\\u202egnp.exe\"\n") },
	{ STR_INIT("%s%n${jndi}"), STR_INIT("v=%s%n${jndi}\n") },               /* A11: never a template */
};

static void test_A91_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		begin(false);
		log_event(LOG_WARNING, "test.event", LOG_S("v", values[i].value), LOG_END);
		struct str line = end();
		assert_true(str_ends(line, values[i].shown));
		assert_true(str_search(line, STR("Z warning test-7     test.event v=")) != STR_NPOS);
		assert_int_equal(str_find(line, '\n'), line.n - 1);
		assert_true(utf8_valid(line));
	}
}

static void test_A91_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		begin(true);
		log_event(LOG_ERROR, "test.event", LOG_S("v", values[i].value), LOG_U("u", UINT64_MAX / 2), LOG_I("i", -5), LOG_E(E_DENIED), LOG_END);
		struct str line = end();
		json_t *j = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL), *v = json_object_get(j, "v");
		assert_non_null(j);
		if (utf8_valid(values[i].value))
			assert_true(str_eq((struct str){ json_string_value(v), json_string_length(v) }, values[i].value));
		assert_int_equal(json_integer_value(json_object_get(j, "i")), -5);
		assert_string_equal(json_string_value(json_object_get(j, "error")), "denied");
		assert_string_equal(json_string_value(json_object_get(j, "role")), "test-7");
		assert_string_equal(json_string_value(json_object_get(j, "level")), "error");
		assert_int_equal(str_find(line, '\n'), line.n - 1);
		json_decref(j);
	}
}

/* Values are cut, and a line that is full leaves fields out whole: it still ends, and still is JSON. */
static void test_long(void **state)
{
	(void)state;
	static char controls[4000];
	memset(controls, '\x01', sizeof controls);
	struct str v = { controls, sizeof controls };
	for (int as_json = 0; as_json < 2; as_json++) {
		begin(as_json);
		log_event(LOG_INFO, "test.long", LOG_S("a", v), LOG_S("b", v), LOG_S("c", v), LOG_U("last", 1), LOG_END);
		struct str line = end();
		assert_true(line.n < 4096 && str_find(line, '\n') == line.n - 1);
		assert_true(str_search(line, STR("last")) != STR_NPOS && str_search(line, as_json ? STR("\"c\"") : STR(" c=")) == STR_NPOS);
		if (as_json) {
			json_t *j = json_loadb(line.p, line.n, 0, NULL);
			assert_int_equal(json_string_length(json_object_get(j, "a")), 512);
			json_decref(j);
		}
	}
	for (size_t n = 480; n <= 512; n++) {           /* every length near the end of the line */
		struct str x = { controls, n }, y = STR("0123456789012345678901234567890123456789012345678901234567890123456789");
		begin(true);
		log_event(LOG_INFO, "test.long", LOG_S("a", x), LOG_S("b", str_first(y, n % 71)), LOG_S("c", y), LOG_S("d", y), LOG_S("e", y), LOG_S("f", y),
			LOG_S("g", y), LOG_S("h", y), LOG_S("i", y), LOG_S("j", y), LOG_S("k", y), LOG_S("l", y), LOG_END);
		struct str line = end();
		json_t *j = json_loadb(line.p, line.n, 0, NULL);
		assert_non_null(j);
		json_decref(j);
	}
	struct str cut = { controls, 511 };
	begin(false);
	controls[510] = '\xc3';
	controls[511] = '\xa4';
	log_event(LOG_INFO, "test.cut", LOG_S("v", cut), LOG_END);
	struct str line = end();
	assert_true(utf8_valid(line));
}

int main(void)
{
	buf_init(&got, 1 << 20);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_A91_lines), cmocka_unit_test(test_A91_json), cmocka_unit_test(test_long) };
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	buf_done(&got);
	return r;
}
