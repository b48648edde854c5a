/* Text in HTML and JSON: nothing that is put in can become markup (A79). */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

#include "base/base.h"

/* For text and for attribute values in double quotes. Control characters and what is not UTF-8 become U+FFFD. */
void http_html_text(struct bufw *w, struct str s);
/* A JSON string with its quotes (RFC 8259 7), safe inside HTML too. What is not UTF-8 becomes U+FFFD. */
void http_json_string(struct bufw *w, struct str s);

/* The language of a list of `count` tags ("en", "it") that Accept-Language (RFC 9110 12.5.4) likes best; 0 when it names none of them. */
unsigned http_language(struct str accept_language, const struct str *tags, unsigned count);

#endif
