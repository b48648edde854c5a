#include "proto/dkim/dkim_sign.h"

#include "base/base64.h"

enum { FIELD_MAX = 64 << 10 };

/* What is signed, and whether one time more than it occurs (A34). */
static const struct { struct str name; bool once_more; } signed_fields[] = {
	{ STR_INIT("From"), true },
	{ STR_INIT("Sender"), true },
	{ STR_INIT("Reply-To"), true },
	{ STR_INIT("To"), true },
	{ STR_INIT("Cc"), true },
	{ STR_INIT("Subject"), true },
	{ STR_INIT("Date"), true },
	{ STR_INIT("Message-ID"), true },
	{ STR_INIT("In-Reply-To"), true },
	{ STR_INIT("References"), true },
	{ STR_INIT("MIME-Version"), true },
	{ STR_INIT("Content-Type"), true },
	{ STR_INIT("Content-Transfer-Encoding"), true },
	{ STR_INIT("Content-Disposition"), false },
	{ STR_INIT("Content-ID"), false },
	{ STR_INIT("Content-Language"), false },
	{ STR_INIT("List-Id"), false },
	{ STR_INIT("List-Help"), false },
	{ STR_INIT("List-Unsubscribe"), false },
	{ STR_INIT("List-Unsubscribe-Post"), false },   /* RFC 8058 section 4 wants both */
	{ STR_INIT("List-Subscribe"), false },
	{ STR_INIT("List-Post"), false },
	{ STR_INIT("List-Owner"), false },
	{ STR_INIT("List-Archive"), false },
	{ STR_INIT("Auto-Submitted"), false },
	{ STR_INIT("Feedback-ID"), false },
	{ STR_INIT("Autocrypt"), false },
};

struct names { struct str *names; size_t count, cap; };

static void add_name(const struct dkim_message *m, struct str name, bool once_more, struct names *ret)
{
	size_t times = once_more;
	for (const struct dkim_field *f = dkim_message_find(m, name, NULL); f; f = dkim_message_find(m, name, f))
		times++;
	while (times-- > 0)
		*(struct str *)arena_push(m->a, &ret->names, &ret->count, &ret->cap, sizeof name) = name;
}

int dkim_sign_names(const struct dkim_message *m, struct str extra, struct str **ret, size_t *ret_count)
{
	struct names n = { .count = 0 };
	for (size_t i = 0; i < COUNT_OF(signed_fields); i++)
		add_name(m, signed_fields[i].name, signed_fields[i].once_more, &n);
	if (extra.n)
		add_name(m, extra, false, &n);
	if (m->too_many || n.count > DKIM_NAMES_MAX)
		return E_TOOBIG;
	*ret = n.names;
	*ret_count = n.count;
	return OK;
}

int dkim_sign_begin(struct dkim_sign *s, struct dkim_message *m)
{
	struct dkim_sign sign = { .m = m };
	const struct dkim_field *from = dkim_message_find(m, STR("From"), NULL);
	if (m->too_many)
		return E_TOOBIG;
	if (m->odd_start || !from || dkim_message_find(m, STR("From"), from))
		return E_SYNTAX;
	int r = dkim_sign_names(m, STR(""), &sign.names, &sign.name_count);
	if (r != OK)
		return r;
	sign.want = dkim_message_want(m, DKIM_RELAXED, DKIM_NO_LIMIT);
	if (!sign.want)
		return E_TOOBIG;
	*s = sign;
	return OK;
}

static struct str base64(struct arena *a, struct str bytes, int *reterr)
{
	struct buf text;
	buf_init(&text, bytes.n * 2 + 4);
	*reterr = base64_encode(&text, bytes);
	struct str s = arena_dup(a, buf_str(&text));
	buf_done(&text);
	return s;
}

void dkim_input_init(struct dkim_input *i)
{
	buf_init(&i->bytes, DKIM_INPUT_MAX);
	i->w = (struct bufw){ .b = &i->bytes };
}

void dkim_input_done(struct dkim_input *i) { buf_done(&i->bytes); }

static void put_input(void *ctx, struct str bytes) { bufw_str(ctx, bytes); }
struct dkim_sink dkim_input_sink(struct dkim_input *i) { return (struct dkim_sink){ put_input, &i->w }; }

int dkim_input_sign(struct arena *a, const struct dkim_signer *signer, const struct dkim_input *i, struct str *ret)
{
	struct buf signature;
	if (i->w.err != OK)
		return i->w.err;
	buf_init(&signature, DKIM_SIGNATURE_MAX);
	int r = signer->sign(signer->ctx, signer->algorithm, buf_str(&i->bytes), &signature);
	struct str text = STR("");
	if (r == OK)
		text = base64(a, buf_str(&signature), &r);
	buf_done(&signature);
	if (r == OK)
		*ret = text;
	return r;
}

static struct str number(struct arena *a, uint64_t n) { return arena_printf(a, "%llu", (unsigned long long)n); }

/* The field with an empty b= stands behind the fields that it signs; tags[last] is b=. */
static int sign_field(const struct dkim_sign *s, const struct dkim_signer *signer, struct dkim_out_tag *tags, size_t count, struct buf *field)
{
	struct dkim_input input;
	size_t hole = 0;
	int r = dkim_field_write(field, STR("DKIM-Signature"), tags, count, DKIM_COLUMNS, &hole);
	if (r != OK)
		return r;
	dkim_input_init(&input);
	dkim_message_put_fields(s->m, DKIM_RELAXED, s->names, s->name_count, NULL, dkim_input_sink(&input));
	dkim_field_put(buf_str(field), hole, dkim_input_sink(&input));
	r = dkim_input_sign(s->m->a, signer, &input, &tags[count - 1].value);
	dkim_input_done(&input);
	buf_clear(field);
	return r == OK ? dkim_field_write(field, STR("DKIM-Signature"), tags, count, DKIM_COLUMNS, &hole) : r;
}

int dkim_sign_end(const struct dkim_sign *s, const struct dkim_signer *signer, uint64_t now, uint64_t lifetime, struct buf *out)
{
	struct arena *a = s->m->a;
	int r;
	struct str body = base64(a, (struct str){ (const char *)s->want->digest, DKIM_HASH_SIZE }, &r);
	if (r != OK)
		return r;
	struct dkim_out_tag tags[] = {
		{ "v", STR("1") },
		{ "a", dkim_algorithm_name(signer->algorithm) },
		{ "c", STR("relaxed/relaxed") },
		{ "d", signer->domain },
		{ "s", signer->selector },
		{ "t", number(a, now) },
		{ "h", dkim_names_join(a, s->names, s->name_count) },
		{ "bh", body },
		{ "x", number(a, now + lifetime) },
		{ "b", STR("") },
	};
	struct buf field;
	size_t count = COUNT_OF(tags);
	if (lifetime == 0) {
		tags[count - 2] = tags[count - 1];
		count--;
	}
	buf_init(&field, FIELD_MAX);
	r = sign_field(s, signer, tags, count, &field);
	if (r == OK)
		r = buf_put_str(out, buf_str(&field));
	buf_done(&field);
	return r;
}
