/* One SMTP, submission or LMTP session (RFC 5321, 6409, 2033): state, and what handlers may call.
 *
 * A session is straight-line code: smtp_session_run reads a line, finds its row in the table of commands, checks what
 * the row says (state, TLS, sign-in, arguments, last in its group) and runs the one handler. All that waits goes
 * through the environment, a struct of functions: the stream and calls to other roles in the server, plain functions in
 * tests.
 *
 * Three arenas: session (until STARTTLS or the end), tx (one mail transaction), cmd (one command). Nothing else is
 * allocated but the content of the message under way. */
#ifndef ROLE_SMTP_H
#define ROLE_SMTP_H

#include "base/base.h"
#include "ipc/conf.h"
#include "ipc/ipc.h"
#include "os/net.h"
#include "proto/addr/addr_domain.h"
#include "proto/guard/guard_event.h"
#include "proto/second_factor/scram.h"
#include "proto/smtp/smtp_command.h"
#include "proto/smtp/smtp_data.h"
#include "proto/smtp/smtp_line.h"

enum {
	SMTP_RECIPIENTS_MAX = 1000,             /* whatever the configuration says */
	SMTP_RECIPIENTS_BYTES = 512 << 10       /* of messages.def: deliver */
};

struct smtp_session;

/* What the world does for a session. Each call may suspend the fiber. Calls to other roles take the structs of
 * messages.def; hold keeps what a reply points to. */
struct smtp_env {
	/* The connection. in: what was read and not consumed, valid until the next call of these. read: sends what is
	 * in out, then waits for more input; E_CLOSED, E_TIMEOUT, E_IO. flush: sends what is in out. spoke: whether
	 * there is input at all, read or not. start_tls: drops unread input, then the handshake. */
	struct str (*in)(void *ctx);
	void (*consume)(void *ctx, size_t n);
	int (*read)(void *ctx, int64_t timeout_ms);
	struct buf *(*out)(void *ctx);
	int (*flush)(void *ctx);
	bool (*spoke)(void *ctx);
	int (*start_tls)(void *ctx, int64_t timeout_ms, struct str *ret_version, struct str *ret_cipher);

	int (*recipient)(void *ctx, const struct ipc_recipient_req *q, struct ipc_recipient_rep *ret);
	int (*identity)(void *ctx, const struct ipc_identity_req *q);
	int (*sign_in)(void *ctx, const struct ipc_sign_in_req *q, struct ipc_sign_in_rep *ret, struct ipc_hold *hold);
	int (*token_sign_in)(void *ctx, const struct ipc_token_sign_in_req *q, struct ipc_token_sign_in_rep *ret, struct ipc_hold *hold);
	int (*scram_first)(void *ctx, const struct ipc_scram_first_req *q, struct ipc_scram_first_rep *ret, struct ipc_hold *hold);
	int (*scram_final)(void *ctx, const struct ipc_scram_final_req *q, struct ipc_scram_final_rep *ret, struct ipc_hold *hold);
	void (*grant_close)(void *ctx, uint64_t grant);
	int (*scan)(void *ctx, const struct ipc_scan_req *q, struct ipc_scan_rep *ret, struct ipc_hold *hold);
	int (*deliver)(void *ctx, const struct ipc_deliver_req *q, struct ipc_deliver_rep *ret, struct ipc_hold *hold);

	/* For the log: what became of a message, and a sign-in that was refused. */
	void (*tell_message)(void *ctx, const struct smtp_session *s, unsigned code, struct str reply, uint64_t id);
	void (*tell_sign_in)(void *ctx, const struct smtp_session *s, int err);
	/* For the guard: what a stranger did; value: what it was about, may be empty. Never waits. */
	void (*tell_guard)(void *ctx, const struct smtp_session *s, enum guard_kind kind, struct str value);

	int64_t (*now)(void *ctx);              /* unix seconds */
	uint64_t (*unique)(void *ctx);          /* random */
	void (*overflow)(void *ctx);            /* an arena is full: ends the session and does not return */
};

/* States; a row of the table names those in which its command may come. */
enum smtp_state {
	SMTP_NEW = 1 << 0,          /* not greeted */
	SMTP_READY = 1 << 1,        /* greeted, no transaction */
	SMTP_MAIL = 1 << 2,         /* sender known */
	SMTP_RCPT = 1 << 3,         /* at least one recipient */
	SMTP_BDAT = 1 << 4,         /* at least one chunk */
	SMTP_ANY = (1 << 5) - 1
};

/* What else a row may ask for. */
enum smtp_when {
	SMTP_NEED_TLS = 1 << 5,         /* where the service asks for TLS */
	SMTP_NEED_AUTH = 1 << 6,        /* where the service asks for sign-in */
	SMTP_LAST = 1 << 7,             /* nothing may be pipelined behind it (RFC 2920 section 3.1) */
	SMTP_NO_ARGS = 1 << 8,
	SMTP_NOT_LMTP = 1 << 9,
	SMTP_ONLY_LMTP = 1 << 10
};

struct smtp_cmd {
	struct str name;
	int (*run)(struct smtp_session *s, struct str args);    /* not OK: the session ends without another word */
	unsigned when;
	const char *rfc;
};

struct smtp_recipient {
	struct str address;             /* normalised when it is ours, else as given, without angle brackets */
	bool local;
	uint32_t relation;              /* enum sender_relation */
	unsigned notify;
	struct str orcpt;               /* "type;address" or empty */
};

/* The content of a message: in bytes while it is small, then in a memory file. */
struct smtp_content {
	struct smtp_data reader;
	struct buf raw;                 /* what came and was not moved on */
	struct buf bytes;               /* what will be delivered, or its part that is not in the file yet */
	int fd;
	bool open;                      /* the header has been moved on */
	int err;
	bool header_big;
	bool smuggling;                 /* lone dots between bare line ends, and commands behind them */
	bool dated, identified;         /* Date, Message-ID */
	unsigned froms, senders;        /* From and Sender fields */
	struct str from, sender;        /* of a submission: the value of the first, in arena tx */
};

struct smtp_tx {
	uint64_t id;                    /* ours, for Received and the log */
	struct str sender;              /* empty: the null reverse-path */
	enum smtp_body body;
	enum smtp_ret ret;
	bool smtputf8, requiretls;
	struct str envid;
	struct smtp_recipient *recipients;
	size_t count, cap;
	bool all_local;
};

struct smtp_session {
	const struct smtp_env *env;
	void *ctx;
	const struct conf *conf;
	enum conf_service service;
	struct net_address peer;
	char peer_text[NET_ADDRESS_TEXT];

	struct arena session, tx_memory, cmd;
	struct smtp_line line;
	size_t taken;                   /* input that was used, and is consumed before the next read */

	enum smtp_state state;
	bool esmtp, closing;
	bool stopping;                  /* the server stops: close after what is in hand */
	bool turned_out;                /* closing was not the client's wish: it may still be sending */
	bool can_tls;                   /* there is a certificate */
	struct str tls_version, tls_cipher;     /* empty in clear */
	bool has_exporter;              /* TLS 1.3: what a sign-in can be bound to (RFC 9266) */
	uint8_t exporter[SCRAM_EXPORTER];
	struct buf helo;
	enum addr_ehlo helo_kind;

	uint64_t grant;                 /* 0: not signed in */
	struct str login;               /* canonical address of who signed in */
	struct str allowed;             /* the address that the store last said may be used */

	unsigned errors, failed_sign_ins, unknown_recipients;
	unsigned commands;              /* since the last message that was accepted */
	unsigned messages;

	struct smtp_tx tx;
	struct smtp_content content;
	struct buf scratch;             /* text of a moment; the recipients as the store reads them */
	struct ipc_hold scanned, delivered;
};

/* ---- session (smtp_session.c) */
void smtp_session_init(struct smtp_session *s, const struct smtp_env *env, void *ctx, const struct conf *conf,
                       enum conf_service service, const struct net_address *peer);
void smtp_session_peer(struct smtp_session *s, const struct net_address *peer);     /* the true client, before the session runs */
void smtp_session_done(struct smtp_session *s);     /* gives the grant back too */
/* Greeting to end. For implicit TLS the handshake comes first. Why it ended: OK after QUIT or our own closing reply. */
must_use int smtp_session_run(struct smtp_session *s);
bool smtp_session_is_idle(const struct smtp_session *s);     /* no transaction is under way */
void smtp_tx_reset(struct smtp_session *s);         /* ends the transaction, if there is one */
bool smtp_is_lmtp(const struct smtp_session *s);
bool smtp_is_submission(const struct smtp_session *s);
/* Whose sender is to be verified. LMTP comes from a gateway that has done it; this machine and who signed in are known. */
bool smtp_is_stranger(const struct smtp_session *s);
bool smtp_in_tls(const struct smtp_session *s);
uint64_t smtp_recipients_max(const struct smtp_session *s);

/* ---- input (smtp_input.c) */
/* The next line, a view that lasts until the next call. E_TOOBIG, E_SYNTAX and E_PROTO as smtp_line_next, and those of
 * env->read. */
must_use int smtp_read_line(struct smtp_session *s, size_t max, struct str *ret);
struct str smtp_input(struct smtp_session *s);      /* what has come behind the present line */
void smtp_consume(struct smtp_session *s, size_t n);
must_use int smtp_read_more(struct smtp_session *s, uint64_t seconds);

/* ---- dispatch (smtp_dispatch.c) */
extern const struct smtp_cmd smtp_commands[];
extern const size_t smtp_command_count;
must_use int smtp_dispatch(struct smtp_session *s, struct str line);

/* ---- answers (smtp_answer.c). status is an enhanced status code, or empty where none belongs; text is ours, never the
 * client's. */
must_use int smtp_answer(struct smtp_session *s, unsigned code, struct str status, struct str text);
must_use int smtp_answer_line(struct smtp_session *s, unsigned code, bool last, struct str text);
/* A reply that counts as the client's error: at the limit the session ends with 421 instead (A18). */
must_use int smtp_answer_error(struct smtp_session *s, unsigned code, struct str status, struct str text);
/* The reply, and then we close. */
must_use int smtp_answer_close(struct smtp_session *s, unsigned code, struct str status, struct str text);
/* The reply when smtp_read_line or smtp_read_more failed with err; err itself when there is nobody left to tell. */
must_use int smtp_answer_no_line(struct smtp_session *s, int err);
/* The reply for the whole message; in LMTP one for each recipient. */
must_use int smtp_answer_message(struct smtp_session *s, unsigned code, struct str status, struct str text);
/* What a call to another role could not do, as a reply. */
struct smtp_failure { unsigned code; struct str status, text; };
struct smtp_failure smtp_failure_of(int err);

/* ---- paths (smtp_path.c) */
/* The mailbox of a path as text, in the memory of the transaction; empty for the null path. */
struct str smtp_path_keep(struct smtp_session *s, const struct addr_path *path);
/* The reply to arguments that smtp_mail_parse or smtp_rcpt_parse refused with err. */
must_use int smtp_answer_syntax(struct smtp_session *s, int err, struct str parameter, struct str status,
                                struct str usage);

/* ---- what strangers do (smtp_guard.c) */
void smtp_saw(const struct smtp_session *s, enum guard_kind kind);      /* nothing is told of who has signed in */
void smtp_saw_value(const struct smtp_session *s, enum guard_kind kind, struct str value);
void smtp_saw_handshake(const struct smtp_session *s, int err);        /* one that did not end well */
bool smtp_holds_commands(struct str content);      /* a message that a lone dot between bare line ends would end early, and commands */

/* ---- commands, one file each */
int smtp_cmd_ehlo(struct smtp_session *s, struct str args);
int smtp_cmd_helo(struct smtp_session *s, struct str args);
int smtp_cmd_mail(struct smtp_session *s, struct str args);
int smtp_cmd_rcpt(struct smtp_session *s, struct str args);
int smtp_cmd_data(struct smtp_session *s, struct str args);
int smtp_cmd_bdat(struct smtp_session *s, struct str args);
int smtp_cmd_rset(struct smtp_session *s, struct str args);
int smtp_cmd_noop(struct smtp_session *s, struct str args);
int smtp_cmd_quit(struct smtp_session *s, struct str args);
int smtp_cmd_help(struct smtp_session *s, struct str args);
int smtp_cmd_vrfy(struct smtp_session *s, struct str args);
int smtp_cmd_expn(struct smtp_session *s, struct str args);
int smtp_cmd_starttls(struct smtp_session *s, struct str args);
int smtp_cmd_auth(struct smtp_session *s, struct str args);

/* ---- identities (smtp_identity.c) */
/* Whether who signed in may send as the mailbox. OK, E_DENIED (also for what has no normal form), or why the store
 * can't say. */
must_use int smtp_identity_check(struct smtp_session *s, struct str local, struct str domain);
must_use int smtp_identity_check_address(struct smtp_session *s, struct str normalised);

#endif
