/* The load generator of the benchmarks: SMTP, LMTP and IMAP sessions against a server on loopback, bounded in count and time. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct user {
	char name[128], password[64];
	long before, sent;              /* messages in the mailbox before the run; accepted for it since */
	struct conn *watch;             /* IMAP session that asks for STATUS */
};

struct load {
	const char *mode;
	int port, imaps_port;
	int sessions;
	long count;                     /* messages, or commands */
	size_t size;                    /* bytes of a message */
	long per_connection;            /* messages on one connection; 0: all */
	long batch;                     /* messages of one APPEND */
	bool starttls;
	double limit;                   /* seconds, hard */
	unsigned long seed;
	struct user *users;
	int user_count;
};

double load_now(void);                                          /* seconds, monotonic */

/* A connection with a read buffer. All calls return 0, or -1 when the connection is no longer usable. */
struct conn { int fd; SSL *ssl; size_t at, filled; char data[32768]; };

void conn_setup(void);                                          /* once, before the first conn_open */
struct conn *conn_open(int port, bool tls, double deadline);    /* NULL when it could not be opened before the deadline */
void conn_close(struct conn *c);
int conn_start_tls(struct conn *c);
int conn_write(struct conn *c, const char *bytes, size_t n);
int conn_line(struct conn *c, char *line, size_t most);         /* one line without its end, cut at `most` */
int conn_skip(struct conn *c, size_t n);

int smtp_reply(struct conn *c);                                 /* the code of one reply */
int smtp_command(struct conn *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct conn *imap_open(int port, const struct user *u, double deadline);
int imap_finish(struct conn *c, const char *tag, long *ret_messages, size_t *ret_bytes);  /* 0 when the tagged answer is OK */
long imap_messages(struct conn *c);                             /* STATUS INBOX (MESSAGES); -1 on error */

/* One session of a flood of wrong sign-ins; the first is a person at work, whose commands are timed (load_flood.c). */
void flood_session(const struct load *l, struct user *u, float *latency, _Atomic long *done, double deadline);
extern _Atomic long flood_attempts;                             /* answered while the person worked */

/* One message of about `size` bytes with CRLF lines, no line starts with a dot. Returns its length; `room` is at least size + 1024. */
size_t message_make(char *out, size_t size, unsigned long seed, long number, const char *recipient);

#endif
