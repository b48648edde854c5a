/* Values that several roles must read alike: the packed index entry of a message in a mailbox, and the enumerations of
 * messages.def. */
#ifndef IPC_WIRE_TYPES_H
#define IPC_WIRE_TYPES_H

#include "base/base.h"

enum { IPC_INLINE = 128 << 10 };        /* larger mails travel as sealed memory */
enum { MESSAGE_MAX = 256 << 20 };       /* no mail above this enters, whatever the configuration says */

/* 48 bytes, little-endian, in the order of the fields. Dates: unix seconds. */
struct index_entry { uint32_t uid, size; uint64_t email, modseq, flags; int64_t date, saved; };
enum { INDEX_ENTRY_SIZE = 48 };

static inline void index_entry_put(char *p, const struct index_entry *e)
{
	put_le32(p, e->uid);
	put_le32(p + 4, e->size);
	put_le64(p + 8, e->email);
	put_le64(p + 16, e->modseq);
	put_le64(p + 24, e->flags);
	put_le64(p + 32, (uint64_t)e->date);
	put_le64(p + 40, (uint64_t)e->saved);
}

static inline struct index_entry index_entry_get(const char *p)
{
	return (struct index_entry){ get_le32(p), get_le32(p + 4), get_le64(p + 8), get_le64(p + 16), get_le64(p + 24),
		(int64_t)get_le64(p + 32), (int64_t)get_le64(p + 40) };
}

/* Keyword bits; 5.. are the account's own. */
enum { FLAG_SEEN = 1, FLAG_ANSWERED = 2, FLAG_FLAGGED = 4, FLAG_DELETED = 8, FLAG_DRAFT = 16, FLAG_FIRST_KEYWORD = 5, FLAG_COUNT = 64 };

enum mailbox_role { MAILBOX_NONE, MAILBOX_INBOX, MAILBOX_DRAFTS, MAILBOX_SENT, MAILBOX_TRASH, MAILBOX_JUNK, MAILBOX_ARCHIVE, MAILBOX_ALL, MAILBOX_FLAGGED };

enum grant_scope { GRANT_IMAP = 1, GRANT_SUBMIT = 2, GRANT_POP = 4, GRANT_SIEVE = 8, GRANT_JMAP = 16 };

/* Why a right password opened nothing. */
enum sign_in_refusal {
	SIGN_IN_OPENED,
	SIGN_IN_CHANGE_PASSWORD,    /* it has expired, or an administrator asked for another */
	SIGN_IN_APP_PASSWORD,       /* this protocol needs an app password or a token */
};

enum firewall_state {
	FIREWALL_UNKNOWN,           /* it has not said yet */
	FIREWALL_KERNEL,            /* the kernel drops what is banned */
	FIREWALL_OFF,               /* the configuration says so; from here on bans hold where connections are accepted */
	FIREWALL_DENIED,            /* no CAP_NET_ADMIN */
	FIREWALL_UNSUPPORTED,       /* no nf_tables */
	FIREWALL_FAILED,            /* tried again every few seconds */
	FIREWALL_STATES
};
const char *firewall_state_name(unsigned state);

enum resolver_trust {
	RESOLVER_UNPROVEN,          /* no name server has answered yet; everything is checked */
	RESOLVER_VALIDATES,         /* the root's keys were verified */
	RESOLVER_STRIPPED,          /* the name servers cut signatures off: answers cannot be proven, there is no DANE */
	RESOLVER_TRUSTS
};
const char *resolver_trust_name(unsigned trust);

/* What the guard has decided about a network, the harshest last. */
enum ban_act {
	BAN_NONE,
	BAN_SLOW,       /* answers are put off */
	BAN_REFUSE,     /* new connections are turned away with a word, open ones go on */
	BAN_OUT,        /* nothing is accepted, open sessions end */
	BAN_ACTS
};

/* What it has decided about an account. */
enum account_act {
	ACCOUNT_SLOW = 1,               /* auth: answers are put off */
	ACCOUNT_REFUSE = 2,             /* auth: no sign-in */
	ACCOUNT_REVOKE = 4,             /* store: its sessions end */
	ACCOUNT_SECOND_FACTOR = 8,      /* auth: the password alone is not enough */
	ACCOUNT_HOLD = 16,              /* store: what it sends waits in the queue */
};

enum web_state { WEB_SIGNED_IN = 1, WEB_NEEDS_CODE /* of the second factor */, WEB_REFUSED /* text says why */ };
enum oauth_grant_type { OAUTH_BY_CODE = 1, OAUTH_BY_REFRESH, OAUTH_BY_DEVICE };

enum recipient_kind {
	RECIPIENT_LOCAL = 1,        /* a mailbox of ours, or an alias */
	RECIPIENT_UNKNOWN,          /* our domain, no such address: 550 5.1.1 */
	RECIPIENT_FOREIGN,          /* not our domain: relaying needs a grant */
	RECIPIENT_FULL,             /* ours, over its quota: 452 4.2.2 */
};

/* What the recipient has had to do with an envelope sender. */
enum sender_relation { SENDER_UNKNOWN, SENDER_NEW, SENDER_SEEN, SENDER_CORRESPONDENT /* the recipient has written there */ };

enum delivery_flag { DELIVERY_UTF8 = 1, DELIVERY_8BIT = 2, DELIVERY_BINARY = 4, DELIVERY_REQUIRETLS = 8, DELIVERY_ALL_OR_NOTHING = 16,
	DELIVERY_RET_FULL = 32, DELIVERY_RET_HDRS = 64,
	DELIVERY_OURS = 128 /* set by the store alone: submitted, or written by this server; it leaves with our signature */,
	DELIVERY_REPORT = 256 /* set by the store alone: a report to us, which relay takes apart and keeps */ };

/* RFC 3461 NOTIFY; 0 is "not given" (failure and delay are reported). */
enum notify { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };

/* SCAN_LOCAL: handed over by LMTP or from this machine, whose sender somebody else has verified or nobody has to. */
enum scan_purpose { SCAN_INBOUND = 1, SCAN_SUBMISSION, SCAN_APPEND, SCAN_REPORT, SCAN_LOCAL };
enum scan_verdict { SCAN_ACCEPT, SCAN_JUNK, SCAN_REJECT, SCAN_DEFER };
enum scan_flag { SCAN_HAS_MESSAGE_ID = 1, SCAN_HAS_DATE = 2, SCAN_HAS_BCC = 4, SCAN_FROM_COUNT_SHIFT = 8 /* number of From fields, 8 bits */ };

enum queue_outcome { QUEUE_DELIVERED = 1, QUEUE_RELAYED, QUEUE_FAILED, QUEUE_DEFERRED, QUEUE_RELEASED /* lease given back, no attempt made */ };

/* A queue entry as it travels from store to relay. message: equal for entries that have the same bytes, so that they can go together;
 * 0: unknown. flags: enum delivery_flag. */
struct queue_entry {
	uint64_t id, message;
	struct str sender, recipient, envid, orcpt;
	uint32_t notify, flags, attempts, size;
	int64_t created, expires;           /* unix seconds */
	uint32_t delay_reported;            /* a delay DSN has gone out */
};
void queue_entry_put(struct bufw *w, const struct queue_entry *e);              /* framed with its length */
must_use int queue_entry_get(struct reader *r, struct queue_entry *ret);        /* takes one framed entry; views into the input */

#endif
