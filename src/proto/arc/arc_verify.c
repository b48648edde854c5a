#include "proto/arc/arc.h"

const char *arc_code_name(enum arc_code code)
{
	static const char *const names[] = { "none", "pass", "fail" };
	return names[code];
}

bool arc_result_is_trusted(const struct arc_result *r, const struct str *sealers, size_t count)
{
	for (size_t i = 0; r->code == ARC_PASS && i < count; i++)
		if (str_ieq(sealers[i], r->sealer))
			return true;
	return false;
}

/* Structure: which fields make which set. */

static void defect(struct arc_verify *v, const char *text, unsigned instance)
{
	if (v->defect.n == 0)
		v->defect = instance ? arena_printf(v->m->a, "%s (i=%u)", text, instance) : str_c(text);
}

/* arc-info = instance [CFWS] ";" authres-payload; instance = [CFWS] %s"i" [CFWS] "=" [CFWS] 1*2DIGIT (section 4.1.1) */
static bool parse_results_instance(struct str value, unsigned *ret, struct str *ret_payload)
{
	uint64_t instance;
	struct str rest = value, head = str_trim(str_until(&rest, ';'));
	if (rest.n == 0 || !str_take_char(&head, 'i'))
		return false;
	head = str_trim(head);
	if (!str_take_char(&head, '=') || str_u64(str_trim(head), UINT32_MAX, &instance) != OK || instance == 0)
		return false;
	*ret = (unsigned)instance;
	*ret_payload = str_trim(rest);
	return true;
}

/* The set of that instance; NULL with a defect when there can be none. */
static struct arc_set *set_of(struct arc_verify *v, unsigned instance)
{
	if (instance > ARC_SETS_MAX) {
		defect(v, "an instance number is above 50", instance);
		return NULL;
	}
	if (!v->sets)
		v->sets = arena_new_array(v->m->a, struct arc_set, ARC_SETS_MAX);
	if (instance > v->count)
		v->count = instance;
	return &v->sets[instance - 1];
}

static void place(struct arc_verify *v, const struct dkim_field **slot, const struct dkim_field *field, unsigned instance)
{
	if (*slot)
		defect(v, "a field of a set is there twice", instance);
	*slot = field;
}

static void take_results(struct arc_verify *v, const struct dkim_field *field)
{
	unsigned instance;
	struct str payload;
	if (!parse_results_instance(field->f.value, &instance, &payload)) {
		defect(v, "an ARC-Authentication-Results field does not begin with its instance", 0);
		return;
	}
	struct arc_set *set = set_of(v, instance);
	if (!set)
		return;
	place(v, &set->results, field, instance);
	set->payload = payload;
}

static void take_signature(struct arc_verify *v, const struct dkim_field *field, enum dkim_form form)
{
	struct dkim_signature s;
	struct dkim_verdict parsed = dkim_signature_parse(v->m->a, form, field->f.value, &s);
	if (parsed.code != DKIM_PASS) {
		defect(v, arena_printf(v->m->a, "%s: %.*s", form == DKIM_FORM_ARC_SEAL ? "ARC-Seal" : "ARC-Message-Signature",
				       (int)parsed.reason.n, parsed.reason.p).p, s.instance);
		return;
	}
	struct arc_set *set = set_of(v, s.instance);
	if (!set)
		return;
	bool seal = form == DKIM_FORM_ARC_SEAL;
	place(v, seal ? &set->seal : &set->message, field, s.instance);
	*(seal ? &set->seal_signature : &set->message_signature) = s;
}

static void take_field(struct arc_verify *v, const struct dkim_field *field)
{
	if (str_ieq(field->f.name, STR("ARC-Authentication-Results")))
		take_results(v, field);
	else if (str_ieq(field->f.name, STR("ARC-Message-Signature")))
		take_signature(v, field, DKIM_FORM_ARC_MESSAGE);
	else if (str_ieq(field->f.name, STR("ARC-Seal")))
		take_signature(v, field, DKIM_FORM_ARC_SEAL);
}

/* Section 5.2 step 3: sets without gap, whole, the first with cv=none and the others with cv=pass. */
static void check_sets(struct arc_verify *v)
{
	for (unsigned i = 1; i <= v->count && v->defect.n == 0; i++) {
		const struct arc_set *set = &v->sets[i - 1];
		if (!set->results || !set->message || !set->seal)
			defect(v, "a set is missing or not whole", i);
		else if (!str_eq(set->seal_signature.chain_validation, i == 1 ? STR("none") : STR("pass")))
			defect(v, "cv= of a seal is not what it must be", i);
	}
}

void arc_verify_begin(struct arc_verify *v, struct dkim_message *m)
{
	*v = (struct arc_verify){ .m = m };
	for (size_t i = 0; i < m->count; i++)
		take_field(v, &m->fields[i]);
	if (m->too_many)
		defect(v, "the message has too many header fields", 0);
	if (v->count)
		v->result.closed = str_eq(v->sets[v->count - 1].seal_signature.chain_validation, STR("fail"));
	check_sets(v);
	for (unsigned i = 0; i < v->count && v->defect.n == 0; i++)
		v->sets[i].want = dkim_message_want(m, v->sets[i].message_signature.body_canon, DKIM_NO_LIMIT);
}

/* Signatures. */

static struct dkim_verdict verify_message(const struct arc_verify *v, const struct arc_set *set, struct dns_env *dns, uint64_t now)
{
	const struct dkim_signature *s = &set->message_signature;
	struct dkim_key key;
	struct dkim_verdict verdict = dkim_signature_check_time(v->m->a, s, now);
	if (verdict.code == DKIM_PASS)
		verdict = dkim_message_verify(v->m, set->message, s, set->want, dns, &key);
	if (verdict.code == DKIM_PASS && s->length != DKIM_NO_LIMIT && s->length != dkim_message_body_length(v->m, s->body_canon))
		return (struct dkim_verdict){ DKIM_POLICY, STR("a part of the body is not signed") };
	return verdict;
}

/* Section 5.1.1: a seal covers all sets up to its own, in the order results, message signature, seal. What they begin with is hashed once. */
static void hash_seals(const struct arc_verify *v, unsigned char (*ret)[DKIM_HASH_SIZE])
{
	struct dkim_hash all;
	struct dkim_sink out = dkim_hash_sink(&all);
	dkim_hash_init(&all);
	for (unsigned i = 0; i < v->count; i++) {
		const struct arc_set *set = &v->sets[i];
		struct dkim_hash one;
		dkim_canon_field(DKIM_RELAXED, &set->results->f, out);
		dkim_canon_field(DKIM_RELAXED, &set->message->f, out);
		dkim_hash_copy(&one, &all);
		dkim_canon_own_field(DKIM_RELAXED, &set->seal->f, set->seal_signature.hole, dkim_hash_sink(&one));
		dkim_hash_end(&one, ret[i]);
		dkim_hash_done(&one);
		dkim_canon_field(DKIM_RELAXED, &set->seal->f, out);
	}
	dkim_hash_done(&all);
}

static struct dkim_verdict verify_seal(const struct arc_set *set, const unsigned char *hash, struct dns_env *dns)
{
	const struct dkim_signature *s = &set->seal_signature;
	struct dkim_key key;
	if (s->algorithm == DKIM_RSA_SHA1)
		return (struct dkim_verdict){ DKIM_PERMERROR, STR("rsa-sha1 proves nothing any more (RFC 8301)") };
	struct dkim_verdict v = dkim_key_fetch(dns, s->selector, s->domain, &key);
	return v.code == DKIM_PASS ? dkim_key_verify(dns->a, &key, s->algorithm, hash, s->signature) : v;
}

static void fail(struct arc_verify *v, const char *what, unsigned instance, struct dkim_verdict verdict)
{
	v->result.code = ARC_FAIL;
	v->result.temporary = verdict.code == DKIM_TEMPERROR;
	v->result.reason = arena_printf(v->m->a, "%s of i=%u: %.*s", what, instance, (int)verdict.reason.n, verdict.reason.p);
}

static bool seals_hold(struct arc_verify *v, struct dns_env *dns)
{
	unsigned char (*hashes)[DKIM_HASH_SIZE] = arena_alloc_array(v->m->a, v->count, sizeof *hashes);
	hash_seals(v, hashes);
	for (unsigned i = v->count; i > 0; i--) {
		struct dkim_verdict verdict = verify_seal(&v->sets[i - 1], hashes[i - 1], dns);
		if (verdict.code == DKIM_PASS)
			continue;
		fail(v, "the seal", i, verdict);
		return false;
	}
	return true;
}

static unsigned oldest_pass(const struct arc_verify *v, struct dns_env *dns, uint64_t now)
{
	for (unsigned i = v->count - 1; i > 0; i--)
		if (verify_message(v, &v->sets[i - 1], dns, now).code != DKIM_PASS)
			return i + 1;
	return 0;
}

void arc_verify_end(struct arc_verify *v, struct dns_env *dns, uint64_t now)
{
	struct arc_result *r = &v->result;
	r->instances = v->count;
	if (v->count == 0 && v->defect.n == 0) {
		*r = (struct arc_result){ .code = ARC_NONE, .reason = STR("the message has no ARC fields") };
		return;
	}
	if (v->defect.n) {
		r->code = ARC_FAIL;
		r->reason = r->closed ? STR("the newest seal itself says that the chain is broken") : v->defect;
		return;
	}
	const struct arc_set *newest = &v->sets[v->count - 1];
	struct dkim_verdict verdict = verify_message(v, newest, dns, now);
	if (verdict.code != DKIM_PASS) {
		fail(v, "the message signature", v->count, verdict);
		return;
	}
	if (!seals_hold(v, dns))
		return;
	r->code = ARC_PASS;
	r->oldest_pass = oldest_pass(v, dns, now);
	r->sealer = newest->seal_signature.domain;
	r->selector = newest->seal_signature.selector;
	r->payload = newest->payload;
	r->reason = arena_printf(v->m->a, "%u set%s, sealed last by %.*s", v->count, v->count == 1 ? "" : "s", (int)r->sealer.n, r->sealer.p);
}
