/* Arguments of the commands that need no file of their own: STORE, SELECT, APPEND, ID, ENABLE, COPY. Each
 * takes everything behind the command's name. */
#ifndef PROTO_IMAP_COMMAND_ARGS_H
#define PROTO_IMAP_COMMAND_ARGS_H

#include "proto/imap/imap_date.h"
#include "proto/imap/imap_flags.h"
#include "proto/imap/imap_set.h"

enum imap_store_mode { IMAP_STORE_REPLACE, IMAP_STORE_ADD, IMAP_STORE_REMOVE };

struct imap_store {
	struct imap_set set;
	enum imap_store_mode mode;
	bool silent;
	bool unchanged_since;           /* RFC 7162 section 3.1.3 */
	uint64_t since;
	struct imap_flags flags;
};

enum { IMAP_CATENATE_MAX = 1000 };
struct imap_catenate { bool url; struct str text; };

struct imap_append {
	struct imap_flags flags;
	bool dated;
	struct date date;
	bool binary;                    /* literal8: may hold NUL */
	struct imap_catenate *parts;    /* CATENATE (RFC 4469), at least one; NULL: a message literal */
	size_t part_count;
};

enum { IMAP_ID_PAIRS_MAX = 30, IMAP_ENABLE_MAX = 32 };
struct imap_id_pair { struct str field, value; bool nil; };

must_use int imap_store_args(struct imap_args *a, struct imap_store *ret);

struct imap_select {
	struct str mailbox;
	bool condstore, qresync;        /* qresync: as follows (RFC 7162 section 3.2.5) */
	uint32_t uidvalidity;
	uint64_t modseq;
	struct imap_set known;          /* uids; empty: all. The sequence match data only saves work, and is not kept. */
};
must_use int imap_select_args(struct imap_args *a, struct imap_select *ret);
must_use int imap_mailbox_arg(struct imap_args *a, struct str *ret);                     /* SP mailbox */
/* SP mailbox [SP "(" "USE" SP "(" use-attr *(SP use-attr) ")" ")"] (RFC 6154 section 3); use: the attribute's name without
 * its backslash, empty for none. E_UNSUPPORTED: several, or an unknown parameter. */
must_use int imap_create_args(struct imap_args *a, struct str *ret_mailbox, struct str *ret_use);
must_use int imap_two_mailboxes(struct imap_args *a, struct str *ret_1, struct str *ret_2);
must_use int imap_set_and_mailbox(struct imap_args *a, struct imap_set *ret_set, struct str *ret_mailbox);
/* append-message = [SP flag-list] [SP date-time] SP (literal / CATENATE SP "(" cat-part *(SP cat-part) ")"); a literal is
 * announced only, and ends the arguments. The mailbox stands before the first: imap_mailbox_arg. */
must_use int imap_append_message(struct imap_args *a, struct imap_append *ret);
/* "NIL" gives no pair. pairs has room for IMAP_ID_PAIRS_MAX. (RFC 2971 section 3.3) */
must_use int imap_id_args(struct imap_args *a, struct imap_id_pair *pairs, size_t *ret_count);
/* names has room for IMAP_ENABLE_MAX. */
must_use int imap_enable_args(struct imap_args *a, struct str *names, size_t *ret_count);

#endif
