/* The grammar of command arguments (RFC 9051 section 9, RFC 3501 where it says more): one function a rule,
 * named as the rule. Each advances a->rest only when it succeeds and returns
 *
 *   OK            the rule matched
 *   E_SYNTAX      it did not: a->bad says what was expected, in words that may be sent to the client
 *   E_TOOBIG      a number or a count passes its limit; a->bad as above
 *   E_UNSUPPORTED well formed, but not for this server: a mailbox name that is no valid modified UTF-7
 *
 * Strings are views of the command, or of the arena where an escape had to be removed. */
#ifndef PROTO_IMAP_ARGS_H
#define PROTO_IMAP_ARGS_H

#include "base/arena.h"

struct imap_args {
	struct str rest;
	struct arena *arena;
	bool utf8;              /* IMAP4rev2 was enabled: mailbox names are UTF-8, not modified UTF-7 */
	const char *bad;
};

struct imap_args imap_args_of(struct str args, struct arena *arena, bool utf8);
must_use int imap_args_bad(struct imap_args *a, const char *why);       /* E_SYNTAX with a reason */

must_use int imap_sp(struct imap_args *a);                              /* SP */
must_use int imap_char(struct imap_args *a, char c);                    /* one character of the grammar */
bool imap_next_is(const struct imap_args *a, char c);
must_use int imap_args_end(struct imap_args *a);                        /* nothing is left */
/* A word of the grammar, case-insensitive, that ends where its name ends. False leaves a as it was. */
bool imap_word(struct imap_args *a, struct str word);
/* Letters, digits, "." and "-": the longest run, empty when there is none; not consumed. */
struct str imap_peek_name(const struct imap_args *a);

must_use int imap_atom(struct imap_args *a, struct str *ret);
must_use int imap_string(struct imap_args *a, struct str *ret);         /* quoted / literal */
must_use int imap_nstring(struct imap_args *a, struct str *ret, bool *ret_nil);
must_use int imap_astring(struct imap_args *a, struct str *ret);

must_use int imap_number(struct imap_args *a, uint32_t *ret);
must_use int imap_nz_number(struct imap_args *a, uint32_t *ret);
must_use int imap_number64(struct imap_args *a, uint64_t *ret);         /* up to 2^63-1 */

enum { IMAP_MAILBOX_MAX = 1000 };      /* octets of a name in UTF-8 */

/* The name in UTF-8, "INBOX" in capitals whatever its case (also in front of "/"). */
must_use int imap_mailbox(struct imap_args *a, struct str *ret);
/* The same for patterns of LIST and LSUB; wildcards stay. */
must_use int imap_list_mailbox(struct imap_args *a, struct str *ret);

#endif
