/* Errors of the whole tree: zero, or one negative value of this list. Nothing else means failure.
 *
 * A function that can fail returns int and is marked must_use. On failure it writes none of its ret_
 * parameters, only reterr_ ones. Absence is E_NOTFOUND (or NULL, where a pointer is returned). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define must_use __attribute__((warn_unused_result))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define noreturn_fn __attribute__((noreturn))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

enum err {
	OK = 0,
	E_AGAIN = -1,       /* not enough input yet; feed more and call again */
	E_SYNTAX = -2,      /* the input breaks its grammar */
	E_TOOBIG = -3,      /* a ceiling was reached */
	E_PROTO = -4,       /* the peer broke the protocol */
	E_DENIED = -5,      /* known and refused */
	E_IO = -6,          /* the system failed; the cause is in the log */
	E_NOTFOUND = -7,
	E_EXISTS = -8,
	E_FULL = -9,        /* disk or quota */
	E_TIMEOUT = -10,
	E_CLOSED = -11,     /* the peer has gone, orderly */
	E_BUSY = -12,       /* a limit on concurrent work; try later */
	E_CANCELLED = -13,  /* our own side ends this work */
	E_CORRUPT = -14,    /* stored data does not check */
	E_UNSUPPORTED = -15,
	E_STALE = -16,      /* a precondition no longer holds (UNCHANGEDSINCE, a lease that ended) */
	E_QUOTA = -17,      /* the mailbox's own limit, not the disk's */
	ERR_COUNT = 18
};

/* A short English name for logs, never NULL. */
const char *err_name(int err);

#endif
