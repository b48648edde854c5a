#include "proto/dkim/test_dkim_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void same(struct str got, struct str want)
{
	if (!str_eq(got, want))
		fprintf(stderr, "got [" STR_FMT "] want [" STR_FMT "]\n", STR_ARG(got), STR_ARG(want));
	assert_true(str_eq(got, want));
}

/* The last rows but two are RFC 6376 section 3.4.5. */
static const struct { struct str body, simple, relaxed; } bodies[] = {
	{ STR_INIT(""), STR_INIT("\r\n"), STR_INIT("") },
	{ STR_INIT("\r\n"), STR_INIT("\r\n"), STR_INIT("") },
	{ STR_INIT("\r\n\r\n\r\n"), STR_INIT("\r\n"), STR_INIT("") },
	{ STR_INIT(" \t\r\n"), STR_INIT(" \t\r\n"), STR_INIT("") },
	{ STR_INIT("a"), STR_INIT("a\r\n"), STR_INIT("a\r\n") },
	{ STR_INIT("a\r"), STR_INIT("a\r\r\n"), STR_INIT("a\r\r\n") },
	{ STR_INIT("a\nb \r\n"), STR_INIT("a\nb \r\n"), STR_INIT("a\nb\r\n") },
	{ STR_INIT("a \r\r\nb"), STR_INIT("a \r\r\nb\r\n"), STR_INIT("a \r\r\nb\r\n") },
	{ STR_INIT("\r\n\r\na\r\n \r\n\r\n"), STR_INIT("\r\n\r\na\r\n \r\n"), STR_INIT("\r\n\r\na\r\n") },
	{ STR_INIT("a\t\t b  c\r\n\td"), STR_INIT("a\t\t b  c\r\n\td\r\n"), STR_INIT("a b c\r\n d\r\n") },
	{ STR_INIT(" C \r\nD \t E\r\n\r\n\r\n"), STR_INIT(" C \r\nD \t E\r\n"), STR_INIT(" C\r\nD E\r\n") },
	{ STR_INIT("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nb\r\n"), STR_INIT("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nb\r\n"),
	  STR_INIT("a\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nb\r\n") },
};

static void body_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		same(reference_body(&arena, DKIM_SIMPLE, bodies[i].body), bodies[i].simple);
		same(reference_body(&arena, DKIM_RELAXED, bodies[i].body), bodies[i].relaxed);
		for (size_t piece = 1; piece <= bodies[i].body.n + 1; piece++) {
			same(collect_body(&arena, DKIM_SIMPLE, bodies[i].body, piece), bodies[i].simple);
			same(collect_body(&arena, DKIM_RELAXED, bodies[i].body, piece), bodies[i].relaxed);
		}
	}
}

/* The first two are RFC 6376 section 3.4.5. */
static const struct { struct str field, simple, relaxed; } fields[] = {
	{ STR_INIT("A: X\r\n"), STR_INIT("A: X\r\n"), STR_INIT("a:X\r\n") },
	{ STR_INIT("B : Y\t\r\n\tZ  \r\n"), STR_INIT("B : Y\t\r\n\tZ  \r\n"), STR_INIT("b:Y Z\r\n") },
	{ STR_INIT("Subject:\r\n"), STR_INIT("Subject:\r\n"), STR_INIT("subject:\r\n") },
	{ STR_INIT("Subject: \r\n \r\n"), STR_INIT("Subject: \r\n \r\n"), STR_INIT("subject:\r\n") },
	{ STR_INIT("Subject: last line"), STR_INIT("Subject: last line\r\n"), STR_INIT("subject:last line\r\n") },
	{ STR_INIT("X: a\n b\n"), STR_INIT("X: a\n b\r\n"), STR_INIT("x:a b\r\n") },
	{ STR_INIT("X: a\rb\r\r\n"), STR_INIT("X: a\rb\r\r\n"), STR_INIT("x:a\rb\r\r\n") },
	{ STR_INIT("X: a: b ;c\r\n"), STR_INIT("X: a: b ;c\r\n"), STR_INIT("x:a: b ;c\r\n") },
};

static void field_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct str rest = fields[i].field;
		struct header_field f;
		assert_true(header_next(&rest, &f));
		same(collect_field(&arena, DKIM_SIMPLE, &f), fields[i].simple);
		same(collect_field(&arena, DKIM_RELAXED, &f), fields[i].relaxed);
	}
}

/* Section 3.7: b= empty, white space around its value gone too, no CRLF at the end. */
static void own_field(void **state)
{
	(void)state;
	struct str rest = STR("DKIM-Signature: v=1;\r\n b= AB\r\n CD ;\r\n c=simple\r\n");
	struct header_field f;
	struct header_text simple = { .a = &arena }, relaxed = { .a = &arena };
	assert_true(header_next(&rest, &f));
	size_t from = str_search(f.value, STR("b=")) + 2;
	struct str hole = str_range(f.value.p + from, f.value.p + str_rfind(f.value, ';'));
	dkim_canon_own_field(DKIM_SIMPLE, &f, hole, (struct dkim_sink){ reference_collect, &simple });
	dkim_canon_own_field(DKIM_RELAXED, &f, hole, (struct dkim_sink){ reference_collect, &relaxed });
	same(header_text_view(&simple), STR("DKIM-Signature: v=1;\r\n b=;\r\n c=simple"));
	same(header_text_view(&relaxed), STR("dkim-signature:v=1; b=; c=simple"));
}

/* An ordinary body goes through in one slice: nothing is copied. */
static size_t slices;
static void count_slices(void *ctx, struct str bytes)
{
	(void)ctx, (void)bytes;
	slices++;
}

static void few_slices(void **state)
{
	(void)state;
	struct str body = STR("Hello, this is\r\nan ordinary letter\r\n\r\nof some lines.\r\n");
	struct dkim_canon_body b;
	dkim_canon_body_init(&b, DKIM_RELAXED, (struct dkim_sink){ count_slices, NULL });
	dkim_canon_body_put(&b, body);
	dkim_canon_body_end(&b);
	assert_in_range(slices, 2, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(body_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(field_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(own_field, setup, teardown),
		cmocka_unit_test_setup_teardown(few_slices, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
