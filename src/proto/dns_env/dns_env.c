#include "proto/dns_env/dns_env.h"

struct dns_env_memo {
	struct str name;
	enum dns_type type;
	struct dns_env_answer answer;
};

static struct str without_final_dot(struct str name)
{
	return str_ends(name, STR(".")) ? str_first(name, name.n - 1) : name;
}

void dns_env_init(struct dns_env *e, struct arena *a, struct dns_source source, struct dns_env_limits limits)
{
	*e = (struct dns_env){ .a = a, .source = source, .limits = limits };
	if (source.now_ms)
		e->started_ms = source.now_ms(source.ctx);
}

static bool may_ask(struct dns_env *e)
{
	bool late = e->source.now_ms && e->limits.time_ms &&
		    e->source.now_ms(e->source.ctx) - e->started_ms >= e->limits.time_ms;
	if (late || e->asked >= e->limits.questions)
		e->exhausted = true;
	return !e->exhausted;
}

static const struct dns_env_memo *remembered(const struct dns_env *e, struct str name, enum dns_type type)
{
	for (size_t i = 0; i < e->memo_count; i++)
		if (e->memo[i].type == type && str_ieq(e->memo[i].name, name))
			return &e->memo[i];
	return NULL;
}

struct dns_env_answer dns_env_ask(struct dns_env *e, struct str name, enum dns_type type)
{
	name = without_final_dot(name);
	if (!dns_env_name_valid(name))
		return (struct dns_env_answer){ .status = DNS_ENV_NXDOMAIN };
	const struct dns_env_memo *known = remembered(e, name, type);
	if (known)
		return known->answer;
	if (!may_ask(e))
		return (struct dns_env_answer){ .status = DNS_ENV_TEMPERROR };
	e->asked++;
	name = arena_dup(e->a, name);
	struct dns_env_answer answer = { .status = DNS_ENV_TEMPERROR };
	e->source.ask(e->source.ctx, e->a, name, type, &answer);
	if (answer.status <= DNS_ENV_NODATA)
		answer.status = answer.count ? DNS_ENV_FOUND : DNS_ENV_NODATA;
	else
		answer.count = 0;
	struct dns_env_memo *memo = arena_push(e->a, &e->memo, &e->memo_count, &e->memo_cap, sizeof *memo);
	*memo = (struct dns_env_memo){ name, type, answer };
	return answer;
}

bool dns_env_name_valid(struct str name)
{
	name = without_final_dot(name);
	if (name.n == 0 || name.n > DNS_NAME_WIRE_MAX - 2)
		return false;
	size_t label = 0;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (c < ' ' || c > '~' || c == '\\' || (c == '.' && label == 0))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > DNS_LABEL_MAX)
			return false;
	}
	return label > 0;
}

bool dns_env_name_is_below(struct str name, struct str ancestor)
{
	name = without_final_dot(name);
	ancestor = without_final_dot(ancestor);
	if (!str_iends(name, ancestor))
		return false;
	size_t rest = name.n - ancestor.n;
	return rest == 0 || (ancestor.n && name.p[rest - 1] == '.');
}

size_t dns_env_name_labels(struct str name)
{
	size_t n = 0;
	for (name = without_final_dot(name); name.n; n++)
		str_until(&name, '.');
	return n;
}

struct str dns_env_name_parent(struct str name)
{
	name = without_final_dot(name);
	str_until(&name, '.');
	return name;
}

static int value_of(struct arena *a, enum dns_type type, struct str rdata, struct dns_env_value *v)
{
	int r = E_UNSUPPORTED;
	if (type == DNS_A) {
		r = dns_a_parse(rdata, v->address.bytes);
	} else if (type == DNS_AAAA) {
		v->address.v6 = true;
		r = dns_aaaa_parse(rdata, v->address.bytes);
	} else if (type == DNS_TXT) {
		r = dns_txt_parse(a, rdata, &v->text);
	} else if (type == DNS_PTR) {
		r = dns_domain_parse(a, rdata, &v->text);
	} else if (type == DNS_MX) {
		struct dns_mx mx;
		r = dns_mx_parse(a, rdata, &mx);
		if (r == OK)
			*v = (struct dns_env_value){ .text = mx.host, .preference = mx.preference };
	}
	return r;
}

void dns_env_answer_add(struct arena *a, enum dns_type type, struct str rdata, struct dns_env_answer *answer,
			size_t *cap)
{
	struct dns_env_value v = { .preference = 0 };
	if (value_of(a, type, rdata, &v) != OK)
		return;
	struct dns_env_value *slot = arena_push(a, &answer->values, &answer->count, cap, sizeof *slot);
	*slot = v;
}

void dns_env_answer_read(struct arena *a, enum dns_type type, uint32_t rcode, uint32_t security, struct str answers, struct dns_env_answer *ret)
{
	struct reader r = reader_of(answers);
	size_t cap = 0;
	*ret = (struct dns_env_answer){ .status = DNS_ENV_TEMPERROR };
	if (security == DNS_BOGUS || (rcode != DNS_NOERROR && rcode != DNS_NXDOMAIN))
		return;
	*ret = (struct dns_env_answer){ .status = rcode == DNS_NXDOMAIN ? DNS_ENV_NXDOMAIN : DNS_ENV_FOUND, .secure = security == DNS_SECURE };
	while (r.err == OK && r.rest.n)
		dns_env_answer_add(a, type, read_str(&r, DNS_TXT_MAX), ret, &cap);
}
