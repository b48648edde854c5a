/* Clients (RFC 6749 2, RFC 8252): public ones only, mail programs that keep no secret of ours. Where a code may be sent is compared as a whole, byte by
 * byte, with what the administrator registered (RFC 9700 4.1.3); of a loopback address the port is free (RFC 8252 7.3). */
#ifndef OAUTH_CLIENT_H
#define OAUTH_CLIENT_H

#include "base/base.h"

enum {
	OAUTH_CLIENT_ID_MAX = 64, OAUTH_CLIENT_NAME_MAX = 80, OAUTH_REDIRECTS_MAX = 8, OAUTH_REDIRECT_MAX = 512, OAUTH_STATE_MAX = 1024,
	OAUTH_SCOPE_TEXT = 64
};
enum oauth_client_flag { OAUTH_CLIENT_CODE = 1, OAUTH_CLIENT_DEVICE = 2 };

/* Scopes, as bits: those of a grant in the store have the same values. */
enum oauth_scope { OAUTH_SCOPE_IMAP = 1, OAUTH_SCOPE_SMTP = 2, OAUTH_SCOPE_POP3 = 4, OAUTH_SCOPE_SIEVE = 8, OAUTH_SCOPE_JMAP = 16, OAUTH_SCOPE_ALL = 31 };

struct oauth_client {
	struct str id, name;
	unsigned flags, scope;          /* scope: the most it may ask for */
	struct str redirects[OAUTH_REDIRECTS_MAX];
	size_t redirect_count;
	int64_t created;
};

bool oauth_client_id_valid(struct str id);              /* letters, digits, "-", ".", "_" */
bool oauth_client_name_valid(struct str name);          /* UTF-8, no control or formatting character, not empty */
/* May this be registered? https; http to 127.0.0.1, [::1] or localhost; or a private scheme with a dot in its name (RFC 8252 7.1). No fragment,
 * no user information, no character that would need encoding. */
bool oauth_redirect_valid(struct str uri);
/* Is this request's URI a registered one of the client? */
bool oauth_client_redirects(const struct oauth_client *c, struct str uri);
/* What a Content-Security-Policy names for it: its scheme and host, or its private scheme. In the arena. */
struct str oauth_redirect_source(struct arena *a, struct str uri);
/* Its host, or its private scheme, for people. */
struct str oauth_redirect_host(struct str uri);

/* scope = scope-token *( SP scope-token ). Empty: `standard`. E_SYNTAX: an unknown one. E_DENIED: more than `most`. */
must_use int oauth_scope_read(struct str text, unsigned standard, unsigned most, unsigned *ret);
struct str oauth_scope_write(unsigned scope, char out[OAUTH_SCOPE_TEXT]);

/* The stored form; views into the bytes. E_CORRUPT. */
must_use int oauth_client_encode(struct buf *out, const struct oauth_client *c);
must_use int oauth_client_decode(struct str bytes, struct oauth_client *ret);

#endif
