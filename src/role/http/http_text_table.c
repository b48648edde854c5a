#include "role/http/http_text_table.h"

#include "proto/http/http_text.h"

static const char *const texts[HTTP_TEXT_COUNT][HTTP_LANGUAGE_COUNT] = {
#define TEXT(NAME, en, it) [HTTP_TEXT_##NAME] = { en, it },
#include "role/http/http_texts.def"
};

static const struct str tags[HTTP_LANGUAGE_COUNT] = { STR_INIT("en"), STR_INIT("it") };

struct str http_text_in(enum http_text text, enum http_language language)
{
	return str_c(texts[text][language]);
}

struct str http_language_tag(enum http_language language)
{
	return tags[language];
}

enum http_language http_language_of(struct str accept_language)
{
	return (enum http_language)http_language(accept_language, tags, HTTP_LANGUAGE_COUNT);
}
