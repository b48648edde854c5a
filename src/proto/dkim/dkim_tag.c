#include "proto/dkim/dkim_tag.h"

#include "base/base64.h"

/* tag-name = ALPHA *(ALPHA / DIGIT / "_") */
static bool name_valid(struct str name)
{
	if (name.n == 0 || !ascii_is_alpha(name.p[0]))
		return false;
	for (size_t i = 1; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}

/* VALCHAR and folding white space. Line ends were made so by folding: in a field each is followed by white space. */
static bool value_valid(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if (((unsigned char)value.p[i] < '!' && !ascii_is_space(value.p[i])) || value.p[i] == 0x7f)
			return false;
	return str_is_ascii(value) || utf8_valid(value);
}

static int parse_tag(struct str text, struct dkim_tag *ret)
{
	size_t equals = str_find(text, '=');
	if (equals == STR_NPOS)
		return E_SYNTAX;
	struct dkim_tag tag = { .name = str_trim(str_first(text, equals)), .all = str_skip(text, equals + 1) };
	tag.value = str_trim(tag.all);
	if (!name_valid(tag.name) || !value_valid(tag.value))
		return E_SYNTAX;
	*ret = tag;
	return OK;
}

int dkim_tags_parse(struct str list, struct dkim_tags *ret)
{
	size_t count = 0;
	do {
		struct dkim_tag tag;
		int r = parse_tag(str_until(&list, ';'), &tag);
		if (r != OK)
			return r;
		if (count == DKIM_TAGS_MAX)
			return E_TOOBIG;
		for (size_t i = 0; i < count; i++)
			if (str_eq(ret->tags[i].name, tag.name))
				return E_SYNTAX;
		ret->tags[count++] = tag;
	} while (str_trim(list).n);
	ret->count = count;
	return OK;
}

const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, struct str name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (str_eq(tags->tags[i].name, name))
			return &tags->tags[i];
	return NULL;
}

bool dkim_list_next(struct str *list, char separator, bool *more, struct str *ret)
{
	if (!*more)
		return false;
	*more = str_find(*list, separator) != STR_NPOS;
	*ret = str_trim(str_until(list, separator));
	return true;
}

bool dkim_list_has(struct str list, struct str word)
{
	struct str item;
	for (bool more = true; dkim_list_next(&list, ':', &more, &item);)
		if (str_ieq(item, word))
			return true;
	return false;
}

static struct str without_space(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_space(s.p[i]))
			p[n++] = s.p[i];
	return (struct str){ p, n };
}

int dkim_base64_decode(struct arena *a, struct str value, struct str *ret)
{
	struct buf bytes;
	value = without_space(a, value);
	buf_init(&bytes, value.n + 1);
	int r = value.n ? base64_decode(&bytes, value) : E_SYNTAX;
	if (r == OK)
		*ret = arena_dup(a, buf_str(&bytes));
	buf_done(&bytes);
	return r;
}
