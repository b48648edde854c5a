#include "proto/policy/tag_list.h"

static struct str trim_wsp(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool tag_next(struct str *list, struct tag *ret)
{
	if (trim_wsp(*list).n == 0)
		return false;
	struct str piece = trim_wsp(str_until(list, ';'));
	ret->has_equals = str_find(piece, '=') != STR_NPOS;
	ret->name = trim_wsp(str_until(&piece, '='));
	ret->value = trim_wsp(piece);
	return true;
}

bool tag_list_is(struct str list, struct str version)
{
	struct tag first;
	return tag_next(&list, &first) && str_ieq(first.name, STR("v")) && str_eq(first.value, version);
}

bool tag_extension_name(struct str name)
{
	enum { NAME_MAX_OCTETS = 32 };
	if (name.n == 0 || name.n > NAME_MAX_OCTETS || !ascii_is_alnum(name.p[0]))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && (name.p[i] == '\0' || !strchr("-_.", name.p[i])))
			return false;
	return true;
}
