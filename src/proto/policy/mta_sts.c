#include "proto/policy/mta_sts.h"

#include "proto/addr/addr_domain.h"
#include "proto/policy/tag_list.h"

enum { ID_MAX = 32, MAX_AGE_DIGITS = 10 };

/* 1*32(ALPHA / DIGIT) */
static bool is_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]))
			return false;
	return s.n > 0 && s.n <= ID_MAX;
}

/* sts-ext-value: visible, without "=" and ";" */
static bool is_extension_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '=')
			return false;
	return s.n > 0;
}

int sts_record_parse(struct str txt, struct str *ret_id)
{
	struct str id = STR("");
	struct tag tag;
	if (!tag_list_is(txt, STR("STSv1")))
		return E_SYNTAX;
	(void)tag_next(&txt, &tag);
	while (tag_next(&txt, &tag)) {
		if (!tag_extension_name(tag.name) || !is_extension_value(tag.value))
			return E_SYNTAX;
		if (!str_ieq(tag.name, STR("id")) || id.n)
			continue;
		if (!is_id(tag.value))
			return E_SYNTAX;
		id = tag.value;
	}
	if (id.n == 0)
		return E_SYNTAX;
	*ret_id = id;
	return OK;
}

struct parse {
	struct arena *a;
	struct sts_policy policy;
	bool has_version, has_mode, has_max_age;
};

static int on_version(struct parse *p, struct str value)
{
	p->has_version = true;
	return str_eq(value, STR("STSv1")) ? OK : E_SYNTAX;
}

static int on_mode(struct parse *p, struct str value)
{
	static const struct str modes[] = { STR_INIT("none"), STR_INIT("testing"), STR_INIT("enforce") };
	if (p->has_mode)
		return OK;
	p->has_mode = true;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		p->policy.mode = (enum sts_mode)i;
		if (str_eq(value, modes[i]))
			return OK;
	}
	return E_SYNTAX;
}

static int on_max_age(struct parse *p, struct str value)
{
	uint64_t seconds;
	if (p->has_max_age)
		return OK;
	p->has_max_age = true;
	if (value.n > MAX_AGE_DIGITS || str_u64(value, UINT64_MAX, &seconds) != OK)
		return E_SYNTAX;
	p->policy.max_age = seconds > STS_MAX_AGE_MAX ? STS_MAX_AGE_MAX : (uint32_t)seconds;
	return OK;
}

static int on_mx(struct parse *p, struct str value)
{
	struct str name = value;
	str_take(&name, STR("*."));
	if (!addr_domain_valid(name, false))
		return E_SYNTAX;
	if (p->policy.mx_count == STS_MX_MAX)
		return E_TOOBIG;
	struct str *slot = arena_push(p->a, &p->policy.mx, &p->policy.mx_count, &p->policy.mx_cap, sizeof *slot);
	*slot = value;
	return OK;
}

/* sts-policy-ext-value: UTF-8 without controls, inner spaces allowed. */
static int on_extension(struct str name, struct str value)
{
	return tag_extension_name(name) && value.n && utf8_valid(value) && !str_has_control(value) ? OK : E_SYNTAX;
}

static int on_field(struct parse *p, struct str name, struct str value)
{
	static const struct {
		struct str name;
		int (*take)(struct parse *, struct str);
	} fields[] = {
		{ STR_INIT("version"), on_version },
		{ STR_INIT("mode"), on_mode },
		{ STR_INIT("max_age"), on_max_age },
		{ STR_INIT("mx"), on_mx },
	};
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (str_eq(name, fields[i].name))
			return fields[i].take(p, value);
	return on_extension(name, value);
}

int sts_policy_parse(struct arena *a, struct str text, struct sts_policy *ret)
{
	struct parse p = { .a = a };
	if (text.n > STS_POLICY_MAX)
		return E_TOOBIG;
	while (text.n) {
		struct str line = str_trim(str_until(&text, '\n'));
		if (line.n == 0 && str_trim(text).n == 0)
			break;
		size_t colon = str_find(line, ':');
		if (colon == STR_NPOS)
			return E_SYNTAX;
		int r = on_field(&p, str_trim(str_first(line, colon)), str_trim(str_skip(line, colon + 1)));
		if (r != OK)
			return r;
	}
	if (!p.has_version || !p.has_mode || !p.has_max_age || (p.policy.mode != STS_NONE && p.policy.mx_count == 0))
		return E_SYNTAX;
	*ret = p.policy;
	return OK;
}

bool sts_policy_allows(const struct sts_policy *policy, struct str host)
{
	if (str_ends(host, STR(".")))
		host.n--;
	struct str below = host;
	str_until(&below, '.');
	for (size_t i = 0; i < policy->mx_count; i++) {
		struct str pattern = policy->mx[i];
		bool wild = str_take(&pattern, STR("*."));
		if (str_ieq(pattern, wild ? below : host) && (!wild || below.n < host.n))
			return true;
	}
	return false;
}
