/* Paths of MAIL and RCPT, strictly (RFC 5321 4.1.2; UTF-8 by RFC 6531 3.3).
 *
 * What comes out is canonical: the local part without quoting, the domain as given. No path holds a control byte.
 * Time is linear in the path, and a path is at most 256 octets. */
#ifndef ADDR_PATH_H
#define ADDR_PATH_H

#include "proto/addr/addr_domain.h"

enum addr_flag {
	ADDR_UTF8 = 1 << 0,          /* SMTPUTF8 was asked for: UTF-8 in local part and domain */
	ADDR_NULL_OK = 1 << 1,       /* "<>" (MAIL) */
	ADDR_POSTMASTER_OK = 1 << 2, /* "<postmaster>" without a domain, any case (RCPT) */
};

struct addr_path {
	bool null;                /* "<>": local and domain are empty */
	bool postmaster;          /* "<postmaster>" without a domain; local holds it as given */
	bool quoted;              /* the local part came as a quoted string */
	bool literal;             /* the domain is an address literal, brackets included */
	bool utf8;                /* a byte above 0x7f occurs */
	bool routed;              /* a source route stood in front; it was checked and dropped (RFC 5321 appendix C) */
	struct str local, domain; /* local is in the arena when it was quoted, else both are views of the input */
};

/* Takes "<...>" off the front of *s. E_SYNTAX; E_TOOBIG past a limit of RFC 5321 4.5.3.1; E_UNSUPPORTED when the path
 * would be right with ADDR_UTF8. *s and *ret are untouched on failure. */
must_use int addr_path_take(struct arena *a, struct str *s, unsigned flags, struct addr_path *ret);

/* A Mailbox without angle brackets, the whole of s: command line, configuration, login. Same errors. Of the flags only
 * ADDR_UTF8 counts. */
must_use int addr_mailbox_parse(struct arena *a, struct str s, unsigned flags, struct addr_path *ret);

/* Writes "<...>" again; addr_mailbox_render without the brackets. The local part is quoted only where it must be. */
void addr_path_render(struct bufw *out, const struct addr_path *path);
void addr_mailbox_render(struct bufw *out, struct str local, struct str domain);
void addr_local_render(struct bufw *out, struct str local);
/* Whether a local part needs quoting: it is no dot-string. */
bool addr_local_needs_quotes(struct str local);

/* user+detail: cuts at the first separator that is not the first byte. Without one *ret_detail is empty and false is
 * returned. */
bool addr_split_detail(struct str local, char separator, struct str *ret_user, struct str *ret_detail);

#endif
