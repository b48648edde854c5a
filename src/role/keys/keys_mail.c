#include "role/keys/keys_mail.h"

#include "proto/dmarc/dmarc_from.h"

enum { AUTHORS_BYTES = 16 << 10, FIELD_BYTES = 64 << 10 };      /* more is nothing that this server writes or lets in */

/* The last line is the field that is signed; those above end with CRLF. */
struct parts { struct str fields, name, value; };

static bool split(struct str input, struct parts *ret)
{
	size_t at = input.n;
	while (at > 0 && input.p[at - 1] != '\n')
		at--;
	struct str last = str_skip(input, at), name = str_until(&last, ':');
	*ret = (struct parts){ .fields = str_first(input, at), .name = name, .value = last };
	return (at == 0 || str_ends(ret->fields, STR("\r\n"))) && !str_has_control(name) && !str_has_control(last);
}

static bool next_field(struct str *rest, struct str *name, struct str *line)
{
	size_t end = str_search(*rest, STR("\r\n"));
	if (end == STR_NPOS)
		return false;
	struct str value = *line = str_first(*rest, end);
	*rest = str_skip(*rest, end + 2);
	*name = str_until(&value, ':');
	return !str_has_control(*line) && name->n && name->n < line->n;
}

/* An empty b= has no form that the parser takes: it sees some octets there. */
static bool parse(struct arena *a, enum dkim_form form, struct str value, struct dkim_signature *ret)
{
	struct dkim_tags tags;
	if (value.n > FIELD_BYTES || dkim_tags_parse(value, &tags) != OK)
		return false;
	const struct dkim_tag *b = dkim_tags_find(&tags, STR("b"));
	if (!b || b->all.n || !dkim_tags_find(&tags, STR("t")))
		return false;
	char *filled = arena_alloc(a, value.n + 4);
	size_t before = (size_t)(b->all.p - value.p);
	memcpy(filled, value.p, before);
	memcpy(filled + before, "AAAA", 4);
	memcpy(filled + before + 4, value.p + before, value.n - before);
	return dkim_signature_parse(a, form, (struct str){ filled, value.n + 4 }, ret).code == DKIM_PASS;
}

static bool of_this_key(const struct keys_mail *k, const struct dkim_signature *s)
{
	uint64_t apart = s->time > k->now ? s->time - k->now : k->now - s->time;
	return str_ieq(s->domain, k->domain) && str_ieq(s->selector, k->selector) && s->algorithm == k->algorithm && s->length == DKIM_NO_LIMIT &&
		s->header_canon == DKIM_RELAXED && s->body_canon == DKIM_RELAXED && apart <= KEYS_MAIL_CLOCK_SLACK;
}

/* The fields come in the order of h=; a name for which there is none is passed over. */
static bool as_named(const struct dkim_signature *s, struct str fields)
{
	struct str name, line;
	size_t at = 0;
	while (fields.n) {
		if (!next_field(&fields, &name, &line))
			return false;
		while (at < s->name_count && !str_ieq(s->names[at], name))
			at++;
		if (at++ == s->name_count)
			return false;
	}
	return true;
}

/* A34: one From field, and h= says that there is no other. */
static bool one_author_field(const struct dkim_signature *s, struct str fields, struct str *ret)
{
	struct str name, line;
	size_t named = 0, there = 0;
	for (size_t i = 0; i < s->name_count; i++)
		named += str_ieq(s->names[i], STR("From"));
	while (next_field(&fields, &name, &line))
		if (str_eq(name, STR("from"))) {
			*ret = line;
			there++;
		}
	return there == 1 && named == 2;
}

static bool authors_are_ours(struct arena *a, const struct keys_mail *k, struct str line)
{
	struct dmarc_from from = { 0 };
	struct buf field;
	if (line.n > AUTHORS_BYTES)
		return false;
	buf_init(&field, line.n + 2);
	struct bufw w = { .b = &field };
	bufw_str(&w, line);
	bufw_c(&w, "\r\n");
	dmarc_from_header(a, buf_str(&field), &from);
	buf_done(&field);
	for (size_t i = 0; i < from.count; i++)
		if (!k->own(from.domains[i]))
			return false;
	return w.err == OK && from.defect == DMARC_FROM_OK && from.count;
}

static bool signature_allowed(struct arena *a, const struct keys_mail *k, const struct parts *p)
{
	struct dkim_signature s;
	struct str from;
	return parse(a, DKIM_FORM_SIGNATURE, p->value, &s) && of_this_key(k, &s) && s.expires > s.time &&
		s.expires - s.time <= KEYS_MAIL_LIFETIME_MAX && as_named(&s, p->fields) && one_author_field(&s, p->fields, &from) &&
		authors_are_ours(a, k, from);
}

static bool arc_message_allowed(struct arena *a, const struct keys_mail *k, const struct parts *p)
{
	struct dkim_signature s;
	return parse(a, DKIM_FORM_ARC_MESSAGE, p->value, &s) && of_this_key(k, &s) && as_named(&s, p->fields);
}

/* Only fields of the chain, ours among them. */
static bool arc_seal_allowed(struct arena *a, const struct keys_mail *k, const struct parts *p)
{
	static const struct str chain[] = { STR_INIT("arc-authentication-results"), STR_INIT("arc-message-signature"), STR_INIT("arc-seal") };
	struct dkim_signature s;
	struct str rest = p->fields, name, line;
	size_t count = 0;
	if (!parse(a, DKIM_FORM_ARC_SEAL, p->value, &s) || !of_this_key(k, &s))
		return false;
	for (; rest.n; count++)
		if (!next_field(&rest, &name, &line) || !str_eq(name, chain[count % COUNT_OF(chain)]))
			return false;
	return count % COUNT_OF(chain) == 2;
}

int keys_mail_check(struct arena *a, const struct keys_mail *k, struct str input)
{
	static const struct form {
		struct str name;
		bool (*allowed)(struct arena *a, const struct keys_mail *k, const struct parts *p);
	} forms[] = { { STR_INIT("dkim-signature"), signature_allowed }, { STR_INIT("arc-message-signature"), arc_message_allowed },
		      { STR_INIT("arc-seal"), arc_seal_allowed } };
	struct parts p;
	if (!split(input, &p))
		return E_DENIED;
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (str_eq(p.name, forms[i].name))
			return forms[i].allowed(a, k, &p) ? OK : E_DENIED;
	return E_DENIED;
}
