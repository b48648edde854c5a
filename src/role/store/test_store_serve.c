/* The role as a process, inside its walls, spoken to as the parent, auth, smtp, imap, relay and the command line would.
 */
#include "io/fiber.h"
#include "io/loop.h"
#include "base/codec.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "role/store/store_test_help.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALL_MS = 20000 };

extern const struct role_spec store_role;

static struct {
	struct conf conf;
	char dir[32];
	pid_t pid;
	struct channel *parent, *auth, *smtp, *imap, *imap2, *relay, *cli;
	uint64_t changed_grant, changed_modseq;
	uint32_t changed_mailbox;
	struct waiters changed;
	int64_t told_due;
	bool plays_relay;               /* a process is one role: there is a story for imap and one for relay */
} t;

static void on_changed(struct channel *from, const struct ipc_changed_note *m)
{
	(void)from;
	t.changed_grant = m->grant;
	t.changed_mailbox = m->mailbox;
	t.changed_modseq = m->modseq;
	waiters_wake_all(&t.changed);
}

static void on_queue_due(struct channel *from, const struct ipc_queue_due_note *m)
{
	(void)from;
	t.told_due = m->at_ms;
}

static const struct ipc_service imap_services[] = { IPC_SERVE(changed, on_changed) };
static const struct ipc_service relay_services[] = { IPC_SERVE(queue_due, on_queue_due) };

/* ---- starting and stopping, as the parent does ---- */

static struct channel *wire(enum role as, unsigned index)
{
	int fds[2];
	assert_int_equal(fd_pair(fds), OK);
	struct ipc_peer_note m = { .role = (uint32_t)as, .index = index, .socket = fds[1] };
	assert_int_equal(ipc_note_peer(t.parent, &m), OK);
	struct channel *c = channel_new(fds[0], ROLE_STORE, 0);
	assert_non_null(c);
	channel_flush_all();
	fd_close(&fds[1]);
	return c;
}

static void begin(void)
{
	int pair[2];
	struct buf conf;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_start_rep started;
	auto_fd dir = open(t.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fd_pair(pair), OK);
	assert_int_equal(spawn_role("store", pair[1], dir, &t.pid), OK);
	fd_close(&pair[1]);
	t.parent = channel_new(pair[0], ROLE_PARENT, 0);
	buf_init(&conf, 64 << 10);
	assert_int_equal(conf_encode(&t.conf, ROLE_STORE, &conf), OK);
	struct ipc_boot_note boot = { .role = ROLE_STORE, .conf = buf_str(&conf) };
	assert_int_equal(ipc_note_boot(t.parent, &boot), OK);
	t.auth = wire(ROLE_AUTH, 0);
	t.smtp = wire(ROLE_SMTP, 0);
	t.imap = wire(ROLE_IMAP, 0);
	t.imap2 = wire(ROLE_IMAP, 1);
	t.relay = t.plays_relay ? wire(ROLE_RELAY, 0) : NULL;
	t.cli = wire(ROLE_CLI, 0);
	assert_int_equal(ipc_call_start(t.parent, &(struct ipc_start_req){}, &started, &hold, CALL_MS), OK);
	ipc_release(&hold);
	buf_done(&conf);
}

/* Those that the role's end has not closed already. */
static void close_all(void)
{
	struct channel *c;
	for (size_t i = 0; (c = channel_each(ROLE_STORE, &i));)
		channel_close(c);
	for (size_t i = 0; (c = channel_each(ROLE_PARENT, &i));)
		channel_close(c);
}

static int ended(void)
{
	int status = -1;
	for (int64_t until = clock_mono_ms() + CALL_MS;
	     waitpid(t.pid, &status, WNOHANG) == 0 && clock_mono_ms() < until;)
		assert_int_equal(fiber_sleep(5), OK);
	return status;
}

static void end(void)
{
	assert_int_equal(ipc_note_stop(t.parent, &(struct ipc_stop_note){ .within_ms = 1000 }), OK);
	channel_flush_all();
	assert_int_equal(ended(), 0);
	close_all();
}

static void end_hard(void)
{
	kill(t.pid, SIGKILL);
	ended();
	close_all();
}

/* ---- small words ---- */

static struct str admin(struct ipc_hold *hold, const char *op, const char *const *arguments, struct str *reason)
{
	struct buf b;
	struct ipc_admin_rep a = { 0 };
	buf_init(&b, 64 << 10);
	struct bufw w = { .b = &b };
	for (; *arguments; arguments++)
		write_str(&w, str_c(*arguments));
	struct ipc_admin_req q = { .op = str_c(op), .arguments = buf_str(&b) };
	bool by_auth = strchr(op, '.') && !str_ends(str_c(op), STR(".list")) && !str_starts(str_c(op), STR("queue."));
	assert_int_equal(ipc_call_admin(by_auth ? t.auth : t.cli, &q, &a, hold, CALL_MS), OK);
	buf_done(&b);
	*reason = a.reason;
	return a.json;
}

#define ADMIN(...)                                                                                                     \
	admin(&hold, (const char *const[]){ __VA_ARGS__, NULL }[0], &(const char *const[]){ __VA_ARGS__, NULL }[1],    \
	      &reason)

static void must_admin(const char *op, const char *a, const char *b, const char *c)
{
	struct ipc_hold hold = IPC_HOLD;
	struct str reason;
	admin(&hold, op, (const char *const[]){ a, b, c, NULL }, &reason);
	if (reason.n)
		fail_msg("%s: %.*s", op, (int)reason.n, reason.p);
	ipc_release(&hold);
}

static uint64_t grant_for(const char *address, enum role role, unsigned index, uint32_t scope)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_credential_rep c;
	struct ipc_grant_open_rep g;
	assert_int_equal(
	    ipc_call_credential(t.auth, &(struct ipc_credential_req){ .address = str_c(address) }, &c, &hold, CALL_MS),
	    OK);
	struct ipc_grant_open_req q = { .account = c.account, .scope = scope, .role = (uint32_t)role, .index = index };
	assert_int_equal(ipc_call_grant_open(t.auth, &q, &g, &hold, CALL_MS), OK);
	ipc_release(&hold);
	return g.grant;
}

static void put_recipient(struct bufw *w, const char *address)
{
	struct buf one;
	buf_init(&one, 1024);
	struct bufw in = { .b = &one };
	write_str(&in, str_c(address));
	write_u32(&in, 0);
	write_str(&in, STR(""));
	write_str(w, buf_str(&one));
	buf_done(&one);
}

/* Delivers to addresses parted by spaces; results as text: 0 is done. */
static int deliver(uint64_t grant, const char *to, uint32_t flags, struct str bytes, int body, char *ret_results)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_deliver_rep a = { 0 };
	struct buf rcpts;
	char one[64];
	buf_init(&rcpts, 64 << 10);
	struct bufw w = { .b = &rcpts };
	for (struct str rest = str_c(to); rest.n;) {
		assert_int_equal(str_to_c(str_until(&rest, ' '), one, sizeof one), OK);
		put_recipient(&w, one);
	}
	struct ipc_deliver_req q = { .grant = grant,
				     .sender = STR("from@outside.test"),
				     .recipients = buf_str(&rcpts),
				     .flags = flags,
				     .bytes = bytes,
				     .body = body };
	int r = ipc_call_deliver(t.smtp, &q, &a, &hold, CALL_MS);
	for (size_t i = 0; r == OK && i < a.results.n; i++)
		ret_results[i] = (char)('0' + a.results.p[i]);
	if (r == OK)
		ret_results[a.results.n] = '\0';
	ipc_release(&hold);
	buf_done(&rcpts);
	return r;
}

static struct ipc_mailbox_rep mailbox(uint64_t grant, const char *name)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_mailbox_rep m = { 0 };
	assert_int_equal(ipc_call_mailbox(t.imap, &(struct ipc_mailbox_req){ .grant = grant, .name = str_c(name) }, &m,
					  &hold, CALL_MS),
			 OK);
	ipc_release(&hold);
	return m;
}

static uint32_t kind_of(const char *address)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_recipient_rep a = { 0 };
	assert_int_equal(
	    ipc_call_recipient(t.smtp, &(struct ipc_recipient_req){ .address = str_c(address) }, &a, &hold, CALL_MS),
	    OK);
	ipc_release(&hold);
	return a.kind;
}

/* ---- scenes: each starts the role on the same folder ---- */

/* An act and its records: both or neither. */
static int act_with_record(const char *op, const char *address, const char *key, uint64_t expect, bool *ret_refused)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_admin_rep a = { 0 };
	struct buf b, writes;
	buf_init(&b, 4096);
	buf_init(&writes, 4096);
	struct bufw w = { .b = &b }, v = { .b = &writes };
	write_str(&w, str_c(address));
	write_str(&w, STR("$hash"));
	write_str(&v, str_c(key));
	write_u64(&v, expect);
	write_u32(&v, 0);
	write_str(&v, STR("value"));
	struct ipc_admin_req q = { .op = str_c(op), .arguments = buf_str(&b), .writes = buf_str(&writes) };
	int r = ipc_call_admin(t.auth, &q, &a, &hold, CALL_MS);
	*ret_refused = r == OK && a.reason.n;
	ipc_release(&hold);
	buf_done(&writes);
	buf_done(&b);
	return r;
}

static bool record_there(const char *key)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_record_get_rep a;
	int r = ipc_call_record_get(t.auth, &(struct ipc_record_get_req){ .key = str_c(key) }, &a, &hold, CALL_MS);
	ipc_release(&hold);
	return r == OK;
}

static void check_acts_with_records(void)
{
	struct ipc_hold hold = IPC_HOLD;
	struct str reason;
	bool refused;
	assert_int_equal(act_with_record("account.add", "cleo@example.test", "one", 0, &refused), OK);
	assert_true(!refused && record_there("one"));
	assert_int_equal(act_with_record("account.add", "dora@example.test", "one", 0, &refused), E_STALE);
	assert_true(str_search(ADMIN("account.list"), STR("dora@")) == STR_NPOS);
	assert_int_equal(act_with_record("account.add", "cleo@example.test", "two", 0, &refused), OK);
	assert_true(refused && !record_there("two"));
	/* neither the command line nor another role writes records of auth with an act */
	struct ipc_admin_rep a = { 0 };
	struct ipc_admin_req q = { .op = STR("stats"), .writes = STR("x") };
	assert_int_equal(ipc_call_admin(t.cli, &q, &a, &hold, CALL_MS), OK);
	assert_true(a.reason.n > 0);
	must_admin("account.delete", "cleo@example.test", NULL, NULL);
	ipc_release(&hold);
}

static void scene_directory(void)
{
	struct ipc_hold hold = IPC_HOLD;
	struct str reason;
	must_admin("domain.add", "example.test", NULL, NULL);
	must_admin("account.add", "ann@example.test", "$hash", "admin");
	must_admin("account.add", "bob@example.test", "$hash", NULL);
	must_admin("alias.add", "both@example.test", "ann@example.test", "bob@example.test");
	must_admin("alias.add", "ann.lee@example.test", "ann@example.test", NULL);
	assert_true(str_search(ADMIN("account.list"), STR("\"address\":\"bob@example.test\"")) != STR_NPOS);
	ADMIN("account.add", "ann@example.test", "$hash");
	assert_true(str_starts(reason, STR("there is an account")));
	ADMIN("account.add", "x@other.test", "$hash");
	assert_true(str_starts(reason, STR("no such domain")));
	check_acts_with_records();
	ADMIN("no.such");
	assert_true(reason.n > 0);
	ipc_release(&hold);
	assert_int_equal(kind_of("ann@example.test"), RECIPIENT_LOCAL);
	assert_int_equal(kind_of("ann+tag@example.test"), RECIPIENT_LOCAL);
	assert_int_equal(kind_of("postmaster@example.test"), RECIPIENT_LOCAL);
	assert_int_equal(kind_of("both@example.test"), RECIPIENT_LOCAL);
	assert_int_equal(kind_of("nobody@example.test"), RECIPIENT_UNKNOWN);        /* B04 */
	assert_int_equal(kind_of("x@elsewhere.test"), RECIPIENT_FOREIGN);
}

/* Role records over the channels: each role sees its own, a batch counts whole, roles without a space are refused. */
static int record_put(struct channel *c, uint64_t expect, const char *value)
{
	struct ipc_hold hold = IPC_HOLD;
	struct buf writes;
	buf_init(&writes, 1024);
	struct bufw w = { .b = &writes };
	write_str(&w, STR("key"));
	write_u64(&w, expect);
	write_u32(&w, 0);
	write_str(&w, str_c(value));
	struct ipc_record_put_rep done;
	int r = ipc_call_record_put(c, &(struct ipc_record_put_req){ .writes = buf_str(&writes) }, &done, &hold, CALL_MS);
	ipc_release(&hold);
	buf_done(&writes);
	return r;
}

static void scene_records(void)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_record_get_rep found;
	struct ipc_record_get_req q = { .key = STR("key") };
	struct ipc_record_put_rep done;
	assert_int_equal(record_put(t.auth, 0, "auth's"), OK);
	assert_int_equal(record_put(t.auth, 0, "again"), E_STALE);
	assert_int_equal(ipc_call_record_get(t.auth, &q, &found, &hold, CALL_MS), OK);
	assert_true(str_eq(found.value, STR("auth's")));
	assert_int_equal(record_put(t.auth, found.version, "newer"), OK);
	assert_int_equal(ipc_call_record_put(t.auth, &(struct ipc_record_put_req){ .writes = STR("\3ke") }, &done, &hold, CALL_MS), E_PROTO);
	ipc_release(&hold);
}

static void scene_deliver(void)
{
	char results[64];
	struct ipc_hold hold = IPC_HOLD;
	uint64_t ann = grant_for("ann@example.test", ROLE_IMAP, 0, GRANT_IMAP),
		 send = grant_for("ann@example.test", ROLE_SMTP, 0, GRANT_SUBMIT);
	uint64_t other = grant_for("bob@example.test", ROLE_IMAP, 1, GRANT_IMAP);
	struct ipc_mailbox_rep inbox = mailbox(ann, "inbox");
	struct ipc_watch_rep w;
	assert_int_equal(ipc_call_watch(t.imap, &(struct ipc_watch_req){ .grant = ann, .mailbox = inbox.id, .on = 1 },
					&w, &hold, CALL_MS),
			 OK);
	assert_int_equal(deliver(0, "ann@example.test both@example.test nobody@example.test x@else.test", 0,
				 STR("Subject: hi\r\n\r\nbody"), -1, results),
			 OK);
	assert_string_equal(results, "0075"); /* delivered, delivered, unknown, denied: relaying needs a grant */
	while (!t.changed_modseq)
		assert_int_equal(waiters_wait(&t.changed, clock_mono_ms() + CALL_MS), OK);
	assert_int_equal(t.changed_grant, ann);
	assert_int_equal(t.changed_mailbox, inbox.id);
	assert_int_equal(mailbox(ann, "INBOX").count, 1);       /* once, though two addresses lead there */
	assert_int_equal(
	    deliver(0, "ann@example.test nobody@example.test", DELIVERY_ALL_OR_NOTHING, STR("x"), -1, results),
	    E_NOTFOUND);
	assert_int_equal(mailbox(ann, "INBOX").count, 1);
	assert_int_equal(
	    deliver(send, "x@else.test", DELIVERY_ALL_OR_NOTHING | DELIVERY_REQUIRETLS, STR("out"), -1, results), OK);
	/* a grant serves its own worker and scope only */
	struct ipc_mailbox_rep m;
	assert_int_equal(ipc_call_mailbox(t.imap, &(struct ipc_mailbox_req){ .grant = other, .name = STR("INBOX") }, &m,
					  &hold, CALL_MS),
			 E_DENIED);
	assert_int_equal(ipc_call_mailbox(t.imap2, &(struct ipc_mailbox_req){ .grant = ann, .name = STR("INBOX") }, &m,
					  &hold, CALL_MS),
			 E_DENIED);
	assert_int_equal(ipc_call_mailbox(t.imap, &(struct ipc_mailbox_req){ .grant = send, .name = STR("INBOX") }, &m,
					  &hold, CALL_MS),
			 E_DENIED);
	assert_int_equal(
	    ipc_call_mailbox(t.imap, &(struct ipc_mailbox_req){ .grant = 1, .name = STR("INBOX") }, &m, &hold, CALL_MS),
	    E_DENIED);
	struct ipc_identity_rep i;
	assert_int_equal(
	    ipc_call_identity(t.smtp,
			      &(struct ipc_identity_req){ .grant = send, .address = STR("ann.lee@example.test") }, &i,
			      &hold, CALL_MS),
	    OK);
	assert_int_equal(
	    ipc_call_identity(t.smtp, &(struct ipc_identity_req){ .grant = send, .address = STR("bob@example.test") },
			      &i, &hold, CALL_MS),
	    E_DENIED);
	assert_int_equal(
	    ipc_call_identity(t.smtp, &(struct ipc_identity_req){ .grant = send, .address = STR("both@example.test") },
			      &i, &hold, CALL_MS),
	    E_DENIED);
	ipc_release(&hold);
}

static int sealed(size_t n)
{
	int fd;
	struct buf b;
	buf_init(&b, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_put_char(&b, (char)(i % 251)), OK);
	assert_int_equal(fd_memory("test", &fd), OK);
	assert_int_equal(fd_write_all(fd, buf_str(&b)), OK);
	assert_int_equal(fd_seal(fd), OK);
	buf_done(&b);
	return fd;
}

/* A message too large for a frame goes in and comes out as sealed memory. */
static void scene_append(void)
{
	struct ipc_hold hold = IPC_HOLD;
	uint64_t ann = grant_for("ann@example.test", ROLE_IMAP, 0, GRANT_IMAP);
	struct ipc_append_rep appended;
	struct ipc_entries_rep entries;
	struct ipc_message_rep message;
	struct str mapped;
	size_t large = (3 << 20) + 17;
	auto_fd body = sealed(large);
	uint32_t inbox = mailbox(ann, "INBOX").id;
	struct ipc_append_req q = { .grant = ann, .mailbox = inbox, .flags = FLAG_SEEN, .date = 12345, .body = body };
	assert_int_equal(ipc_call_append(t.imap, &q, &appended, &hold, CALL_MS), OK);
	assert_int_equal(appended.uid, 2);
	assert_int_equal(
	    ipc_call_entries(t.imap,
			     &(struct ipc_entries_req){ .grant = ann, .mailbox = inbox, .from_uid = 1, .limit = 1 },
			     &entries, &hold, CALL_MS),
	    OK);
	assert_int_equal(entries.more, 1);
	assert_int_equal(
	    ipc_call_entries(t.imap,
			     &(struct ipc_entries_req){ .grant = ann, .mailbox = inbox, .from_uid = 2, .limit = 100 },
			     &entries, &hold, CALL_MS),
	    OK);
	assert_int_equal(entries.more, 0);
	assert_int_equal(entries.entries.n, INDEX_ENTRY_SIZE);
	struct index_entry e = index_entry_get(entries.entries.p);
	assert_int_equal(e.uid, 2);
	assert_int_equal(e.size, large);
	assert_int_equal(e.date, 12345);
	assert_int_equal(e.flags, FLAG_SEEN);
	assert_int_equal(ipc_call_message(t.imap, &(struct ipc_message_req){ .grant = ann, .email = e.email }, &message,
					  &hold, CALL_MS),
			 OK);
	assert_int_equal(fd_map(message.body, MESSAGE_MAX, &mapped), OK);
	assert_int_equal(mapped.n, large);
	assert_int_equal((unsigned char)mapped.p[large - 1], (large - 1) % 251);
	fd_unmap(mapped);
	fd_close(&message.body);
	ipc_release(&hold);
}

/* Flags, copy, expunge and what a client that resynchronises is told of them. */
static void scene_change(void)
{
	struct ipc_hold hold = IPC_HOLD;
	uint64_t ann = grant_for("ann@example.test", ROLE_IMAP, 0, GRANT_IMAP);
	struct ipc_flags_rep flagged;
	struct ipc_copy_rep copied;
	struct ipc_expunge_rep gone;
	struct ipc_changes_rep changes;
	struct ipc_mailbox_create_rep made;
	char uids[8];
	uint32_t inbox = mailbox(ann, "INBOX").id;
	put_le32(uids, 2);
	put_le32(uids + 4, UINT32_MAX);
	struct ipc_flags_req f = { .grant = ann,
				   .mailbox = inbox,
				   .uids = { uids, 8 },
				   .op = 1,
				   .flags = FLAG_DELETED,
				   .unchanged_since = UINT64_MAX };
	assert_int_equal(ipc_call_flags(t.imap, &f, &flagged, &hold, CALL_MS), OK);
	assert_int_equal(flagged.entries.n, INDEX_ENTRY_SIZE);
	uint64_t before = flagged.modseq;
	assert_int_equal(
	    ipc_call_mailbox_create(t.imap, &(struct ipc_mailbox_create_req){ .grant = ann, .name = STR("work/2026") },
				    &made, &hold, CALL_MS),
	    OK);
	struct ipc_copy_req c = { .grant = ann, .from = inbox, .uids = { uids, 8 }, .to = made.id, .move = 0 };
	assert_int_equal(ipc_call_copy(t.imap, &c, &copied, &hold, CALL_MS), OK);
	assert_int_equal(copied.pairs.n, 8);
	assert_int_equal(get_le32(copied.pairs.p), 2);
	assert_int_equal(get_le32(copied.pairs.p + 4), 1);
	assert_int_equal(ipc_call_expunge(t.imap, &(struct ipc_expunge_req){ .grant = ann, .mailbox = inbox, .all = 1 },
					  &gone, &hold, CALL_MS),
			 OK);
	assert_int_equal(gone.vanished.n, 4);
	assert_int_equal(ipc_call_changes(t.imap,
					  &(struct ipc_changes_req){ .grant = ann, .mailbox = inbox, .since = before },
					  &changes, &hold, CALL_MS),
			 OK);
	assert_int_equal(changes.complete, 1);
	assert_int_equal(changes.vanished.n, 4);
	assert_int_equal(get_le32(changes.vanished.p), 2);
	/* pairs that do not ascend */
	put_le32(uids + 4, 1);
	assert_int_equal(ipc_call_flags(t.imap, &f, &flagged, &hold, CALL_MS), E_PROTO);
	ipc_release(&hold);
}

static void scene_relay(void)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_queue_lease_rep leased;
	struct ipc_queue_message_rep message;
	struct ipc_queue_result_rep result;
	struct queue_entry e;
	char results[8];
	uint64_t send = grant_for("ann@example.test", ROLE_SMTP, 0, GRANT_SUBMIT);
	t.told_due = 0;
	assert_int_equal(
	    deliver(send, "x@else.test", DELIVERY_ALL_OR_NOTHING | DELIVERY_REQUIRETLS, STR("out"), -1, results), OK);
	for (int i = 0; i < 1000 && !t.told_due; i++)
		assert_int_equal(fiber_sleep(5), OK);
	assert_true(t.told_due > 0);
	assert_int_equal(ipc_call_queue_lease(t.relay, &(struct ipc_queue_lease_req){ .max = 10, .lease_ms = 60000 },
					      &leased, &hold, CALL_MS),
			 OK);
	struct reader r = reader_of(leased.entries);
	assert_int_equal(queue_entry_get(&r, &e), OK);
	assert_int_equal(reader_end(&r), OK);
	assert_true(str_eq(e.recipient, STR("x@else.test")));
	assert_true(e.flags & DELIVERY_REQUIRETLS);
	uint64_t id = e.id;
	assert_int_equal(
	    ipc_call_queue_message(t.relay, &(struct ipc_queue_message_req){ .id = id }, &message, &hold, CALL_MS), OK);
	assert_true(str_eq(message.bytes, STR("out")));
	struct ipc_queue_result_req later = { .id = id,
					      .outcome = QUEUE_DEFERRED,
					      .next_attempt = clock_real() - 1,
					      .status = STR("4.4.1"),
					      .diagnostic = STR("no answer"),
					      .remote = STR("mx") };
	assert_int_equal(ipc_call_queue_result(t.relay, &later, &result, &hold, CALL_MS), OK);
	assert_int_equal(ipc_call_queue_result(t.relay, &later, &result, &hold, CALL_MS), E_STALE);
	assert_int_equal(ipc_call_queue_lease(t.relay, &(struct ipc_queue_lease_req){ .max = 10, .lease_ms = 60000 },
					      &leased, &hold, CALL_MS),
			 OK);
	assert_true(leased.entries.n > 0);
	/* relay dies: what it held is due again (B27) */
	channel_close(t.relay);
	t.relay = wire(ROLE_RELAY, 0);
	assert_int_equal(fiber_sleep(100), OK);
	assert_int_equal(ipc_call_queue_lease(t.relay, &(struct ipc_queue_lease_req){ .max = 10, .lease_ms = 60000 },
					      &leased, &hold, CALL_MS),
			 OK);
	assert_true(leased.entries.n > 0);
	/* it fails for good; the report to a sender elsewhere is queued with it, from nobody */
	struct ipc_queue_result_req failed = { .id = id,
					       .outcome = QUEUE_FAILED,
					       .status = STR("5.1.1"),
					       .diagnostic = STR("no such user"),
					       .remote = STR("mx"),
					       .dsn = STR("report") };
	assert_int_equal(ipc_call_queue_result(t.relay, &failed, &result, &hold, CALL_MS), OK);
	assert_int_equal(ipc_call_queue_lease(t.relay, &(struct ipc_queue_lease_req){ .max = 10, .lease_ms = 60000 },
					      &leased, &hold, CALL_MS),
			 OK);
	r = reader_of(leased.entries);
	assert_int_equal(queue_entry_get(&r, &e), OK);
	assert_true(str_eq(e.recipient, STR("from@outside.test")));
	assert_int_equal(e.sender.n, 0);
	failed.id = e.id;
	assert_int_equal(ipc_call_queue_result(t.relay, &failed, &result, &hold, CALL_MS), OK);
	assert_int_equal(ipc_call_queue_lease(t.relay, &(struct ipc_queue_lease_req){ .max = 10, .lease_ms = 60000 },
					      &leased, &hold, CALL_MS),
			 OK);
	assert_int_equal(leased.entries.n, 0);          /* no report about a report */
	ipc_release(&hold);
}

static void scene_check(void)
{
	struct ipc_hold hold = IPC_HOLD;
	struct str reason, json = ADMIN("check");
	if (reason.n || !str_starts(json, STR("{\"ok\":true")))
		fail_msg("%.*s %.*s", (int)reason.n, reason.p, (int)json.n, json.p);
	ipc_release(&hold);
}

static int result;

static void story_imap(void *arg)
{
	(void)arg;
	begin();
	scene_directory();
	scene_records();
	scene_deliver();
	scene_append();
	scene_change();
	scene_check();
	end();
	begin();                /* in order, then after a kill: what was acknowledged is there */
	scene_check();
	uint64_t ann = grant_for("ann@example.test", ROLE_IMAP, 0, GRANT_IMAP);
	char results[8];
	assert_int_equal(mailbox(ann, "work/2026").count, 1);
	assert_int_equal(deliver(0, "ann@example.test", 0, STR("before the kill"), -1, results), OK);
	end_hard();
	begin();
	ann = grant_for("ann@example.test", ROLE_IMAP, 0, GRANT_IMAP);
	assert_int_equal(mailbox(ann, "INBOX").count, 2);
	scene_check();
	end();
	result = 1;
	loop_stop();
}

static void story_relay(void *arg)
{
	(void)arg;
	begin();
	scene_directory();
	scene_relay();
	scene_check();
	end();
	result = 1;
	loop_stop();
}

static int unlink_one(const char *path, const struct stat *s, int kind, struct FTW *f)
{
	(void)s;
	(void)kind;
	(void)f;
	return remove(path);
}

static void tell(fiber_fn *story)
{
	conf_defaults(&t.conf);
	memcpy(t.dir, "store-serve-XXXXXX", sizeof "store-serve-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	uid_t uid = (uid_t)(t.conf.server.uid_base + ROLE_STORE);
	if (geteuid() == 0)
		assert_int_equal(chown(t.dir, uid, uid), 0);
	waiters_init(&t.changed);
	fiber_start(story, NULL);
	loop_run();
	nftw(t.dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	conf_done(&t.conf);
	assert_int_equal(result, 1);
}

static void test_as_imap(void **state)
{
	(void)state;
	channel_setup(ROLE_IMAP, imap_services, COUNT_OF(imap_services), NULL);
	tell(story_imap);
}

static void test_as_relay(void **state)
{
	(void)state;
	t.plays_relay = true;
	channel_setup(ROLE_RELAY, relay_services, COUNT_OF(relay_services), NULL);
	tell(story_relay);
}

/* Each story in a process of its own. */
static int apart(const struct CMUnitTest *test)
{
	int status = 1;
	pid_t pid = fork();
	if (pid == 0) {
		loop_init();
		_exit(_cmocka_run_group_tests(test->name, test, 1, NULL, NULL));
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

/* The leak checker traces its process, which the walls forbid. */
static bool in_role;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) { return in_role; }

int main(int argc, char **argv)
{
	in_role = argc > 1 && str_starts(str_c(argv[1]), STR("--role="));
	if (in_role)
		role_run(&store_role);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_imap), cmocka_unit_test(test_as_relay) };
	return apart(&tests[0]) + apart(&tests[1]);
}
