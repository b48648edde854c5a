/* For the tests of this folder. */
#ifndef STORE_TEST_HELP_H
#define STORE_TEST_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "role/store/store_check.h"
#include "role/store/store_directory.h"
#include "role/store/store_mail.h"
#include "role/store/store_queue.h"

enum { T0 = 1700000000 };       /* when the tests begin */

static inline struct store *test_open(struct engine *e)
{
	struct store *st = NULL;
	assert_int_equal(store_open(&(struct store_options){ .engine = e }, &st, NULL), OK);
	return st;
}

static inline void test_finding(void *ctx, struct str line)
{
	(void)ctx;
	fprintf(stderr, "finding: " STR_FMT "\n", STR_ARG(line));
}

/* Settles, and holds everything against everything. */
static inline void test_whole(struct store *st)
{
	struct store_check_counts n;
	assert_int_equal(store_settle(st), OK);
	assert_int_equal(store_check(st, &(struct store_check_options){ .finding = test_finding }, &n), OK);
	assert_int_equal(n.findings, 0);
}

static inline void test_domain(struct store *st, const char *name)
{
	assert_int_equal(store_domain_put(st, &(struct store_domain_info){ .name = str_c(name), .created = T0 }), OK);
}

static inline uint32_t test_account(struct store *st, const char *address)
{
	uint32_t id = 0;
	assert_int_equal(
	    store_account_create(st, &(struct store_account_info){ .address = str_c(address), .created = T0 }, &id),
	    OK);
	return id;
}

static inline struct store_appended test_append(struct store *st, uint32_t account, uint32_t mailbox, const char *text)
{
	struct str piece = str_c(text);
	struct store_message m = { .piece = &piece, .pieces = 1, .summary = STR("summary"), .internal = T0 };
	struct store_appended a = { 0 };
	assert_int_equal(store_append(st, account, mailbox, &m, T0, &a), OK);
	return a;
}

static inline struct store_set test_range(uint32_t from, uint32_t to)
{
	struct store_set s = { mem_new(struct store_range), 1, 1 };
	s.v[0] = (struct store_range){ from, to };
	return s;
}

static inline struct store_mailbox_info test_mailbox(struct store *st, uint32_t account, uint32_t mailbox)
{
	struct store_mailbox_info i = { 0 };
	assert_int_equal(store_mailbox_get(st, account, mailbox, &i), OK);
	return i;
}

#endif
