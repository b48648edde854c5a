/* Cookies (RFC 6265bis): of the "__Host-" kind only, so that no other host and no clear-text page can set one for us. */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "base/base.h"

/* From a Cookie field. E_NOTFOUND; E_EXISTS: there twice, then somebody else has put one there; E_SYNTAX: a character that no cookie has. */
must_use int http_cookie_get(struct str cookies, struct str name, struct str *ret);

enum http_same_site { HTTP_SAME_SITE_STRICT, HTTP_SAME_SITE_LAX };
/* The value of Set-Cookie: Secure, HttpOnly, Path=/, no Domain. name starts with "__Host-". max_age: seconds; 0: forget it; negative: until the
 * browser ends. E_SYNTAX: name or value can't be one. */
must_use int http_cookie_write(struct buf *out, struct str name, struct str value, enum http_same_site same_site, int64_t max_age);

#endif
