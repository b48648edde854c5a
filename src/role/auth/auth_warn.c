#include "role/auth/auth_warn.h"

#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/header/date.h"
#include "proto/mime/mime_summary.h"
#include "role/auth/auth_age.h"
#include "role/auth/auth_keep.h"

enum { MEMORY = 4 << 20, MESSAGE_MOST = 8 << 10, RECIPIENT_MOST = 512, DELIVER_MS = 60000 };

static int write_message(struct buf *out, struct str address, int64_t seconds_left)
{
	struct bufw w = { .b = out };
	char date[DATE_TEXT_MAX];
	struct str domain = str_skip(address, str_rfind(address, '@') + 1), when = date_format_rfc5322((struct date){ .unix_seconds = clock_real() }, date);
	int64_t days = (seconds_left + PASSWORD_DAY - 1) / PASSWORD_DAY;
	bufw_printf(&w, "From: Mail server <postmaster@" STR_FMT ">\r\nTo: <" STR_FMT ">\r\n", STR_ARG(domain), STR_ARG(address));
	bufw_printf(&w, "Subject: Your password expires in %lld day%s\r\nDate: " STR_FMT "\r\n", (long long)days, days == 1 ? "" : "s", STR_ARG(when));
	bufw_printf(&w, "Message-ID: <%016llx.password@%s>\r\n", (unsigned long long)random_u64(), role_conf()->server.hostname);
	bufw_c(&w, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
	bufw_printf(&w, "The password of " STR_FMT " expires in %lld day%s.\r\n\r\n", STR_ARG(address), (long long)days, days == 1 ? "" : "s");
	bufw_c(&w, "Please set a new one before that; afterwards the present one opens nothing any more.\r\nNobody will ask you for your password by mail: "
		"this message has no link on purpose.\r\n");
	return w.err;
}

static int write_recipient(struct buf *out, struct str address)
{
	struct buf record;
	buf_init(&record, RECIPIENT_MOST);
	struct bufw one = { .b = &record }, w = { .b = out };
	write_str(&one, address);
	write_u32(&one, NOTIFY_NEVER);
	write_str(&one, STR(""));
	write_str(&w, buf_str(&record));
	buf_done(&record);
	return one.err != OK ? one.err : w.err;
}

static int deliver(struct str address, struct str message, struct str summary)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_deliver_rep a;
	struct buf recipients;
	buf_init(&recipients, RECIPIENT_MOST);
	int r = write_recipient(&recipients, address);
	struct ipc_deliver_req q = { .recipients = buf_str(&recipients), .flags = DELIVERY_ALL_OR_NOTHING, .summary = summary, .bytes = message, .body = -1 };
	if (r == OK)
		r = ipc_call_deliver(NULL, &q, &a, &hold, DELIVER_MS);
	if (r == OK && (a.results.n != 1 || a.results.p[0]))
		r = E_DENIED;
	ipc_release(&hold);
	buf_done(&recipients);
	return r;
}

/* Taken apart here, not in scan: every byte of it is ours. */
static int send(struct arena *a, struct str address, int64_t seconds_left)
{
	struct buf message, summary;
	buf_init(&message, MESSAGE_MOST);
	buf_init(&summary, MIME_SUMMARY_MAX + 1);
	int r = write_message(&message, address, seconds_left);
	if (r == OK)
		r = mime_summary_build(a, buf_str(&message), &mime_limits_default, &summary);
	if (r == OK)
		r = deliver(address, buf_str(&message), buf_str(&summary));
	buf_done(&summary);
	buf_done(&message);
	return r;
}

/* Noted before it is sent: two sign-ins at once lead to one mail. */
static int note(struct arena *a, struct str address)
{
	struct password_state state;
	struct records_batch b;
	uint64_t version;
	int r = auth_state_get(a, address, &state, &version);
	if (r == OK && state.warned_at)
		return E_EXISTS;
	if (r != OK)
		return r;
	state.warned_at = clock_real();
	records_begin(&b);
	r = auth_state_set(&b, address, &state, version);
	int committed = records_commit(&b);
	return r != OK ? r : committed;
}

void auth_warn(struct str address, int64_t seconds_left)
{
	struct arena a;
	arena_init(&a, MEMORY, NULL, NULL);
	int r = note(&a, address);
	auth_age_forget();
	if (r == OK)
		r = send(&a, address, seconds_left);
	if (r != E_EXISTS && r != E_STALE)
		log_event(r == OK ? LOG_INFO : LOG_WARNING, "auth.warned", LOG_S("user", address), LOG_E(r), LOG_END);
	arena_done(&a);
}
