#include "role/scan/scan_report.h"

#include "io/loop.h"
#include "os/fd.h"

#include <setjmp.h>

static void full(void *ctx) { longjmp(*(jmp_buf *)ctx, 1); }

int scan_report(struct arena *a, struct str message, struct report_message *ret)
{
	jmp_buf stop;
	a->full = full;
	a->ctx = &stop;
	return setjmp(stop) ? E_TOOBIG : report_message_read(a, message, ret);
}

struct job { struct str message; struct arena arena; struct report_message report; int err; };

static void report_job(void *arg)
{
	struct job *j = arg;
	j->err = scan_report(&j->arena, j->message, &j->report);
}

void scan_on_report_read(const struct ipc_request *rq, const struct ipc_report_read_req *q)
{
	auto_fd body = q->body;
	struct job j = { .message = q->bytes };
	int r = body >= 0 ? fd_map(body, MESSAGE_MAX, &j.message) : OK;
	if (r != OK) {
		ipc_reply_report_read(rq, r, NULL);
		return;
	}
	arena_init(&j.arena, REPORT_ARENA, NULL, NULL);
	pool_run(report_job, &j);
	struct ipc_report_read_rep a = { .kind = str_c(j.report.kind), .org = j.report.org, .id = j.report.id, .end = j.report.end, .json = j.report.json };
	ipc_reply_report_read(rq, j.err, &a);
	if (body >= 0)
		fd_unmap(j.message);
	arena_done(&j.arena);
}
