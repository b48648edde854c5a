#include "proto/spf/spf_record.h"

#include "proto/spf/spf_macro.h"

const char *spf_code_name(enum spf_code code)
{
	static const char *const names[] = {
		[SPF_NONE] = "none",           [SPF_NEUTRAL] = "neutral",   [SPF_PASS] = "pass",
		[SPF_FAIL] = "fail",           [SPF_SOFTFAIL] = "softfail", [SPF_TEMPERROR] = "temperror",
		[SPF_PERMERROR] = "permerror",
	};
	return names[code];
}

bool spf_record_is(struct str txt) { return str_itake(&txt, STR("v=spf1")) && (txt.n == 0 || txt.p[0] == ' '); }

/* What may follow a mechanism's name. */
enum takes { TAKES_NOTHING, TAKES_DOMAIN, MAY_TAKE_DOMAIN, MAY_TAKE_DOMAIN_AND_CIDR, TAKES_NETWORK };

static const struct {
	struct str name;
	enum spf_mechanism mechanism;
	enum takes takes;
} mechanisms[] = {
	{ STR_INIT("all"), SPF_ALL, TAKES_NOTHING },        { STR_INIT("include"), SPF_INCLUDE, TAKES_DOMAIN },
	{ STR_INIT("a"), SPF_A, MAY_TAKE_DOMAIN_AND_CIDR }, { STR_INIT("mx"), SPF_MX, MAY_TAKE_DOMAIN_AND_CIDR },
	{ STR_INIT("ptr"), SPF_PTR, MAY_TAKE_DOMAIN },      { STR_INIT("ip4"), SPF_IP4, TAKES_NETWORK },
	{ STR_INIT("ip6"), SPF_IP6, TAKES_NETWORK },        { STR_INIT("exists"), SPF_EXISTS, TAKES_DOMAIN },
};

/* Cuts separator and number off the end when they are there: "/24", "//64". Without them false; wrong numbers are
 * errors. */
static int cut_prefix_length(struct str *s, struct str separator, uint64_t max, uint8_t *ret)
{
	size_t digits = 0;
	while (digits < s->n && ascii_is_digit(s->p[s->n - 1 - digits]))
		digits++;
	struct str number = str_skip(*s, s->n - digits), before = str_first(*s, s->n - digits);
	if (digits == 0 || !str_ends(before, separator))
		return E_NOTFOUND;
	uint64_t bits;
	if ((digits > 1 && number.p[0] == '0') || str_u64(number, max, &bits) != OK)
		return E_SYNTAX;
	*ret = (uint8_t)bits;
	*s = str_first(before, before.n - separator.n);
	return OK;
}

/* dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ] */
static int cut_dual_cidr(struct str *s, struct spf_term *term)
{
	int r6 = cut_prefix_length(s, STR("//"), 128, &term->bits6);
	int r4 = cut_prefix_length(s, STR("/"), 32, &term->bits4);
	return r6 == E_SYNTAX || r4 == E_SYNTAX ? E_SYNTAX : OK;
}

static int parse_domain(struct str s, struct spf_term *term)
{
	if (!spf_macro_valid(s, SPF_MACRO_DOMAIN))
		return E_SYNTAX;
	term->domain_spec = s;
	return OK;
}

static int parse_network(struct str s, struct spf_term *term)
{
	bool v6 = term->mechanism == SPF_IP6;
	int r = cut_prefix_length(&s, STR("/"), v6 ? 128 : 32, v6 ? &term->bits6 : &term->bits4);
	if (r != OK && r != E_NOTFOUND)
		return r;
	return v6 ? ip_parse6(s, &term->network) : ip_parse4(s, &term->network);
}

/* What follows the name: empty, or starting with ":" or "/". */
static int parse_argument(struct str s, enum takes takes, struct spf_term *term)
{
	if (takes == MAY_TAKE_DOMAIN_AND_CIDR) {
		int r = cut_dual_cidr(&s, term);
		if (r != OK)
			return r;
	}
	if (s.n == 0)
		return takes == TAKES_DOMAIN || takes == TAKES_NETWORK ? E_SYNTAX : OK;
	if (takes == TAKES_NOTHING || !str_take_char(&s, ':'))
		return E_SYNTAX;
	return takes == TAKES_NETWORK ? parse_network(s, term) : parse_domain(s, term);
}

static enum spf_code take_qualifier(struct str *s)
{
	static const struct {
		char c;
		enum spf_code code;
	} qualifiers[] = {
		{ '+', SPF_PASS },
		{ '-', SPF_FAIL },
		{ '~', SPF_SOFTFAIL },
		{ '?', SPF_NEUTRAL },
	};
	for (size_t i = 0; i < COUNT_OF(qualifiers); i++)
		if (str_take_char(s, qualifiers[i].c))
			return qualifiers[i].code;
	return SPF_PASS;
}

/* directive = [ qualifier ] mechanism */
static int parse_directive(struct arena *a, struct str text, struct spf_record *record)
{
	struct spf_term term = { .text = text, .bits4 = 32, .bits6 = 128 };
	struct str rest = text;
	term.qualifier = take_qualifier(&rest);
	size_t n = 0;
	while (n < rest.n && ascii_is_alnum(rest.p[n]))
		n++;
	struct str name = str_take_n(&rest, n);
	for (size_t i = 0; i < COUNT_OF(mechanisms); i++) {
		if (!str_ieq(name, mechanisms[i].name))
			continue;
		term.mechanism = mechanisms[i].mechanism;
		int r = parse_argument(rest, mechanisms[i].takes, &term);
		if (r != OK)
			return r;
		struct spf_term *slot = arena_push(a, &record->terms, &record->count, &record->cap, sizeof *slot);
		*slot = term;
		return OK;
	}
	return E_SYNTAX;
}

/* redirect and exp: once each (section 6). */
static int parse_known_modifier(struct str value, bool *has, struct str *domain_spec)
{
	if (*has || !spf_macro_valid(value, SPF_MACRO_DOMAIN))
		return E_SYNTAX;
	*has = true;
	*domain_spec = value;
	return OK;
}

/* modifier = redirect / explanation / unknown-modifier; the last is checked and means nothing. */
static int parse_modifier(struct str name, struct str value, struct spf_record *record)
{
	if (str_ieq(name, STR("redirect")))
		return parse_known_modifier(value, &record->has_redirect, &record->redirect);
	if (str_ieq(name, STR("exp")))
		return parse_known_modifier(value, &record->has_exp, &record->exp);
	return spf_macro_valid(value, SPF_MACRO_STRING) ? OK : E_SYNTAX;
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ), then "=" */
static bool take_modifier_name(struct str *s, struct str *ret)
{
	size_t n = 0;
	while (n < s->n && (ascii_is_alnum(s->p[n]) || (s->p[n] && strchr("-_.", s->p[n]))))
		n++;
	if (n == 0 || n == s->n || s->p[n] != '=' || !ascii_is_alpha(s->p[0]))
		return false;
	*ret = str_first(*s, n);
	*s = str_skip(*s, n + 1);
	return true;
}

int spf_record_parse(struct arena *a, struct str txt, struct spf_record *ret, struct str *reterr_term)
{
	struct spf_record record = { .count = 0 };
	struct str rest = str_skip(txt, strlen("v=spf1")), name;
	if (txt.n > SPF_RECORD_MAX)
		return E_TOOBIG;
	while (rest.n) {
		struct str term = str_until(&rest, ' '), value = term;
		if (term.n == 0)
			continue;
		int r = take_modifier_name(&value, &name) ? parse_modifier(name, value, &record)
							  : parse_directive(a, term, &record);
		if (r != OK) {
			*reterr_term = term;
			return r;
		}
	}
	*ret = record;
	return OK;
}
