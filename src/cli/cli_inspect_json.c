#include "cli/cli_inspect.h"

#include "proto/header/encoded_word.h"
#include "proto/header/header.h"
#include "proto/header/header_text.h"

/* JSON holds UTF-8 only: other bytes become U+FFFD. */
static json_t *text(struct arena *a, struct str s)
{
	if (utf8_valid(s))
		return json_stringn(s.n ? s.p : "", s.n);
	struct header_text t = { .a = a };
	while (s.n)
		header_text_code_point(&t, utf8_take(&s));
	s = header_text_view(&t);
	return json_stringn(s.p, s.n);
}

static void put(json_t *o, const char *key, json_t *value) { json_object_set_new(o, key, value); }
static void put_text(json_t *o, struct arena *a, const char *key, struct str s)
{
	if (s.n)
		put(o, key, text(a, s));
}

static json_t *spf_json(const struct spf_result *s, struct arena *a)
{
	json_t *o = json_object();
	put(o, "result", json_string(spf_code_name(s->code)));
	put_text(o, a, "domain", s->domain);
	put_text(o, a, "reason", s->reason);
	put_text(o, a, "mechanism", s->mechanism);
	put_text(o, a, "matched_in", s->matched_in);
	put_text(o, a, "explanation", s->explanation);
	put(o, "terms", json_integer(s->terms));
	put(o, "voids", json_integer(s->voids));
	return o;
}

static json_t *dkim_json(const struct dkim_result *r, struct arena *a)
{
	json_t *o = json_object();
	put(o, "result", json_string(dkim_code_name(r->code)));
	put(o, "counts", json_boolean(dkim_result_counts(r)));
	put_text(o, a, "reason", r->reason);
	put_text(o, a, "domain", r->domain);
	put_text(o, a, "selector", r->selector);
	put_text(o, a, "identity", r->identity);
	if (r->domain.n)
		put_text(o, a, "algorithm", dkim_algorithm_name(r->algorithm));
	put(o, "key_bits", json_integer(r->key_bits));
	put(o, "unsigned_bytes", json_integer((json_int_t)r->unsigned_bytes));
	put(o, "testing", json_boolean(r->testing));
	return o;
}

static json_t *arc_json(const struct arc_result *r, struct arena *a)
{
	json_t *o = json_object();
	put(o, "result", json_string(arc_code_name(r->code)));
	put_text(o, a, "reason", r->reason);
	put(o, "instances", json_integer(r->instances));
	put_text(o, a, "sealer", r->sealer);
	return o;
}

static json_t *dmarc_json(const struct dmarc_result *r, struct arena *a)
{
	json_t *o = json_object(), *aligned = json_object();
	put(o, "result", json_string(dmarc_code_name(r->code)));
	put_text(o, a, "reason", r->reason);
	put_text(o, a, "from", r->from_domain);
	put_text(o, a, "organization", r->organization);
	if (r->record) {
		put_text(o, a, "record", r->record->text);
		put_text(o, a, "record_of", r->policy_domain);
		put(o, "policy", json_string(dmarc_policy_name(r->policy)));
		put(o, "disposition", json_string(dmarc_policy_name(dmarc_disposition(r))));
	}
	put_text(aligned, a, "dkim", r->dkim_aligned);
	put_text(aligned, a, "spf", r->spf_aligned);
	put(o, "aligned", aligned);
	return o;
}

static json_t *marks_json(const struct verdict *v, struct arena *a)
{
	json_t *o = json_object();
	for (unsigned i = 0; i < VERDICT_MARK_COUNT; i++)
		if (verdict_has(v, i))
			put(o, verdict_mark_name(i), text(a, v->detail[i]));
	return o;
}

static json_t *verdict_json(const struct verdict *v, struct arena *a)
{
	json_t *o = json_object();
	put(o, "action", json_string(verdict_action_name(v->action)));
	put_text(o, a, "override", str_c(verdict_override_name(v->override)));
	put_text(o, a, "reason", v->reason);
	put(o, "questions", json_integer(v->asked));
	return o;
}

static json_t *header_json(const struct verdict *v, struct arena *a)
{
	json_t *list = json_array();
	struct header_field f;
	struct str block = v->header;
	while (header_next(&block, &f)) {
		json_t *one = json_object();
		put(one, "name", text(a, f.name));
		put(one, "value", text(a, encoded_word_decode(a, f.value)));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *part_json(const struct mime_part *p, struct arena *a)
{
	json_t *o = json_object();
	put(o, "depth", json_integer(p->depth));
	put(o, "type", text(a, arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(p->type), STR_ARG(p->subtype))));
	put_text(o, a, "charset", p->charset);
	put_text(o, a, "name", p->name);
	put(o, "offset", json_integer((json_int_t)p->body));
	put(o, "size", json_integer((json_int_t)p->body_len));
	put(o, "attachment", json_boolean(p->flags & MIME_PART_ATTACHMENT));
	return o;
}

json_t *inspect_json(const struct inspected *m, struct arena *a, bool brief)
{
	const struct verdict *v = &m->verdict;
	json_t *o = json_object(), *dkim = json_array(), *parts = json_array();
	put(o, "file", text(a, str_c(m->name)));
	put(o, "size", json_integer((json_int_t)m->message.n));
	put_text(o, a, "author", v->author);
	put_text(o, a, "author_name", v->author_name);
	if (v->in.has_client) {
		put(o, "spf", spf_json(&v->mail_from, a));
		put(o, "spf_helo", spf_json(&v->helo, a));
	}
	for (size_t i = 0; i < v->dkim.count; i++)
		json_array_append_new(dkim, dkim_json(&v->dkim.results[i], a));
	put(o, "dkim", dkim);
	put(o, "arc", arc_json(&v->arc.result, a));
	put(o, "dmarc", dmarc_json(&v->dmarc, a));
	put(o, "marks", marks_json(v, a));
	put(o, "verdict", verdict_json(v, a));
	for (uint32_t i = 0; !brief && i < m->tree.count; i++)
		json_array_append_new(parts, part_json(&m->tree.parts[i], a));
	if (brief) {
		json_decref(parts);
		return o;
	}
	put(o, "structure", parts);
	put(o, "header", header_json(v, a));
	return o;
}
