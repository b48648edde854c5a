#include "proto/verdict/verdict_internal.h"

#include "proto/header/header.h"

enum { SIGNATURES_FOR_DMARC = DKIM_SIGNATURES_MAX };

/* A second one of these above a signature is what people see, while the signature speaks of the other (A34, A35). */
static const struct str singular[] = {
	STR_INIT("From"), STR_INIT("Subject"), STR_INIT("Date"), STR_INIT("Reply-To"), STR_INIT("To"), STR_INIT("Content-Type"),
	STR_INIT("Content-Transfer-Encoding"),
};

void verdict_mark(struct verdict *v, enum verdict_mark mark, struct str detail)
{
	if (verdict_has(v, mark))
		return;
	v->marks |= 1u << mark;
	v->detail[mark] = detail;
}

void verdict_begin(struct verdict *v, struct arena *a, const struct verdict_input *in)
{
	size_t end = header_end(in->message);
	*v = (struct verdict){ .in = *in, .a = a, .header = str_first(in->message, end), .reason = STR("nothing speaks against it") };
	dkim_message_init(&v->message, a, v->header);
	v->hashing = true;
	dkim_verify_begin(&v->dkim, &v->message);
	arc_verify_begin(&v->arc, &v->message);
	dkim_message_body(&v->message, str_skip(in->message, end));
	dkim_message_body_end(&v->message);
	dmarc_from_header(a, v->header, &v->from);
	verdict_author_look(v);
}

void verdict_done(struct verdict *v)
{
	if (v->hashing)
		dkim_message_done(&v->message);
	v->hashing = false;
}

static size_t times_named(const struct dkim_signature *s, struct str name)
{
	size_t n = 0;
	for (size_t i = 0; i < s->name_count; i++)
		n += str_ieq(s->names[i], name);
	return n;
}

/* A right signature over a message to which somebody added a field of that kind. */
static void judge_added(struct verdict *v, struct dkim_result *r, const struct dkim_signature *s)
{
	for (size_t i = 0; i < COUNT_OF(singular) && r->code == DKIM_PASS; i++) {
		size_t there = header_count(v->header, singular[i]);
		if (there < 2 || times_named(s, singular[i]) >= there)
			continue;
		r->code = DKIM_POLICY;
		r->reason = arena_printf(v->a, "there are %zu %s fields, and not all of them are signed", there, singular[i].p);
		verdict_mark(v, VERDICT_FIELD_ADDED, r->reason);
	}
}

static void judge_signatures(struct verdict *v, struct dns_env *dns)
{
	bool strong = false, weak = false;
	dkim_verify_end(&v->dkim, dns, v->in.now);
	for (size_t i = 0; i < v->dkim.count; i++) {
		struct dkim_result *r = &v->dkim.results[i];
		judge_added(v, r, &v->dkim.signatures[i].signature);
		if (r->code == DKIM_PASS && r->unsigned_bytes)
			verdict_mark(v, VERDICT_BODY_OPEN, r->reason);
		weak = weak || (dkim_result_counts(r) && r->weak);
		strong = strong || (dkim_result_counts(r) && !r->weak);
	}
	if (weak && !strong)
		verdict_mark(v, VERDICT_KEY_WEAK, STR("signed with a short RSA key only"));
	if (v->dkim.skipped)
		verdict_mark(v, VERDICT_SIGNATURES_MANY,
			     arena_printf(v->a, "%zu signatures, of which %d were looked at", v->dkim.count + v->dkim.skipped, DKIM_SIGNATURES_MAX));
}

static void judge_client(struct verdict *v, struct dns_env *dns)
{
	struct spf_question q = { .client = v->in.client, .helo = v->in.helo, .receiver = v->in.receiver, .now = v->in.now };
	size_t at = str_rfind(v->in.sender, '@');
	if (!v->in.has_client)
		return;
	if (at != STR_NPOS) {
		q.local = str_first(v->in.sender, at);
		q.domain = str_skip(v->in.sender, at + 1);
	}
	spf_check_mail_from(dns, &q, &v->mail_from);
	if (v->in.sender.n)
		spf_check_helo(dns, &q, &v->helo);
	else
		v->helo = v->mail_from;
	if (spf_pass_is_broad(&v->mail_from, v->in.client))
		verdict_mark(v, VERDICT_SPF_BROAD, v->mail_from.mechanism);
}

static void judge_policy(struct verdict *v, struct dns_env *dns)
{
	struct dmarc_signature signatures[SIGNATURES_FOR_DMARC];
	struct dmarc_input in = { .from = &v->from, .signatures = signatures, .arc = str_c(v->arc.count ? arc_code_name(v->arc.result.code) : "") };
	for (size_t i = 0; i < v->dkim.count; i++) {
		const struct dkim_result *r = &v->dkim.results[i];
		signatures[in.signature_count++] = (struct dmarc_signature){ r->domain, r->code == DKIM_PASS, r->unsigned_bytes };
	}
	if (v->in.has_client) {
		in.spf_domain = v->mail_from.domain;
		in.spf_pass = v->mail_from.code == SPF_PASS;
	}
	dmarc_check(dns, &in, &v->dmarc);
}

void verdict_judge(struct verdict *v, struct dns_env *dns)
{
	struct dmarc_walk walk;
	for (size_t i = 0; i < v->from.count; i++)
		dmarc_walk(dns, v->from.domains[i], &walk);     /* remembered by dns: see verdict.h */
	judge_signatures(v, dns);
	arc_verify_end(&v->arc, dns, v->in.now);
	judge_client(v, dns);
	judge_policy(v, dns);
	v->exhausted = dns->exhausted;
	v->asked = dns->asked;
	if (v->exhausted)
		verdict_mark(v, VERDICT_DNS_EXHAUSTED, STR("the message asks for more of DNS than any honest one"));
	verdict_author_judge(v);
	verdict_decide(v);
}
