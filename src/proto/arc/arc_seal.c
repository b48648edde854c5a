#include "proto/arc/arc.h"

#include "base/base64.h"

enum { FIELD_MAX = 64 << 10 };

int arc_seal_begin(struct arc_seal *s, struct dkim_message *m, struct str *names, size_t name_count)
{
	struct arc_seal seal = { .m = m, .names = names, .name_count = name_count };
	if (m->odd_start)
		return E_SYNTAX;
	int r = names ? OK : dkim_sign_names(m, STR("DKIM-Signature"), &seal.names, &seal.name_count);
	if (r != OK)
		return r;
	seal.want = dkim_message_want(m, DKIM_RELAXED, DKIM_NO_LIMIT);
	if (!seal.want || m->too_many || seal.name_count > DKIM_NAMES_MAX)
		return E_TOOBIG;
	*s = seal;
	return OK;
}

static struct str number(struct arena *a, uint64_t n) { return arena_printf(a, "%llu", (unsigned long long)n); }

/* Later seals cover b= of earlier ones with the white space inside: the test suite, and some readers, expect none. So it is not folded as long
 * as RFC 5322 allows.
 *
 * Writes a field with b= filled; input has all that comes before the field itself. *tag_b is the tag to fill. */
static int write_signed(struct arena *a, const struct dkim_signer *signer, struct str name, struct dkim_out_tag *tags, size_t count,
			struct dkim_out_tag *tag_b, struct dkim_input *input, struct str *ret)
{
	struct buf field;
	size_t hole = 0;
	buf_init(&field, FIELD_MAX);
	int r = dkim_field_write(&field, name, tags, count, DKIM_COLUMNS_MOST, &hole);
	if (r == OK) {
		dkim_field_put(buf_str(&field), hole, dkim_input_sink(input));
		r = dkim_input_sign(a, signer, input, &tag_b->value);
	}
	buf_clear(&field);
	if (r == OK)
		r = dkim_field_write(&field, name, tags, count, DKIM_COLUMNS_MOST, &hole);
	if (r == OK)
		*ret = arena_dup(a, buf_str(&field));
	buf_done(&field);
	return r;
}

static int write_message_signature(const struct arc_seal *s, unsigned instance, const struct dkim_signer *signer, uint64_t now, struct str *ret)
{
	struct arena *a = s->m->a;
	struct buf body;
	struct dkim_input input;
	buf_init(&body, 2 * DKIM_HASH_SIZE);
	int r = base64_encode(&body, (struct str){ (const char *)s->want->digest, DKIM_HASH_SIZE });
	struct dkim_out_tag tags[] = {
		{ "a", dkim_algorithm_name(signer->algorithm) },
		{ "b", STR("") },
		{ "bh", arena_dup(a, buf_str(&body)) },
		{ "c", STR("relaxed/relaxed") },
		{ "d", signer->domain },
		{ "h", dkim_names_join(a, s->names, s->name_count) },
		{ "i", number(a, instance) },
		{ "s", signer->selector },
		{ "t", number(a, now) },
	};
	buf_done(&body);
	if (r != OK)
		return r;
	dkim_input_init(&input);
	dkim_message_put_fields(s->m, DKIM_RELAXED, s->names, s->name_count, NULL, dkim_input_sink(&input));
	r = write_signed(a, signer, STR("ARC-Message-Signature"), tags, COUNT_OF(tags), &tags[1], &input, ret);
	dkim_input_done(&input);
	return r;
}

static void put_text(struct str field, struct dkim_input *input)
{
	struct header_field f;
	if (header_next(&field, &f))
		dkim_canon_field(DKIM_RELAXED, &f, dkim_input_sink(input));
}

/* Section 5.1.2: a seal with cv=fail covers its own set only, because what is below may not be a chain at all. */
static void put_chain(const struct arc_verify *chain, struct dkim_input *input)
{
	for (unsigned i = 0; chain->result.code == ARC_PASS && i < chain->count; i++) {
		dkim_canon_field(DKIM_RELAXED, &chain->sets[i].results->f, dkim_input_sink(input));
		dkim_canon_field(DKIM_RELAXED, &chain->sets[i].message->f, dkim_input_sink(input));
		dkim_canon_field(DKIM_RELAXED, &chain->sets[i].seal->f, dkim_input_sink(input));
	}
}

static int write_seal(const struct arc_verify *chain, unsigned instance, const struct dkim_signer *signer, uint64_t now,
		      struct str results, struct str message_signature, struct str *ret)
{
	struct arena *a = chain->m->a;
	struct dkim_input input;
	struct dkim_out_tag tags[] = {
		{ "a", dkim_algorithm_name(signer->algorithm) },
		{ "b", STR("") },
		{ "cv", str_c(arc_code_name(chain->result.code)) },
		{ "d", signer->domain },
		{ "i", number(a, instance) },
		{ "s", signer->selector },
		{ "t", number(a, now) },
	};
	dkim_input_init(&input);
	put_chain(chain, &input);
	put_text(results, &input);
	put_text(message_signature, &input);
	int r = write_signed(a, signer, STR("ARC-Seal"), tags, COUNT_OF(tags), &tags[1], &input, ret);
	dkim_input_done(&input);
	return r;
}

int arc_seal_end(const struct arc_seal *s, const struct arc_verify *chain, struct str results, const struct dkim_signer *signer, uint64_t now,
		 struct buf *out)
{
	struct arena *a = s->m->a;
	struct str message = STR(""), seal = STR("");
	unsigned instance = chain->count + 1;
	if (chain->result.closed || chain->result.temporary || instance > ARC_SETS_MAX)
		return E_DENIED;
	results = str_trim(results);
	struct buf text;
	buf_init(&text, FIELD_MAX);
	int r = buf_printf(&text, "ARC-Authentication-Results: i=%u; ", instance);
	if (r == OK)
		r = buf_put_str(&text, results);
	if (r == OK)
		r = buf_put(&text, "\r\n", 2);
	results = arena_dup(a, buf_str(&text));
	buf_done(&text);
	if (r == OK)
		r = write_message_signature(s, instance, signer, now, &message);
	if (r == OK)
		r = write_seal(chain, instance, signer, now, results, message, &seal);
	struct bufw w = { .b = out, .err = r };
	size_t start = out->n;
	bufw_str(&w, seal);
	bufw_str(&w, message);
	bufw_str(&w, results);
	if (w.err != OK)
		out->n = start;
	return w.err;
}
