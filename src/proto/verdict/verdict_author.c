/* The author as people see him: what is odd about the From field, and whom it may be meant to pass for. */
#include "proto/verdict/lookalike.h"
#include "proto/verdict/verdict_internal.h"

#include "proto/addr/addr_list.h"
#include "proto/addr/addr_normal.h"
#include "proto/header/encoded_word.h"
#include "proto/header/header.h"

enum { ADDRESSES_LOOKED_AT = 20, NAME_BYTES = 512 };

int verdict_prepare(void) { return lookalike_prepare(); }

/* Characters that people do not see, or that turn the direction of what follows. */
static bool is_hidden(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0xad ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

static bool has_hidden(struct str text)
{
	while (text.n)
		if (is_hidden(utf8_take(&text)))
			return true;
	return false;
}

static bool is_address_char(char c) { return ascii_is_alnum(c) || (c != '\0' && strchr("._+-", c)); }

/* The first "x@y.z" in a text; also with the full-width @ that looks like one. Empty: none. */
static struct str address_in(struct arena *a, struct str text)
{
	struct str wide = STR("\xef\xbc\xa0");
	size_t at = str_find(text, '@'), at_n = 1;
	if (at == STR_NPOS) {
		at = str_search(text, wide);
		at_n = wide.n;
	}
	if (at == STR_NPOS)
		return STR("");
	size_t from = at, end = at + at_n;
	while (from > 0 && is_address_char(text.p[from - 1]))
		from--;
	while (end < text.n && is_address_char(text.p[end]))
		end++;
	struct str domain = { text.p + at + at_n, end - at - at_n };
	if (from == at || str_find(domain, '.') == STR_NPOS)
		return STR("");
	return arena_printf(a, STR_FMT "@" STR_FMT, (int)(at - from), text.p + from, STR_ARG(domain));
}

static struct str domain_of(struct str address)
{
	size_t at = str_rfind(address, '@');
	return at == STR_NPOS ? STR("") : str_skip(address, at + 1);
}

static bool same_side(struct str one, struct str other)
{
	return dns_env_name_is_below(one, other) || dns_env_name_is_below(other, one);
}

static void look_at_name(struct verdict *v, struct str name, struct str address)
{
	struct str other = address_in(v->a, name);
	if (has_hidden(name))
		verdict_mark(v, VERDICT_NAME_HIDDEN, STR("the display name has invisible or direction-changing characters"));
	if (other.n && !str_ieq(other, address))
		verdict_mark(v, VERDICT_NAME_ADDRESS,
			     arena_printf(v->a, "the display name says " STR_FMT ", the address is " STR_FMT, STR_ARG(other), STR_ARG(address)));
}

static void look_at_mailbox(struct verdict *v, const struct addr_item *item)
{
	struct str name = utf8_first(encoded_word_decode(v->a, str_first(item->name, NAME_BYTES)), NAME_BYTES);
	struct str address = arena_printf(v->a, STR_FMT "%s" STR_FMT, STR_ARG(item->local), item->domain.n ? "@" : "", STR_ARG(item->domain));
	if (str_search(item->local, STR("=?")) != STR_NPOS || str_search(item->domain, STR("=?")) != STR_NPOS)
		verdict_mark(v, VERDICT_FROM_ENCODED, STR("an encoded word stands where the address should be"));
	look_at_name(v, name, address);
	if (v->author.n)
		return;
	v->author_name = name;
	v->author = address;
}

static void look_at_from(struct verdict *v, const struct header_field *f)
{
	struct addr_list list;
	size_t mailboxes = 0;
	addr_list_parse(v->a, f->value, ADDRESSES_LOOKED_AT, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].kind == ADDR_MAILBOX) {
			look_at_mailbox(v, &list.items[i]);
			mailboxes++;
		}
	if (mailboxes > 1)
		verdict_mark(v, VERDICT_FROM_SEVERAL, arena_printf(v->a, "From has %zu addresses", mailboxes));
	/* the whole field one encoded word: some readers show what it decodes to as the address */
	if (mailboxes == 0 && str_search(f->value, STR("=?")) != STR_NPOS)
		verdict_mark(v, VERDICT_FROM_ENCODED, STR("an encoded word stands where the address should be"));
}

static void look_at_reply(struct verdict *v)
{
	struct header_field f;
	struct addr_list list;
	if (v->from.count == 0 || !header_find(v->header, STR("Reply-To"), &f))
		return;
	addr_list_parse(v->a, f.value, ADDRESSES_LOOKED_AT, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].kind == ADDR_MAILBOX && list.items[i].domain.n && !same_side(list.items[i].domain, v->from.domains[0]))
			verdict_mark(v, VERDICT_REPLY_ELSEWHERE,
				     arena_printf(v->a, "From is of " STR_FMT ", answers go to " STR_FMT, STR_ARG(v->from.domains[0]),
						  STR_ARG(list.items[i].domain)));
}

static void mark_defect(struct verdict *v)
{
	static const struct { enum dmarc_from_defect defect; enum verdict_mark mark; } rows[] = {
		{ DMARC_FROM_MISSING, VERDICT_FROM_MISSING },     { DMARC_FROM_SEVERAL_FIELDS, VERDICT_FROM_REPEATED },
		{ DMARC_FROM_MALFORMED, VERDICT_FROM_MALFORMED }, { DMARC_FROM_BAD_DOMAIN, VERDICT_FROM_NO_DOMAIN },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].defect == v->from.defect)
			verdict_mark(v, rows[i].mark, str_c(dmarc_from_reason(v->from.defect)));
}

/* Fields that may stand once (RFC 5322 section 3.6): of two, one reader shows the first and another the last. */
static void look_at_repeated(struct verdict *v)
{
	static const struct str once[] = {
		STR_INIT("Subject"), STR_INIT("Date"), STR_INIT("Reply-To"), STR_INIT("To"), STR_INIT("Cc"), STR_INIT("Sender"),
		STR_INIT("Message-ID"), STR_INIT("Content-Type"), STR_INIT("Content-Transfer-Encoding"), STR_INIT("MIME-Version"),
	};
	for (size_t i = 0; i < COUNT_OF(once); i++)
		if (header_count(v->header, once[i]) > 1)
			verdict_mark(v, VERDICT_FIELD_REPEATED, arena_printf(v->a, "the field " STR_FMT " stands more than once", STR_ARG(once[i])));
}

void verdict_author_look(struct verdict *v)
{
	struct header_field f;
	struct str block = v->header;
	while (header_next(&block, &f))
		if (str_ieq(f.name, STR("From")))
			look_at_from(v, &f);
	mark_defect(v);
	look_at_reply(v);
	look_at_repeated(v);
}

static bool is_own(const struct verdict_facts *facts, struct str domain)
{
	for (size_t i = 0; i < facts->own_count; i++)
		if (dns_env_name_is_below(domain, facts->own[i]))
			return true;
	return false;
}

static void judge_likeness(struct verdict *v, enum verdict_mark mark, const struct str *genuine, size_t count, struct str domain)
{
	for (size_t i = 0; i < count; i++) {
		enum lookalike like = lookalike_domain(v->a, domain, genuine[i]);
		if (like != LOOKALIKE_NOT)
			verdict_mark(v, mark, arena_printf(v->a, STR_FMT " %s " STR_FMT, STR_ARG(domain), lookalike_text(like), STR_ARG(genuine[i])));
	}
}

/* A display name as one of ours has it: his name, or "Anna Rossi" for anna.rossi@. */
static void judge_name(struct verdict *v)
{
	const struct verdict_facts *facts = &v->in.facts;
	for (size_t i = 0; i < facts->people_count; i++) {
		const struct verdict_person *p = &facts->people[i];
		size_t at = str_rfind(p->address, '@');
		struct str local = str_first(p->address, at == STR_NPOS ? p->address.n : at);
		bool compound = str_find(local, '.') != STR_NPOS || str_find(local, '-') != STR_NPOS || str_find(local, '_') != STR_NPOS;
		if (lookalike_name(v->a, v->author_name, p->name) || (compound && lookalike_name(v->a, v->author_name, local)))
			verdict_mark(v, VERDICT_NAME_COLLEAGUE,
				     arena_printf(v->a, "the display name is that of " STR_FMT ", the address is " STR_FMT, STR_ARG(p->address),
						  STR_ARG(v->author)));
	}
}

/* What is known is known of the envelope sender: of a person, who is the author too, and not of a list. */
static void judge_relation(struct verdict *v)
{
	if (!str_ieq(v->author, v->in.sender))
		return;
	if (v->in.facts.relation == VERDICT_RELATION_NONE)
		verdict_mark(v, VERDICT_FIRST_TIME, STR("no mail was exchanged with this sender before"));
	if (v->in.facts.relation == VERDICT_RELATION_CORRESPONDENT)
		verdict_mark(v, VERDICT_CORRESPONDENT, STR("the recipient has written to this sender"));
}

void verdict_author_judge(struct verdict *v)
{
	const struct verdict_facts *facts = &v->in.facts;
	bool foreign = !is_own(facts, domain_of(v->author));
	for (size_t i = 0; i < v->from.count; i++) {
		struct str domain = v->from.domains[i];
		bool own = is_own(facts, domain);
		if (own && v->dmarc.code != DMARC_PASS)
			verdict_mark(v, VERDICT_OWN_UNPROVEN,
				     arena_printf(v->a, STR_FMT " is ours, and nothing proves that the message is", STR_ARG(domain)));
		if (own)
			continue;
		judge_likeness(v, VERDICT_LOOKALIKE_OWN, facts->own, facts->own_count, domain);
		judge_likeness(v, VERDICT_LOOKALIKE_KNOWN, facts->known, facts->known_count, domain);
	}
	if (foreign)
		judge_name(v);
	judge_relation(v);
}
