/* The arguments of SMTP commands (RFC 5321 section 4.1 and the extensions named below): a line in, a struct out.
 *
 * Each parser takes what stands behind the verb, trimmed by smtp_command_split, and the arena that holds what had to be
 * decoded; the other strings are views of the line. On failure *reterr_name is the parameter at fault, one of our own
 * names, never text of the client, or empty when it is not a known parameter's fault; so it may be sent back (A72). */
#ifndef PROTO_SMTP_COMMAND_H
#define PROTO_SMTP_COMMAND_H

#include "proto/addr/addr_path.h"

enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };
enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };
enum smtp_notify {
	SMTP_NOTIFY_NEVER = 1 << 0,
	SMTP_NOTIFY_SUCCESS = 1 << 1,
	SMTP_NOTIFY_FAILURE = 1 << 2,
	SMTP_NOTIFY_DELAY = 1 << 3
};

enum { SMTP_ENVID_MAX = 100, SMTP_ORCPT_MAX = 500, SMTP_MECHANISM_MAX = 20 };

struct smtp_mail {
	struct addr_path path;
	uint64_t size;              /* SIZE (RFC 1870); 0: not declared; UINT64_MAX: more than 64 bits hold */
	enum smtp_body body;        /* BODY (RFC 6152, RFC 3030) */
	bool smtputf8;              /* RFC 6531 */
	bool requiretls;            /* RFC 8689 */
	bool auth;                  /* AUTH= was given (RFC 4954 section 5) */
	struct str auth_mailbox;    /* decoded; empty for AUTH=<> */
	enum smtp_ret ret;          /* RET (RFC 3461 section 4.3) */
	struct str envid;           /* ENVID, decoded; empty when not given */
};

struct smtp_rcpt {
	struct addr_path path;
	unsigned notify;            /* enum smtp_notify; 0 when not given */
	struct str
	    orcpt_type; /* ORCPT (RFC 3461 section 4.2): "rfc822" or another address type; empty when not given */
	struct str orcpt;           /* decoded; for type utf-8 as given (RFC 6533 section 3) */
};

struct smtp_bdat { uint64_t size; bool last; };

struct smtp_auth {
	struct str mechanism;
	bool has_initial;
	struct str initial;         /* base64 as given; empty for "=" (RFC 4954 section 4) */
};

/* Cuts a line into verb and arguments; trailing white space is dropped (RFC 5321 section 4.1.1). */
void smtp_command_split(struct str line, struct str *ret_verb, struct str *ret_args);

/* "FROM:<path> parameters" and "TO:<path> parameters".
 *   E_SYNTAX        wrong form; a parameter twice, or with a wrong value
 *   E_NOTFOUND      a parameter that we do not know
 *   E_TOOBIG        a part of the path is longer than RFC 5321 allows
 *   E_UNSUPPORTED   the path needs SMTPUTF8, which the transaction does not have (smtputf8 for RCPT) */
must_use int smtp_mail_parse(struct arena *a, struct str args, struct smtp_mail *ret, struct str *reterr_name);
must_use int smtp_rcpt_parse(struct arena *a, struct str args, bool smtputf8, struct smtp_rcpt *ret,
			     struct str *reterr_name);

/* "size" or "size LAST" (RFC 3030 section 2). E_SYNTAX; E_TOOBIG for a size above INT64_MAX. */
must_use int smtp_bdat_parse(struct str args, struct smtp_bdat *ret);

/* "mechanism" or "mechanism initial-response". E_SYNTAX. */
must_use int smtp_auth_parse(struct str args, struct smtp_auth *ret);

#endif
