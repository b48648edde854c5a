/* Reads client commands (RFC 9051 section 9, `command`) from bytes as they come: no I/O, one byte budget.
 *
 * A command is one contiguous run of bytes in which literals stand as they were sent ("{5}\r\nhello"): the
 * grammar functions of imap_args.h read literals like any other string. The reader only has to know where
 * a command ends, and holds, on the way there, every limit: bytes, nesting and items are counted when they
 * are opened, a literal's size is checked before the client is told to send it.
 *
 * The message literal of APPEND is never buffered: the reader stops in front of it.
 *
 * A refused command is read to its end and forgotten, up to limits.discard octets, so that the reader
 * stays in step with the client. */
#ifndef PROTO_IMAP_COMMAND_H
#define PROTO_IMAP_COMMAND_H

#include "base/buf.h"

struct imap_limits {
	size_t bytes;           /* a whole command with its literals, APPEND's messages not counted */
	unsigned depth;         /* parentheses open at once */
	unsigned items;         /* spaces, opening parentheses and strings in one command */
	size_t literal_plus;    /* largest non-synchronising literal: 4096 makes it LITERAL- (RFC 7888 section 5) */
	uint64_t message;       /* largest message of APPEND */
	uint64_t discard;       /* octets of one refused command that are read before the session ends */
};

extern const struct imap_limits imap_limits_guest;      /* before login */
extern const struct imap_limits imap_limits_user;

struct imap_command {
	struct str tag;         /* "*" where none could be read */
	struct str name;        /* as sent; without "UID " in front of it */
	struct str args;        /* what follows the name, its leading space included; empty when nothing follows */
	bool uid;               /* UID COPY, UID FETCH, … */
};

enum imap_read {
	IMAP_READ_MORE,         /* the input is used up; feed more */
	IMAP_READ_CONTINUE,     /* send "+ …", then feed on: the client waits with a literal */
	IMAP_READ_COMMAND,      /* command is complete and valid until imap_reader_next */
	IMAP_READ_APPEND,       /* command.args end in the literal of APPEND; see message_size */
	IMAP_READ_BAD,          /* refused: answer command.tag with BAD and `why`; then imap_reader_next */
	IMAP_READ_TOOBIG,       /* refused: a limit on size; answer command.tag with [TOOBIG] and `why`; then imap_reader_next */
	IMAP_READ_BYE           /* out of step or over the bound of patience: say BYE and close */
};

enum imap_literal_state { IMAP_LITERAL_NONE, IMAP_LITERAL_OPEN, IMAP_LITERAL_PLUS, IMAP_LITERAL_CLOSED };

struct imap_reader {
	const struct imap_limits *limits;
	struct buf bytes;               /* the command so far */
	struct imap_command command;
	const char *why;                /* client-safe text of a refusal */
	uint64_t message_size;          /* octets of the literal at which IMAP_READ_APPEND stopped */
	bool message_waits;             /* that literal is synchronising: send "+ …" before its octets come */

	/* private */
	enum { IMAP_READER_LINE, IMAP_READER_LITERAL, IMAP_READER_MESSAGE, IMAP_READER_ENDED } mode;
	bool quoted, escaped, cr, toobig;
	enum imap_literal_state literal;
	bool literal_digits, literal_plus;
	uint64_t literal_size;
	uint64_t skip;                  /* octets of the current literal still to come */
	uint64_t discarded;
	unsigned depth, items;
	size_t args_at;                 /* where the arguments of the next APPEND message begin; 0: at the front */
};

void imap_reader_init(struct imap_reader *r, const struct imap_limits *limits);
void imap_reader_done(struct imap_reader *r);
/* From now on these limits: after login. Between commands only. */
void imap_reader_limit(struct imap_reader *r, const struct imap_limits *limits);

/* Takes bytes off the front of *in, never beyond the end of the command. */
enum imap_read imap_reader_feed(struct imap_reader *r, struct str *in) must_use;
/* Forgets the command (and everything else that was read of it) and is ready for the next one. */
void imap_reader_next(struct imap_reader *r);
/* True between commands: nothing of the next one has come. */
bool imap_reader_idle(const struct imap_reader *r);

/* True after IMAP_READ_APPEND, until one of the next two. */
bool imap_reader_at_message(const struct imap_reader *r);
/* After IMAP_READ_APPEND the caller takes exactly message_size octets from the input itself, then calls
 * _taken and feeds on: the answer is IMAP_READ_COMMAND with empty args at the end of the command, or
 * IMAP_READ_APPEND for a further message (MULTIAPPEND, RFC 3502). */
void imap_reader_append_taken(struct imap_reader *r);
/* Instead: the command is refused. A client that waits is not told to send; one that does not wait has its
 * octets forgotten. Feed on until IMAP_READ_BAD, then imap_reader_next. */
void imap_reader_append_refuse(struct imap_reader *r, const char *why);

/* One line outside of any command: SASL responses, DONE. IMAP_READ_COMMAND with *ret (no CRLF, valid until
 * imap_reader_next), IMAP_READ_MORE, or IMAP_READ_BYE when it is longer than the budget. */
enum imap_read imap_reader_line(struct imap_reader *r, struct str *in, struct str *ret) must_use;

#endif
