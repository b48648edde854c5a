#include "proto/dkim/dkim_signature.h"

#include "proto/addr/addr_normal.h"
#include "proto/dns_env/dns_env.h"
#include "proto/header/header_lex.h"

enum { CLOCK_SLACK = 300, SHORT_SIGNATURE = 8 };
#define TIME_MAX 999999999999u  /* 12 digits, as the grammar has it */

static const struct str algorithm_names[] = {
	[DKIM_RSA_SHA256] = STR_INIT("rsa-sha256"),
	[DKIM_ED25519_SHA256] = STR_INIT("ed25519-sha256"),
	[DKIM_RSA_SHA1] = STR_INIT("rsa-sha1"),
};
static const struct str canon_names[] = { [DKIM_SIMPLE] = STR_INIT("simple"), [DKIM_RELAXED] = STR_INIT("relaxed") };

const char *dkim_code_name(enum dkim_code code)
{
	static const char *const names[] = { "none", "pass", "fail", "policy", "neutral", "temperror", "permerror" };
	return names[code];
}

struct str dkim_algorithm_name(enum dkim_algorithm algorithm) { return algorithm_names[algorithm]; }

/* Each reads one tag's value. NULL: sound; otherwise what is wrong. */

static const char *parse_version(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a, (void)s;
	return str_eq(tag->value, STR("1")) ? NULL : "is no version that is known";
}

static const char *parse_algorithm(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	for (size_t i = 0; i < COUNT_OF(algorithm_names); i++) {
		if (!str_ieq(algorithm_names[i], tag->value))
			continue;
		s->algorithm = (enum dkim_algorithm)i;
		return NULL;
	}
	return "is no algorithm that is known";
}

static const char *parse_signature(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	struct str bytes;
	if (dkim_base64_decode(a, tag->value, &bytes) != OK || bytes.n > DKIM_SIGNATURE_MAX)
		return "is no base64, or too long";
	s->signature = bytes;
	s->hole = tag->all;
	s->short_signature = str_first(tag->value, SHORT_SIGNATURE);
	return NULL;
}

static const char *parse_body_hash(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	return dkim_base64_decode(a, tag->value, &s->body_hash) == OK ? NULL : "is no base64";
}

static bool parse_one_canon(struct str name, enum dkim_canon *ret)
{
	for (size_t i = 0; i < COUNT_OF(canon_names); i++) {
		if (!str_ieq(canon_names[i], name))
			continue;
		*ret = (enum dkim_canon)i;
		return true;
	}
	return false;
}

static const char *parse_canon(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	struct str rest = tag->value, header = str_until(&rest, '/');
	bool body_given = header.n < tag->value.n;
	s->body_canon = DKIM_SIMPLE;
	if (!parse_one_canon(header, &s->header_canon) || (body_given && !parse_one_canon(rest, &s->body_canon)))
		return "is no canonicalization that is known";
	return NULL;
}

/* A30: nothing but letters, digits, hyphen and underscore in labels of right length gets any further. */
static bool parse_name(struct arena *a, struct str name, struct str *ret)
{
	if (!str_is_ascii(name) && addr_domain_normalize(a, name, &name) != OK)
		return false;
	if (!dns_name_is_host(name))
		return false;
	*ret = name;
	return true;
}

static const char *parse_domain(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	if (str_find(tag->value, '.') == STR_NPOS || !parse_name(a, tag->value, &s->domain))
		return "is no domain name";
	s->identity_domain = s->domain;
	s->identity = arena_printf(a, "@%.*s", (int)s->domain.n, s->domain.p);
	return NULL;
}

static const char *parse_selector(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	return parse_name(a, tag->value, &s->selector) ? NULL : "is no selector";
}

/* dkim-quoted-printable (section 2.11): white space means nothing. */
static struct str decode_quoted(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	while (s.n) {
		int byte = header_hex_escape(s, '=');
		if (byte >= 0 || !ascii_is_space(s.p[0]))
			p[n++] = byte >= 0 ? (char)byte : s.p[0];
		s = str_skip(s, byte >= 0 ? 3 : 1);
	}
	return (struct str){ p, n };
}

static const char *parse_identity(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	struct str identity = decode_quoted(a, tag->value), domain = { 0 };
	size_t at = str_rfind(identity, '@');
	if (at == STR_NPOS || str_has_control(identity) || !parse_name(a, str_skip(identity, at + 1), &domain))
		return "is no address";
	if (!dns_env_name_is_below(domain, s->domain))
		return "does not belong to the domain of d=";
	s->identity = identity;
	s->identity_domain = domain;
	return NULL;
}

static const char *parse_instance(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	uint64_t instance;
	if (str_u64(tag->value, UINT32_MAX, &instance) != OK || instance == 0)
		return "is no instance number";
	s->instance = (unsigned)instance;
	return NULL;
}

static const char *parse_names(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	struct str list = tag->value, name, *names = NULL;
	size_t count = 0, cap = 0;
	for (bool more = true; dkim_list_next(&list, ':', &more, &name);) {
		if (count == DKIM_NAMES_MAX)
			return "names too many fields";
		*(struct str *)arena_push(a, &names, &count, &cap, sizeof name) = name;
	}
	s->names = names;
	s->name_count = count;
	return NULL;
}

static const char *parse_length(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	return str_u64(tag->value, DKIM_NO_LIMIT - 1, &s->length) == OK ? NULL : "is no length";
}

static const char *parse_query(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a, (void)s;
	return dkim_list_has(tag->value, STR("dns/txt")) ? NULL : "names no way to get the key that is known";
}

static const char *parse_time(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	return str_u64(tag->value, TIME_MAX, &s->time) == OK ? NULL : "is no time";
}

static const char *parse_expires(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	if (str_u64(tag->value, TIME_MAX, &s->expires) != OK || s->expires == 0)
		return "is no time";
	return s->expires > s->time ? NULL : "is not after the time of signing";
}

static const char *parse_chain_validation(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s)
{
	(void)a;
	s->chain_validation = tag->value;
	return NULL;
}

enum { SIGNATURE = DKIM_FORM_SIGNATURE, MESSAGE = DKIM_FORM_ARC_MESSAGE, SEAL = DKIM_FORM_ARC_SEAL, ALL = SIGNATURE | MESSAGE | SEAL };

/* In the order in which they are read: d= before i=, t= before x=. Other tags are ignored. */
static const struct rule {
	struct str name;
	unsigned required, allowed, forbidden;  /* sets of enum dkim_form */
	const char *(*parse)(struct arena *a, const struct dkim_tag *tag, struct dkim_signature *s);
} rules[] = {
	{ STR_INIT("d"), ALL, ALL, 0, parse_domain },
	{ STR_INIT("s"), ALL, ALL, 0, parse_selector },
	{ STR_INIT("v"), SIGNATURE, SIGNATURE, 0, parse_version },
	{ STR_INIT("a"), ALL, ALL, 0, parse_algorithm },
	{ STR_INIT("b"), ALL, ALL, 0, parse_signature },
	{ STR_INIT("bh"), SIGNATURE | MESSAGE, SIGNATURE | MESSAGE, 0, parse_body_hash },
	{ STR_INIT("c"), 0, SIGNATURE | MESSAGE, 0, parse_canon },
	{ STR_INIT("h"), SIGNATURE | MESSAGE, SIGNATURE | MESSAGE, SEAL, parse_names },
	{ STR_INIT("i"), 0, SIGNATURE, 0, parse_identity },
	{ STR_INIT("i"), MESSAGE | SEAL, MESSAGE | SEAL, 0, parse_instance },
	{ STR_INIT("cv"), SEAL, SEAL, 0, parse_chain_validation },
	{ STR_INIT("l"), 0, SIGNATURE | MESSAGE, 0, parse_length },
	{ STR_INIT("q"), 0, SIGNATURE | MESSAGE, 0, parse_query },
	{ STR_INIT("t"), 0, ALL, 0, parse_time },
	{ STR_INIT("x"), 0, SIGNATURE | MESSAGE, 0, parse_expires },
};

static const char *apply(struct arena *a, const struct rule *rule, enum dkim_form form, const struct dkim_tags *tags, struct dkim_signature *s)
{
	const struct dkim_tag *tag = dkim_tags_find(tags, rule->name);
	if (tag && (rule->forbidden & form))
		return "must not be there";
	if (tag && (rule->allowed & form))
		return rule->parse(a, tag, s);
	return rule->required & form ? "is missing" : NULL;
}

static bool names_have(const struct dkim_signature *s, struct str name)
{
	for (size_t i = 0; i < s->name_count; i++)
		if (str_ieq(s->names[i], name))
			return true;
	return false;
}

/* What the tags mean together. */
static struct dkim_verdict judge(enum dkim_form form, const struct dkim_signature *s)
{
	if (form == DKIM_FORM_SIGNATURE && !names_have(s, STR("From")))
		return (struct dkim_verdict){ DKIM_PERMERROR, STR("the From field is not signed") };
	if (form == DKIM_FORM_ARC_MESSAGE && names_have(s, STR("ARC-Seal")))
		return (struct dkim_verdict){ DKIM_PERMERROR, STR("a message signature must not cover ARC-Seal") };
	return (struct dkim_verdict){ DKIM_PASS, STR("") };
}

struct dkim_verdict dkim_signature_parse(struct arena *a, enum dkim_form form, struct str value, struct dkim_signature *ret)
{
	struct dkim_verdict first = { DKIM_PASS, STR("") };
	struct dkim_tags tags;
	enum dkim_canon canon = form == DKIM_FORM_SIGNATURE ? DKIM_SIMPLE : DKIM_RELAXED;       /* without c=; for ARC as its test suite has it */
	*ret = (struct dkim_signature){ .length = DKIM_NO_LIMIT, .header_canon = canon, .body_canon = canon };
	if (dkim_tags_parse(value, &tags) != OK)
		return (struct dkim_verdict){ DKIM_NEUTRAL, STR("the signature field is no list of tags") };
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		const char *wrong = apply(a, &rules[i], form, &tags, ret);
		if (wrong && first.code == DKIM_PASS)
			first = (struct dkim_verdict){ DKIM_NEUTRAL, arena_printf(a, "%.*s= %s", (int)rules[i].name.n, rules[i].name.p, wrong) };
	}
	return first.code == DKIM_PASS ? judge(form, ret) : first;
}

struct dkim_verdict dkim_signature_check_time(struct arena *a, const struct dkim_signature *s, uint64_t now)
{
	if (s->expires && now > s->expires + CLOCK_SLACK)
		return (struct dkim_verdict){ DKIM_FAIL, arena_printf(a, "the signature expired %llu seconds ago",
								       (unsigned long long)(now - s->expires)) };
	if (s->time > now + CLOCK_SLACK)
		return (struct dkim_verdict){ DKIM_NEUTRAL, arena_printf(a, "the signature is dated %llu seconds in the future",
									  (unsigned long long)(s->time - now)) };
	return (struct dkim_verdict){ DKIM_PASS, STR("") };
}
