/* The check of a store that works on: a checkpoint is opened beside it and walked in the pool. So it sees one state,
 * and shows at the same time that a copy can be opened. */
#include "io/loop.h"
#include "role/store/store_admin.h"
#include "role/store/store_check.h"

#include <ftw.h>
#include <stdio.h>

enum { FINDINGS_SHOWN = 1000 };
#define COPY "check.tmp"

struct job { json_t *findings; struct store_check_counts counts; int err; };

static void on_finding(void *ctx, struct str line)
{
	struct job *j = ctx;
	if (json_array_size(j->findings) < FINDINGS_SHOWN)
		json_array_append_new(j->findings, admin_string(line));
}

static int check_copy(struct job *j)
{
	struct engine *e;
	struct store *st;
	int r = engine_rocksdb_open(&(struct engine_rocksdb_options){ .dir = COPY }, &e, NULL);
	if (r == OK)
		r = store_open(&(struct store_options){ .engine = e }, &st, NULL);
	if (r != OK)
		return r;
	r = store_check(st, &(struct store_check_options){ .finding = on_finding, .ctx = j }, &j->counts);
	store_close(st);
	return r;
}

static void check_job(void *arg)
{
	struct job *j = arg;
	j->err = check_copy(j);
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *f)
{
	(void)s;
	(void)kind;
	(void)f;
	return remove(path);
}

static void remove_copy(void) { nftw(COPY, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

int admin_check(struct admin_call *c)
{
	static bool running;
	struct job j = { 0 };
	if (running)
		return admin_refuse(c, "a check is running already");
	running = true;
	remove_copy();
	int r = store_settle(c->st);
	if (r == OK)
		r = store_checkpoint(c->st, COPY);
	if (r == OK) {
		j.findings = json_array();
		pool_run(check_job, &j);
		r = j.err;
	}
	remove_copy();
	running = false;
	if (r != OK) {
		json_decref(j.findings);
		return admin_refuse(c, "the check could not be made (%s)", err_name(r));
	}
	c->json = json_pack("{s:b, s:o, s:I, s:I, s:I, s:I}", "ok", j.counts.findings == 0, "findings", j.findings,
			    "accounts", (json_int_t)j.counts.accounts, "messages", (json_int_t)j.counts.emails, "blobs",
			    (json_int_t)j.counts.blobs, "queue", (json_int_t)j.counts.queued);
	return OK;
}

int admin_stats(struct admin_call *c)
{
	struct store_queue_counts q;
	int r = store_queue_count(c->st, c->now, &q);
	if (r == OK)
		c->json =
		    json_pack("{s:I, s:I, s:I, s:b}", "queue", (json_int_t)q.entries, "leased", (json_int_t)q.leased,
			      "damaged", (json_int_t)q.aside, "refusing", store_refusing(c->st));
	return r;
}
