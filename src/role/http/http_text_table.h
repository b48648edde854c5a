/* The texts of pages in the languages we have, from http_texts.def. */
#ifndef ROLE_HTTP_TEXT_TABLE_H
#define ROLE_HTTP_TEXT_TABLE_H

#include "base/base.h"

enum http_language { HTTP_ENGLISH, HTTP_ITALIAN, HTTP_LANGUAGE_COUNT };

enum http_text {
#define TEXT(NAME, en, it) HTTP_TEXT_##NAME,
#include "role/http/http_texts.def"
	HTTP_TEXT_COUNT
};

struct str http_text_in(enum http_text text, enum http_language language);
struct str http_language_tag(enum http_language language);      /* "en" */
enum http_language http_language_of(struct str accept_language);

#endif
