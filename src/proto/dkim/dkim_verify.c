#include "proto/dkim/dkim_verify.h"

bool dkim_result_counts(const struct dkim_result *r) { return r->code == DKIM_PASS && r->unsigned_bytes == 0; }

void dkim_verify_begin(struct dkim_verify *v, struct dkim_message *m)
{
	*v = (struct dkim_verify){ .m = m };
	for (size_t i = 0; i < m->count; i++) {
		if (!str_ieq(m->fields[i].f.name, STR("DKIM-Signature")))
			continue;
		if (v->count == DKIM_SIGNATURES_MAX) {
			v->skipped++;
			continue;
		}
		struct dkim_signature *s = &v->signatures[v->count].signature;
		struct dkim_verdict parsed = dkim_signature_parse(m->a, DKIM_FORM_SIGNATURE, m->fields[i].f.value, s);
		v->signatures[v->count].field = &m->fields[i];
		v->signatures[v->count].parsed = parsed;
		if (parsed.code == DKIM_PASS && s->algorithm != DKIM_RSA_SHA1)
			v->signatures[v->count].want = dkim_message_want(m, s->body_canon, s->length);
		v->count++;
	}
}

/* t=s of the key (RFC 6376 section 3.6.1). */
static struct dkim_verdict check_identity(const struct dkim_signature *s, const struct dkim_key *key)
{
	if (key->strict && !str_ieq(s->identity_domain, s->domain))
		return (struct dkim_verdict){ DKIM_PERMERROR, STR("the key is for its own domain only, and i= is below it") };
	return (struct dkim_verdict){ DKIM_PASS, STR("") };
}

static struct str pass_reason(struct arena *a, const struct dkim_result *r)
{
	if (r->unsigned_bytes)
		return arena_printf(a, "%u-bit key; the last %llu octets of the body are not signed", r->key_bits,
				    (unsigned long long)r->unsigned_bytes);
	return arena_printf(a, "%u-bit key%s%s", r->key_bits, r->weak ? ", which is short" : "", r->testing ? ", in test" : "");
}

static uint64_t unsigned_bytes(const struct dkim_message *m, const struct dkim_signature *s)
{
	uint64_t length = dkim_message_body_length(m, s->body_canon);
	return s->length < length ? length - s->length : 0;
}

static void describe(struct dkim_result *r, const struct dkim_signature *s)
{
	*r = (struct dkim_result){ .domain = s->domain, .selector = s->selector, .identity = s->identity, .identity_domain = s->identity_domain,
				   .algorithm = s->algorithm, .short_signature = s->short_signature, .time = s->time, .expires = s->expires };
}

void dkim_verify_end(struct dkim_verify *v, struct dns_env *dns, uint64_t now)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct dkim_signature *s = &v->signatures[i].signature;
		struct dkim_result *r = &v->results[i];
		struct dkim_key key = { .bits = 0 };
		struct dkim_verdict verdict = v->signatures[i].parsed;
		describe(r, s);
		if (verdict.code == DKIM_PASS)
			verdict = dkim_signature_check_time(v->m->a, s, now);
		if (verdict.code == DKIM_PASS)
			verdict = dkim_message_verify(v->m, v->signatures[i].field, s, v->signatures[i].want, dns, &key);
		if (verdict.code == DKIM_PASS)
			verdict = check_identity(s, &key);
		r->code = verdict.code;
		r->key_bits = key.bits;
		r->testing = key.testing;
		r->weak = key.type == DKIM_KEY_RSA && key.bits >= DKIM_RSA_BITS_MIN && key.bits < DKIM_RSA_BITS_GOOD;
		if (r->code == DKIM_PASS)
			r->unsigned_bytes = unsigned_bytes(v->m, s);
		r->reason = r->code == DKIM_PASS ? pass_reason(v->m->a, r) : verdict.reason;
	}
}
