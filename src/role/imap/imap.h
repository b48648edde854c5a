/* The imap role's own vocabulary: the session, what the outside world does for it, and the table of commands.
 *
 * A handler is straight-line code against struct imap_env. It writes untagged responses as it goes, says how the
 * command ended with one of imap_ok, imap_no, imap_bad, and returns OK; any other value ends the session. The
 * dispatcher then tells what else changed in the selected mailbox and writes the tagged response.
 *
 * Memory: arenas, by lifetime; those of a mailbox and of a command are empty while nothing needs them, so that a
 * session that idles costs little more than its TLS and its stack. Replies of other roles live in the session's holds,
 * so that a session that ends from any depth (an arena that is full) leaves nothing behind. */
#ifndef ROLE_IMAP_H
#define ROLE_IMAP_H

#include "ipc/ipc.h"
#include "proto/guard/guard_event.h"
#include "proto/imap/imap_args.h"
#include "proto/imap/imap_command.h"
#include "proto/imap/imap_search_args.h"
#include "proto/imap/imap_set.h"
#include "proto/second_factor/scram.h"
#include "role/imap/imap_job.h"
#include "role/imap/imap_view.h"

struct imap_flags;
struct imap_context;
struct imap_notify;

/* Calls to other roles, as ipc.h declares them but for channel and timeout. */
#define IMAP_CALLS(X)                                                                                                         \
	X(sign_in) X(token_sign_in) X(scram_first) X(scram_final) X(mailboxes) X(mailbox) X(mailbox_create) X(mailbox_delete) X(mailbox_rename) X(mailbox_subscribe)        \
	X(entries) X(changes) X(keywords) X(keyword_bit) X(watch) X(summaries) X(message) X(append) X(append_many) X(flags) X(copy)         \
	X(expunge) X(scan) X(quota) X(notes) X(note_set) X(recent)

/* What the world does for a session. In production each may suspend its fiber; in tests they are plain functions. */
struct imap_env {
	struct str (*in)(void *io);                     /* read and not consumed */
	void (*consume)(void *io, size_t n);
	int (*read)(void *io, int64_t deadline);        /* flushes, then waits for more; E_AGAIN: woken without */
	struct buf *(*out)(void *io);                   /* output that collects */
	int (*push)(void *io);                          /* sends when much has collected: back-pressure */
	int (*write)(void *io, struct str bytes);       /* collects or sends, in order */
	int (*flush)(void *io);
	int (*start_tls)(void *io, int64_t deadline);   /* drops what was read in clear */
	int64_t (*now)(void);                           /* monotonic ms */
	int64_t (*real)(void);                          /* unix seconds */
#define IMAP_CALL(name) int (*name)(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret, struct ipc_hold *hold);
	IMAP_CALLS(IMAP_CALL)
#undef IMAP_CALL
	void (*job_start)(struct imap_job *job);        /* runs it besides; frees it at its end when it was abandoned */
	int (*job_wait)(struct imap_job *job);          /* until it is done; E_CANCELLED */
	void (*grant_close)(uint64_t grant);
	/* The session has signed in, and wants notes of what changes. */
	void (*signed_in)(struct imap_session *s);
	void (*signed_out)(struct imap_session *s);     /* its grant is about to go */
	/* For the guard: what a stranger did. Never waits. */
	void (*tell_guard)(struct imap_session *s, enum guard_kind kind);
};

struct imap_conf {
	uint64_t message_size, session_memory, command_size;
	int64_t idle_ms, login_ms, handshake_ms, proxy_ms;
	unsigned errors, sign_in_attempts;
	bool scram;
};

enum imap_state { IMAP_GUEST = 1, IMAP_AUTHENTICATED = 2, IMAP_SELECTED = 4, IMAP_ENDING = 8 };

enum imap_status { IMAP_STATUS_NONE, IMAP_STATUS_OK, IMAP_STATUS_NO, IMAP_STATUS_BAD };

/* How the command ended. code: resp-text-code without brackets, empty for none. */
struct imap_result { enum imap_status status; struct str code, text; };

struct imap_session {
	const struct imap_env *env;
	const struct imap_conf *conf;
	void *io;
	enum imap_state state;
	bool tls, tls_offered;                          /* offered: STARTTLS is possible */
	bool has_exporter;                              /* TLS 1.3: what a sign-in can be bound to (RFC 9266) */
	uint8_t exporter[SCRAM_EXPORTER];
	bool rev2, condstore, qresync, uidonly;         /* enabled (RFC 5161) */
	unsigned quirks;                                /* enum imap_quirk, of what the client calls itself */
	bool utf8;                                      /* names and texts may be UTF-8: UTF8=ACCEPT or IMAP4rev2 */
	bool gone;                                      /* the grant is no longer valid: say BYE */
	bool stopping;                                  /* the process is: say BYE after the command in hand */
	bool between;                                   /* waiting for the first byte of a command: may be woken or cancelled */
	struct arena mailbox, command;
	struct imap_limits limits;
	struct imap_reader reader;
	const struct imap_handler *handler;                 /* the command under way */
	struct imap_result result;
	unsigned errors, attempts;
	char peer[64];

	uint64_t grant;
	char address[321];                              /* the account's, of a sign-in */
	struct str *keywords;                           /* names of flag bits 5.. */
	size_t keyword_count;
	struct arena keyword_names;

	struct imap_view view;                          /* of the selected mailbox */
	uint64_t noted;                                 /* highest modseq that a note has told of */
	bool waits;                                     /* in IDLE, with nothing to send: likewise */
	struct imap_notify *notify;                     /* NULL: the client asked for nothing */
	struct imap_context *contexts;                  /* searches that are kept up to date */
	struct imap_set saved;                          /* SEARCHRES: uids, in the mailbox arena */

	struct ipc_hold hold, hold_scan;
	struct imap_job *jobs;                          /* under way */
	struct imap_ahead ahead;
	struct imap_job *loaded;                        /* holds the message that was loaded last */
	struct str mapped;                              /* when it came as sealed memory */
	struct imap_job *summaries;                     /* holds the summaries in use */
	struct arena results;                           /* of SEARCH, SORT and THREAD: rows, sort keys */
	struct arena scratch;                           /* parsing of one message */
	struct buf text;                                /* header fields picked out of one message */
	struct buf append_bytes;                        /* APPEND under way */
	int append_fd;
	uint64_t append_size;
	int append_joint;                               /* several, one behind the other */
};

enum imap_handler_flag {
	IMAP_NO_ARGS = 1 << 0,
	IMAP_UID_FORM = 1 << 1,         /* UID in front is allowed */
	IMAP_USES_NUMBERS = 1 << 3,     /* names messages by number, unless in its UID form: no EXPUNGE may be told meanwhile (RFC 9051 5.5) */
	IMAP_NUMBERS_ONLY = 1 << 2,     /* without UID it names or tells messages by number: not in UIDONLY (RFC 9586) */
	IMAP_NEEDS_TLS = 1 << 4,        /* carries a password */
	IMAP_NO_SYNC = 1 << 5           /* tells nothing of the mailbox at its end */
};

struct imap_handler {
	struct str name;
	int (*run)(struct imap_session *s);
	unsigned states;                /* enum imap_state, or-ed */
	unsigned flags;
	const char *rfc;
};

extern const struct imap_handler imap_handlers[];
extern const size_t imap_handler_count;

/* ---- the session: imap_session.c ---- */
void imap_session_init(struct imap_session *s, const struct imap_env *env, const struct imap_conf *conf, void *io,
		       void (*full)(void *ctx));
void imap_session_done(struct imap_session *s);
/* From greeting to end. Returns OK after an orderly end, else why. */
int imap_session_run(struct imap_session *s);
must_use int imap_dispatch(struct imap_session *s);     /* the command in s->reader */
void imap_sign_off(struct imap_session *s);             /* forgets mailbox and grant */

/* ---- what strangers do (imap_guard.c); nothing is told of who has signed in */
void imap_saw(struct imap_session *s, enum guard_kind kind);
void imap_saw_handshake(struct imap_session *s, int err);       /* one that did not end well */

/* ---- answering: imap_reply.c. Each returns OK, so that handlers can end with it. ---- */
int imap_ok(struct imap_session *s, const char *text);
int imap_ok_code(struct imap_session *s, struct str code, const char *text);
int imap_no(struct imap_session *s, const char *code, const char *text);
int imap_bad(struct imap_session *s, const char *text);
/* A failed call to another role, in words for the client; E_CANCELLED and the like end the session: returned. */
must_use int imap_failed(struct imap_session *s, int err);
/* What a grammar function returned that was not OK. */
int imap_bad_args(struct imap_session *s, int err, const struct imap_args *a);
must_use int imap_bye(struct imap_session *s, const char *text);        /* "* BYE", state IMAP_ENDING */
must_use int imap_untagged(struct imap_session *s, const char *fmt, ...) printf_like(2, 3);     /* a line, without "* " and CRLF */
must_use int imap_continue(struct imap_session *s, const char *text);   /* "+ text", flushed */
struct bufw imap_out(struct imap_session *s);                           /* to append in place; then imap_push */
must_use int imap_push(struct imap_session *s, const struct bufw *w);
void imap_write_capabilities(const struct imap_session *s, struct bufw *w);     /* imap_capability.c */

struct imap_args imap_arguments(struct imap_session *s);        /* of the command under way */

/* ---- reading beyond commands: imap_session.c ---- */
/* One line: a SASL response, DONE. A view into the reader, which the caller makes ready (imap_reader_next) before the
 * line's first call; after E_AGAIN or E_TIMEOUT a call goes on with what has come of it. E_TOOBIG: too long, BYE was
 * said. */
must_use int imap_read_line(struct imap_session *s, int64_t deadline, struct str *ret);

/* ---- sign-in: imap_sign_in.c ---- */
must_use int imap_token_sign_in(struct imap_session *s, struct str user, struct str token, int (*tell_error)(struct imap_session *s));
/* ask: sends a message of the server, without base64, and waits for the client's. */
must_use int imap_scram_sign_in(struct imap_session *s, struct str mechanism, struct str first,
	int (*ask)(struct imap_session *s, struct str message, struct str *ret));
must_use int imap_sign_in(struct imap_session *s, struct str user, struct str password);

/* ---- keywords: imap_keywords.c ---- */
must_use int imap_keywords_load(struct imap_session *s);
/* Loads anew when flags hold a bit without a name, and tells the client (FLAGS). */
must_use int imap_keywords_know(struct imap_session *s, uint64_t flags);
/* The bits of flags that a client named; keywords that are new are made. E_TOOBIG: no bit is left. */
must_use int imap_keyword_bits(struct imap_session *s, const struct imap_flags *f, uint64_t *ret);
bool imap_keyword_find(const struct imap_session *s, struct str name, uint64_t *ret);
void imap_write_flags(const struct imap_session *s, struct bufw *w, const struct imap_message *m);      /* "(\Seen x)" */
must_use int imap_tell_flags(struct imap_session *s);           /* "* FLAGS", "* OK [PERMANENTFLAGS" */

/* ---- the selected mailbox: imap_mailbox.c ---- */
must_use int imap_mailbox_open(struct imap_session *s, const struct ipc_mailbox_rep *m, bool read_only);
void imap_mailbox_close(struct imap_session *s);
/* Reads what changed since; tells nothing yet. A store that does not answer now fails no command: the next note or
 * NOOP asks again. */
must_use int imap_mailbox_refresh(struct imap_session *s);
/* Which rows are \Recent (RFC 3501 section 2.3.2), and no other session is told so any more; nothing with IMAP4rev2. */
must_use int imap_recent_claim(struct imap_session *s);
size_t imap_recent_count(const struct imap_session *s);         /* of those the client knows */
/* Tells the client what it does not know; expunges only when allowed. */
must_use int imap_mailbox_tell(struct imap_session *s, bool expunge_allowed);
/* Takes over entries that a call of ours changed; tells nothing. modseq: of that call, 0 for nothing changed. */
void imap_mailbox_take(struct imap_session *s, struct str entries, uint64_t modseq);
/* CONDSTORE is on from now; where that is new and a mailbox is selected, its highest mod-sequence is told (RFC 7162
 * section 3.1). */
must_use int imap_condstore_enable(struct imap_session *s);
must_use int imap_tell_expunged(struct imap_session *s);        /* all that are gone */
must_use int imap_tell_flags_of(struct imap_session *s, size_t row);    /* "* n FETCH (FLAGS …)" */
/* "* n FETCH (", or "* uid UIDFETCH (" (RFC 9586 section 3.4). */
void imap_write_fetch(const struct imap_session *s, struct bufw *w, size_t row);
/* "* VANISHED (EARLIER) …" of the known uids (resolved; empty: all) that went after since (RFC 7162 section 3.2.10). */
must_use int imap_tell_earlier(struct imap_session *s, uint64_t since, const struct imap_set *known);
/* Sequence numbers of the messages that the set names: sorted. E_SYNTAX with imap_bad said: a number that is none. */
must_use int imap_rows(struct imap_session *s, struct imap_set *set, bool uid, struct imap_set *ret);
/* Those of the rows that partial-range names, counted among them (RFC 9394 section 3.2). */
struct imap_set imap_rows_partial(struct imap_session *s, const struct imap_partial *p, const struct imap_set *rows);
/* Packed u32 pairs of uids, ascending, of those rows that are not gone. */
struct str imap_pack_uids(struct imap_session *s, const struct imap_set *rows);

/* ---- object identifiers (RFC 8474): imap_objectid.c ---- */
enum { IMAP_EMAILID_MAX = 24 };
struct str imap_emailid(uint64_t email, char *room);            /* "M1f": in room, of IMAP_EMAILID_MAX */

/* ---- messages: imap_load.c ---- */
/* The bytes of a message, valid until the next load. E_NOTFOUND: gone. */
must_use int imap_load_message(struct imap_session *s, uint64_t email, struct str *ret);
/* Calls each(ctx, i, record) for the summaries of emails, in order; the next ones are on their way meanwhile. */
must_use int imap_load_summaries(struct imap_session *s, const uint64_t *emails, size_t n,
                                 int (*each)(void *ctx, size_t i, struct str record), void *ctx);
void imap_load_done(struct imap_session *s);

#endif
