/* The process that takes messages apart. It reads bytes that strangers wrote, and has nothing that is worth taking: no file, no
 * socket, no secret. A message that breaks it costs that one call; the parent starts it again. */
#include "role/scan/scan_message.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/fd.h"
#include "os/log.h"

#include "proto/mime/mime_summary.h"

/* Up to this size a message is done at once on the loop; larger ones go to the pool. */
enum { AT_ONCE = 256 << 10 };

struct job { struct str message; struct arena arena; struct buf summary; struct scan_result result; int err; };

static void scan_job(void *arg)
{
	struct job *j = arg;
	j->err = scan_message(&j->arena, j->message, &j->summary, &j->result);
}

static void on_scan(const struct ipc_request *rq, const struct ipc_scan_req *q)
{
	auto_fd body = q->body;
	struct job j = { .message = q->bytes };
	int r = body >= 0 ? fd_map(body, MESSAGE_MAX, &j.message) : OK;
	if (r != OK) {
		ipc_reply_scan(rq, r, NULL);
		return;
	}
	arena_init(&j.arena, SCAN_ARENA, NULL, NULL);
	buf_init(&j.summary, MIME_SUMMARY_MAX);
	if (j.message.n <= AT_ONCE)
		scan_job(&j);
	else
		pool_run(scan_job, &j);
	struct ipc_scan_rep a = { .verdict = j.result.verdict, .flags = j.result.flags, .received = j.result.received,
		.from = j.result.from, .summary = j.result.summary };
	ipc_reply_scan(rq, j.err, &a);
	if (body >= 0)
		fd_unmap(j.message);
	arena_done(&j.arena);
	buf_done(&j.summary);
}

static const struct ipc_service services[] = { IPC_SERVE_FIBER(scan, on_scan) };

const struct role_spec scan_role = {
	.role = ROLE_SCAN,
	.policy = { .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
};
