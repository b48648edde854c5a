/* Vectors of a conformance suite for unit tests: a JSON file below $CERALACCA_SUITES, or ../shared/suites. Header only,
 * because a test program is one file. */
#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include "base/base.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* The top-level array, or NULL where the suite is absent: then the test skips. The caller decrefs it. */
static inline json_t *test_suite_load(const char *file)
{
	const char *dir = getenv("CERALACCA_SUITES");
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir ? dir : "../shared/suites", file);
	json_t *rows = json_load_file(path, JSON_ALLOW_NUL, NULL);
	if (!rows)
		fprintf(stderr, "suite %s is absent\n", path);
	return rows;
}

static inline struct str test_suite_str(const json_t *value)
{
	return json_is_string(value) ? (struct str){ json_string_value(value), json_string_length(value) } : STR("");
}

#endif
