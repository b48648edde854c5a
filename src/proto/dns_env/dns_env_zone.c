#include "proto/dns_env/dns_env_zone.h"

enum { CNAME_HOPS = 8 };

struct dns_zone_record {
	struct str name;
	enum dns_type type; /* 0: questions fail */
	struct dns_env_value value;
};

void dns_zone_init(struct dns_zone *z, struct arena *a) { *z = (struct dns_zone){ .a = a }; }

int dns_zone_type(struct str name, enum dns_type *ret)
{
	static const struct {
		struct str name;
		enum dns_type type;
	} rows[] = {
		{ STR_INIT("A"), DNS_A },     { STR_INIT("AAAA"), DNS_AAAA }, { STR_INIT("MX"), DNS_MX },
		{ STR_INIT("TXT"), DNS_TXT }, { STR_INIT("PTR"), DNS_PTR },   { STR_INIT("CNAME"), DNS_CNAME },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!str_ieq(rows[i].name, name))
			continue;
		*ret = rows[i].type;
		return OK;
	}
	return E_UNSUPPORTED;
}

static struct str plain_name(struct str name)
{
	return name.n > 1 && str_ends(name, STR(".")) ? str_first(name, name.n - 1) : name;
}

static int parse_mx(struct arena *a, struct str value, struct dns_env_value *ret)
{
	uint64_t preference;
	int r = str_take_u64(&value, UINT16_MAX, &preference);
	if (r != OK)
		return r;
	value = plain_name(str_trim(value));
	*ret = (struct dns_env_value){ .text = value.n ? arena_dup(a, value) : STR("."),
				       .preference = (uint16_t)preference };
	return OK;
}

static int parse_value(struct arena *a, enum dns_type type, struct str value, struct dns_env_value *ret)
{
	if (type == DNS_A)
		return ip_parse4(value, &ret->address);
	if (type == DNS_AAAA)
		return ip_parse6(value, &ret->address);
	if (type == DNS_MX)
		return parse_mx(a, value, ret);
	ret->text = arena_dup(a, type == DNS_TXT ? value : plain_name(value));
	return OK;
}

static void put(struct dns_zone *z, struct str name, enum dns_type type, struct dns_env_value value)
{
	struct dns_zone_record *record = arena_push(z->a, &z->records, &z->count, &z->cap, sizeof *record);
	*record = (struct dns_zone_record){ arena_dup(z->a, plain_name(name)), type, value };
}

int dns_zone_add(struct dns_zone *z, struct str name, enum dns_type type, struct str value)
{
	struct dns_env_value v = { .preference = 0 };
	int r = parse_value(z->a, type, value, &v);
	if (r == OK)
		put(z, name, type, v);
	return r;
}

void dns_zone_fail(struct dns_zone *z, struct str name) { put(z, name, 0, (struct dns_env_value){ .preference = 0 }); }

/* What the zone holds of one name, without following anything. */
static enum dns_env_status look_up(const struct dns_zone *z, struct arena *a, struct str name, enum dns_type type,
				   struct dns_env_answer *ret)
{
	bool exists = false, fails = false;
	size_t cap = 0;
	for (size_t i = 0; i < z->count; i++) {
		const struct dns_zone_record *r = &z->records[i];
		bool here = str_ieq(r->name, name);
		exists = exists || here || dns_env_name_is_below(r->name, name);
		fails = fails || (here && r->type == 0);
		if (!here || r->type != type)
			continue;
		struct dns_env_value *value = arena_push(a, &ret->values, &ret->count, &cap, sizeof *value);
		*value = r->value;
	}
	if (ret->count)
		return DNS_ENV_FOUND;
	return fails ? DNS_ENV_TEMPERROR : exists ? DNS_ENV_NODATA : DNS_ENV_NXDOMAIN;
}

static void ask(void *ctx, struct arena *a, struct str name, enum dns_type type, struct dns_env_answer *ret)
{
	struct dns_zone *z = ctx;
	struct str *question = arena_push(z->a, &z->questions, &z->question_count, &z->question_cap, sizeof *question);
	*question = arena_dup(z->a, name);
	for (int hops = 0; hops <= CNAME_HOPS; hops++) {
		struct dns_env_answer alias = { .count = 0 };
		ret->status = look_up(z, a, name, type, ret);
		if (ret->status != DNS_ENV_NODATA || look_up(z, a, name, DNS_CNAME, &alias) != DNS_ENV_FOUND)
			return;
		name = alias.values[0].text;
	}
	ret->status = DNS_ENV_TEMPERROR;
}

struct dns_source dns_zone_source(struct dns_zone *z) { return (struct dns_source){ .ask = ask, .ctx = z }; }
