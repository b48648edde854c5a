#include "proto/dmarc/dmarc_record.h"

#include "proto/policy/tag_list.h"

enum { RI_DEFAULT = 86400, PCT_DEFAULT = 100 };

/* What is known while tags are read. A policy tag that comes twice means nothing that can be relied on. */
enum seen { SEEN_NOT, SEEN_VALID, SEEN_INVALID };
struct state {
	struct dmarc_record *record;
	enum seen p, sp, np;
};

const char *dmarc_policy_name(enum dmarc_policy policy)
{
	static const char *const names[] = { "none", "quarantine", "reject" };
	return names[policy];
}

bool dmarc_record_is(struct str txt) { return tag_list_is(txt, STR("DMARC1")); }

static void parse_policy(struct str value, enum seen *seen, enum dmarc_policy *ret)
{
	bool again = *seen != SEEN_NOT;
	*seen = SEEN_INVALID;
	for (enum dmarc_policy i = DMARC_POLICY_NONE; i <= DMARC_POLICY_REJECT && !again; i++) {
		if (!str_ieq(value, str_c(dmarc_policy_name(i))))
			continue;
		*ret = i;
		*seen = SEEN_VALID;
	}
}

static void tag_p(struct state *s, struct str value) { parse_policy(value, &s->p, &s->record->p); }
static void tag_sp(struct state *s, struct str value) { parse_policy(value, &s->sp, &s->record->sp); }
static void tag_np(struct state *s, struct str value) { parse_policy(value, &s->np, &s->record->np); }
static void tag_adkim(struct state *s, struct str value) { s->record->strict_dkim = str_ieq(value, STR("s")); }
static void tag_aspf(struct state *s, struct str value) { s->record->strict_spf = str_ieq(value, STR("s")); }
static void tag_t(struct state *s, struct str value) { s->record->testing = str_ieq(value, STR("y")); }

static void tag_psd(struct state *s, struct str value)
{
	s->record->psd = str_ieq(value, STR("y"))   ? DMARC_PSD_YES
			 : str_ieq(value, STR("n")) ? DMARC_PSD_NO
						    : DMARC_PSD_UNKNOWN;
}

static void tag_pct(struct state *s, struct str value)
{
	uint64_t n;
	s->record->pct = str_u64(value, 100, &n) == OK ? (uint32_t)n : 0;
}

static void tag_ri(struct state *s, struct str value)
{
	uint64_t n;
	if (str_u64(value, UINT32_MAX, &n) == OK)
		s->record->ri = (uint32_t)n;
}

/* fo = ( "0" / "1" / "d" / "s" ), separated by ":" */
static void tag_fo(struct state *s, struct str value)
{
	struct str rest = value;
	while (rest.n) {
		struct str option = str_trim(str_until(&rest, ':'));
		if (option.n != 1 || !strchr("01dsDS", option.p[0]))
			return;
	}
	if (value.n)
		s->record->fo = value;
}

/* [ "!" 1*DIGIT [ "k" / "m" / "g" / "t" ] ] at the end of the URI, which itself never holds "!". */
static bool parse_limit(struct str s, uint64_t *ret)
{
	static const char units[] = "kmgt";
	const char *unit = s.n && ascii_is_alpha(s.p[s.n - 1]) ? strchr(units, ascii_lower(s.p[s.n - 1])) : NULL;
	if (unit)
		s.n--;
	uint64_t n;
	if (str_u64(s, UINT32_MAX, &n) != OK)
		return false;
	*ret = unit ? n << (10 * (unit - units + 1)) : n;
	return true;
}

/* A scheme, and printable octets without spaces: what may be used is the sender's of reports to say. */
static bool parse_uri(struct str s, struct dmarc_uri *ret)
{
	struct dmarc_uri u = { .uri = str_until(&s, '!') };
	bool limited = u.uri.p + u.uri.n != s.p; /* the "!" was there */
	if (limited && !parse_limit(s, &u.max_bytes))
		return false;
	size_t colon = str_find(u.uri, ':');
	if (colon == STR_NPOS || colon == 0 || colon + 1 == u.uri.n)
		return false;
	for (size_t i = 0; i < u.uri.n; i++)
		if (u.uri.p[i] <= ' ' || u.uri.p[i] > '~' ||
		    (i < colon && !ascii_is_alnum(u.uri.p[i]) && !strchr("+-.", u.uri.p[i])))
			return false;
	*ret = u;
	return true;
}

static void parse_uris(struct str value, struct dmarc_uri *uris, size_t *count)
{
	while (value.n && *count < DMARC_URIS_MAX)
		if (parse_uri(str_trim(str_until(&value, ',')), &uris[*count]))
			*count += 1;
}

static void tag_rua(struct state *s, struct str value) { parse_uris(value, s->record->rua, &s->record->rua_count); }
static void tag_ruf(struct state *s, struct str value) { parse_uris(value, s->record->ruf, &s->record->ruf_count); }

static const struct {
	struct str name;
	void (*parse)(struct state *, struct str);
} tags[] = {
	{ STR_INIT("p"), tag_p },         { STR_INIT("sp"), tag_sp },     { STR_INIT("np"), tag_np },
	{ STR_INIT("adkim"), tag_adkim }, { STR_INIT("aspf"), tag_aspf }, { STR_INIT("t"), tag_t },
	{ STR_INIT("psd"), tag_psd },     { STR_INIT("rua"), tag_rua },   { STR_INIT("ruf"), tag_ruf },
	{ STR_INIT("fo"), tag_fo },       { STR_INIT("pct"), tag_pct },   { STR_INIT("ri"), tag_ri },
};

/* No valid p, or an invalid sp or np: monitoring only, when somebody wants to hear of it (section 4.10.1). */
static void settle(const struct state *s)
{
	struct dmarc_record *r = s->record;
	bool sound = s->p == SEEN_VALID && s->sp != SEEN_INVALID && s->np != SEEN_INVALID;
	r->usable = sound || r->rua_count > 0;
	if (!sound)
		r->p = r->sp = r->np = DMARC_POLICY_NONE;
	r->has_sp = sound && s->sp == SEEN_VALID;
	r->has_np = sound && s->np == SEEN_VALID;
	if (!r->has_sp)
		r->sp = r->p;
	if (!r->has_np)
		r->np = r->sp;
}

int dmarc_record_parse(struct str txt, struct dmarc_record *ret)
{
	struct dmarc_record record = { .text = txt, .fo = STR("0"), .pct = PCT_DEFAULT, .ri = RI_DEFAULT };
	struct state state = { .record = &record };
	struct tag tag;
	if (!dmarc_record_is(txt))
		return E_SYNTAX;
	while (tag_next(&txt, &tag))
		for (size_t i = 0; i < COUNT_OF(tags) && tag.has_equals; i++)
			if (str_ieq(tag.name, tags[i].name))
				tags[i].parse(&state, tag.value);
	settle(&state);
	*ret = record;
	return OK;
}
