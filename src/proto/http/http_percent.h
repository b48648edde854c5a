/* Percent-encoding (RFC 3986 2.1) and application/x-www-form-urlencoded (WHATWG URL 5.1). */
#ifndef HTTP_PERCENT_H
#define HTTP_PERCENT_H

#include "base/base.h"

/* The bytes that are meant, in the arena. form: "+" is a space. E_SYNTAX: a "%" without two hex digits, a control character (in a
 * form TAB, CR and LF are text), or what comes out is not UTF-8. */
must_use int http_percent_decode(struct arena *a, struct str s, bool form, struct str *ret);
/* Everything but unreserved characters as %XX: right in every place of a URI and in a form. */
void http_percent_encode(struct bufw *w, struct str s);

enum { HTTP_FORM_PAIRS_MAX = 64 };
struct http_pair { struct str name, value; };
struct http_form { struct http_pair *pairs; size_t count, cap; };

/* A form or a query: "a=1&b=2". E_SYNTAX as above; E_TOOBIG: more than HTTP_FORM_PAIRS_MAX. Empty pieces are passed over. */
must_use int http_form_parse(struct arena *a, struct str s, struct http_form *ret);
/* E_NOTFOUND; E_EXISTS: it is there more than once, and which one is meant nobody can say (RFC 6749 3.1). */
must_use int http_form_get(const struct http_form *f, struct str name, struct str *ret);
/* The value, or empty where it is absent or there twice: for fields of which we were the authors. */
struct str http_form_text(const struct http_form *f, struct str name);
/* Appends "name=value", with "&" before it unless `first`; clears `first`. */
void http_form_put(struct bufw *w, bool *first, struct str name, struct str value);

#endif
