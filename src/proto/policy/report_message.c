#include "proto/policy/report_message.h"

#include "proto/dmarc/dmarc_report.h"
#include "proto/mime/mime_decode.h"
#include "proto/policy/arf.h"
#include "proto/policy/report_unpack.h"
#include "proto/policy/tls_rpt.h"

#include <jansson.h>
#include <stdlib.h>

enum { PARTS_LOOKED_AT = 50, DOMAIN_MAX = 253, TEXT_MAX = 200, POLICIES_MAX = 50, FAILURES_MAX = 20 };

/* ---- text ---- */

/* What a stranger wrote, for a terminal and for JSON. */
static struct str clean(struct arena *a, struct str s, size_t most)
{
	s = str_first(s, most);
	while (s.n && !utf8_valid(s))
		s.n--;
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
	return (struct str){ p, s.n };
}

static struct str clean_domain(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	if (s.n > DOMAIN_MAX)
		return STR("");
	for (size_t i = 0; i < s.n; i++) {
		p[i] = ascii_lower(s.p[i]);
		if (!ascii_is_alnum(p[i]) && p[i] != '.' && p[i] != '-' && p[i] != '_')
			return STR("");
	}
	return (struct str){ p, s.n };
}

static json_t *text(struct arena *a, struct str s)
{
	struct str t = clean(a, s, TEXT_MAX);
	return json_stringn(t.p, t.n);
}

static int put(const char *p, size_t n, void *out) { return buf_put(out, p, n); }

static int finish(struct arena *a, json_t *root, struct report_message *r)
{
	struct buf out;
	buf_init(&out, REPORT_JSON_MAX);
	int e = json_dump_callback(root, put, &out, JSON_COMPACT) == 0 ? OK : E_TOOBIG;
	if (e == OK)
		r->json = arena_dup(a, buf_str(&out));
	buf_done(&out);
	json_decref(root);
	return e;
}

static json_t *head(struct arena *a, const struct report_message *r)
{
	json_t *j = json_pack("{s:s, s:I, s:I}", "kind", r->kind, "begin", (json_int_t)r->begin, "end", (json_int_t)r->end);
	json_object_set_new(j, "domain", text(a, r->domain));
	json_object_set_new(j, "org", text(a, r->org));
	json_object_set_new(j, "id", text(a, r->id));
	return j;
}

/* ---- DMARC aggregate ---- */

struct source { struct str ip, from, disposition, dkim, spf; uint64_t count; };

static bool same_source(const struct source *s, const struct dmarc_report_record *r)
{
	return str_eq(s->ip, r->source_ip) && str_eq(s->from, r->header_from) && str_eq(s->disposition, r->disposition) &&
		str_eq(s->dkim, r->dkim) && str_eq(s->spf, r->spf);
}

/* A table that is searched from its end: reports have their rows in order, and most have few. */
static size_t add_up(struct arena *a, const struct dmarc_report *d, struct source **ret, uint64_t *ret_total)
{
	enum { LOOK_BACK = 64 };
	struct source *v = arena_new_array(a, struct source, d->record_count + 1);
	size_t n = 0;
	for (size_t i = 0; i < d->record_count; i++) {
		const struct dmarc_report_record *r = &d->records[i];
		size_t k = n;
		*ret_total += r->count;
		while (k > 0 && n - k < LOOK_BACK && !same_source(&v[k - 1], r))
			k--;
		if (k > 0 && same_source(&v[k - 1], r))
			v[k - 1].count += r->count;
		else
			v[n++] = (struct source){ r->source_ip, r->header_from, r->disposition, r->dkim, r->spf, r->count };
	}
	*ret = v;
	return n;
}

static int by_count(const void *x, const void *y)
{
	const struct source *a = x, *b = y;
	return a->count < b->count ? 1 : a->count > b->count ? -1 : 0;
}

static json_t *sources_json(struct arena *a, const struct dmarc_report *d, json_t *root)
{
	struct source *v;
	uint64_t total = 0, left = 0;
	json_t *list = json_array();
	size_t n = add_up(a, d, &v, &total);
	qsort(v, n, sizeof *v, by_count);
	for (size_t i = 0; i < n; i++) {
		if (i >= REPORT_SOURCES_MAX) {
			left += v[i].count;
			continue;
		}
		json_t *one = json_pack("{s:I}", "count", (json_int_t)v[i].count);
		json_object_set_new(one, "ip", text(a, str_first(v[i].ip, 45)));
		json_object_set_new(one, "from", text(a, str_first(v[i].from, 80)));
		json_object_set_new(one, "disposition", text(a, str_first(v[i].disposition, 16)));
		json_object_set_new(one, "dkim", text(a, str_first(v[i].dkim, 8)));
		json_object_set_new(one, "spf", text(a, str_first(v[i].spf, 8)));
		json_array_append_new(list, one);
	}
	json_object_set_new(root, "messages", json_integer((json_int_t)total));
	json_object_set_new(root, "left_out", json_integer((json_int_t)left));
	return list;
}

static int read_dmarc(struct arena *a, struct str xml, struct report_message *r)
{
	struct dmarc_report d;
	int e = dmarc_report_read(a, xml, &d);
	if (e != OK)
		return e;
	*r = (struct report_message){ .kind = "dmarc", .domain = clean_domain(a, d.domain), .org = clean(a, d.org_name, TEXT_MAX),
		.id = clean(a, d.report_id, TEXT_MAX), .begin = (int64_t)(d.begin & INT64_MAX), .end = (int64_t)(d.end & INT64_MAX) };
	json_t *root = head(a, r);
	json_object_set_new(root, "p", text(a, str_first(d.p, 16)));
	json_object_set_new(root, "sources", sources_json(a, &d, root));
	return finish(a, root, r);
}

/* ---- TLS ---- */

static json_t *failures_json(struct arena *a, const struct tlsrpt_policy *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->failure_count && i < FAILURES_MAX; i++) {
		const struct tlsrpt_failure *f = &p->failures[i];
		json_t *one = json_pack("{s:I}", "sessions", (json_int_t)f->sessions);
		json_object_set_new(one, "type", text(a, str_first(f->result_type, 64)));
		json_object_set_new(one, "mx", text(a, str_first(f->receiving_mx_hostname, 128)));
		json_object_set_new(one, "from", text(a, str_first(f->sending_mta_ip, 45)));
		json_array_append_new(list, one);
	}
	return list;
}

static int read_tls(struct arena *a, struct str json, struct report_message *r)
{
	struct tlsrpt_report t;
	uint64_t good = 0, bad = 0;
	int e = tlsrpt_report_read(a, json, &t);
	if (e != OK)
		return e;
	*r = (struct report_message){ .kind = "tls", .org = clean(a, t.organization, TEXT_MAX), .id = clean(a, t.id, TEXT_MAX), .begin = t.begin, .end = t.end };
	if (t.policy_count)
		r->domain = clean_domain(a, t.policies[0].domain);
	json_t *root = head(a, r), *list = json_array();
	for (size_t i = 0; i < t.policy_count; i++) {
		const struct tlsrpt_policy *p = &t.policies[i];
		good += p->succeeded;
		bad += p->failed;
		if (i >= POLICIES_MAX / 5)
			continue;
		json_t *one = json_pack("{s:I, s:I}", "succeeded", (json_int_t)p->succeeded, "failed", (json_int_t)p->failed);
		json_object_set_new(one, "type", text(a, str_first(p->type, 32)));
		json_object_set_new(one, "domain", text(a, p->domain));
		json_object_set_new(one, "failures", failures_json(a, p));
		json_array_append_new(list, one);
	}
	json_object_set_new(root, "succeeded", json_integer((json_int_t)good));
	json_object_set_new(root, "failed", json_integer((json_int_t)bad));
	json_object_set_new(root, "policies", list);
	return finish(a, root, r);
}

/* ---- feedback ---- */

static struct str domain_of(struct str address)
{
	size_t at = str_rfind(address, '@');
	return at == STR_NPOS ? address : str_skip(address, at + 1);
}

static int read_feedback(struct arena *a, struct str part, struct report_message *r)
{
	struct arf_report f;
	int e = arf_read(a, part, &f);
	if (e != OK)
		return e;
	bool failure = str_ieq(f.feedback_type, STR("auth-failure"));
	struct str about = f.reported_domains.count ? f.reported_domains.items[0] : f.dkim_domain.n ? f.dkim_domain : domain_of(f.original_mail_from);
	*r = (struct report_message){ .kind = failure ? "failure" : "abuse", .domain = clean_domain(a, about),
		.org = clean(a, f.reporting_mta.n ? f.reporting_mta : f.user_agent, TEXT_MAX), .id = clean(a, f.original_envelope_id, TEXT_MAX) };
	json_t *root = head(a, r);
	const struct { const char *name; struct str value; } fields[] = { { "type", f.feedback_type }, { "source_ip", f.source_ip },
		{ "mail_from", f.original_mail_from }, { "rcpt_to", f.original_rcpt_to }, { "arrival", f.arrival_date },
		{ "auth_failure", f.auth_failure }, { "delivery_result", f.delivery_result }, { "identity_alignment", f.identity_alignment } };
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (fields[i].value.n)
			json_object_set_new(root, fields[i].name, text(a, fields[i].value));
	json_object_set_new(root, "incidents", json_integer((json_int_t)f.incidents));
	return finish(a, root, r);
}

/* ---- which part it is ---- */

static bool may_be_report(const struct mime_part *p)
{
	static const struct str types[] = { STR_INIT("application"), STR_INIT("text") };
	if (p->kind != MIME_LEAF)
		return false;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_eq(p->type, types[i]))
			return true;
	return false;
}

static bool looks_packed(struct str s) { return str_starts(s, STR("\x1f\x8b")) || str_starts(s, STR("PK\3\4")); }

/* What it is shows in its first byte: senders are at odds about types and names. E_NOTFOUND: it is no report. */
static int read_content(struct arena *a, struct str content, struct report_message *r)
{
	struct buf out;
	bool packed = looks_packed(content);
	buf_init(&out, REPORT_UNPACKED_MAX);
	int e = report_unpack(content, &out);
	struct str body = str_trim(e == OK ? buf_str(&out) : STR(""));
	(void)str_take(&body, STR("\xef\xbb\xbf"));
	if (e == OK && str_starts(body, STR("<")) && str_search(str_first(body, 4096), STR("feedback")) != STR_NPOS)
		e = read_dmarc(a, body, r);
	else if (e == OK && str_starts(body, STR("{")))
		e = read_tls(a, body, r);
	else if (e == OK)
		e = packed ? E_SYNTAX : E_NOTFOUND;
	buf_done(&out);
	return e;
}

int report_message_read(struct arena *a, struct str message, struct report_message *ret)
{
	struct mime_tree tree;
	int worst = E_NOTFOUND;
	mime_parse(a, message, &mime_limits_default, &tree);
	for (uint32_t i = 0; i < tree.count && i < PARTS_LOOKED_AT; i++) {
		const struct mime_part *p = &tree.parts[i];
		int e = E_NOTFOUND;
		if (mime_part_is(p, "message", "feedback-report"))
			e = read_feedback(a, mime_decode_part(a, message, p, REPORT_PACKED_MAX), ret);
		else if (may_be_report(p))
			e = read_content(a, mime_decode_part(a, message, p, REPORT_PACKED_MAX), ret);
		if (e == OK)
			return OK;
		if (e != E_NOTFOUND)
			worst = e;
	}
	return worst;
}
