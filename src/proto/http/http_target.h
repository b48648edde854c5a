/* Request targets (RFC 9112 3.2), hosts (RFC 9110 7.2) and paths. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "base/base.h"

enum http_target_form { HTTP_ORIGIN_FORM, HTTP_ABSOLUTE_FORM, HTTP_ASTERISK_FORM };
struct http_target {
	enum http_target_form form;
	struct str scheme, authority;   /* of the absolute form only */
	struct str path, query;         /* as sent; path starts with "/", or is "*" */
	bool has_query;
};

/* E_SYNTAX: none of the three, a character that no URI has, a fragment, user information. The authority form is for CONNECT, which we
 * don't do. */
must_use int http_target_parse(struct str target, struct http_target *ret);

/* "name", "name:port", "[address]:port". port: 0 when not given. The name has letters, digits, "-", "." and "_", or is an address in
 * brackets (which stay). E_SYNTAX: anything else, as user information, or an empty name. */
must_use int http_host_parse(struct str host, struct str *ret_name, uint16_t *ret_port);

/* The path decoded, in the arena, so that it can be compared with names. E_SYNTAX: bad encoding, or what two programs could read in two
 * ways: "." and ".." as segments, an empty segment before the last, "/" or "\" that were encoded (A82). */
must_use int http_path_decode(struct arena *a, struct str path, struct str *ret);

#endif
