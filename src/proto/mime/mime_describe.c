#include "proto/mime/mime_describe.h"

#include "proto/header/header.h"

struct describer {
	struct arena *a;
	struct str message;
	const struct mime_limits *limits;
	struct mime_tree *tree;
};

static struct str lower(struct arena *a, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'A' && s.p[i] <= 'Z') {
			char *p = arena_alloc(a, s.n);
			for (size_t k = 0; k < s.n; k++)
				p[k] = ascii_lower(s.p[k]);
			return (struct str){ p, s.n };
		}
	}
	return s;
}

static const struct { struct str name; size_t offset; } content_fields[] = {
	{ STR_INIT("Transfer-Encoding"), offsetof(struct mime_detail, encoding) },
	{ STR_INIT("ID"), offsetof(struct mime_detail, id) },
	{ STR_INIT("Description"), offsetof(struct mime_detail, description) },
	{ STR_INIT("MD5"), offsetof(struct mime_detail, md5) },
	{ STR_INIT("Location"), offsetof(struct mime_detail, location) },
	{ STR_INIT("Language"), offsetof(struct mime_detail, language) },
};

struct content_values { struct str type, disposition; };

static void content_field(struct describer *r, struct mime_detail *d, struct content_values *v,
                          const struct header_field *f)
{
	struct str name = str_skip(f->name, 8), *to = NULL;
	if (str_ieq(name, STR("Type")))
		to = &v->type;
	else if (str_ieq(name, STR("Disposition")))
		to = &v->disposition;
	for (size_t i = 0; !to && i < COUNT_OF(content_fields); i++)
		if (str_ieq(name, content_fields[i].name))
			to = (void *)((char *)d + content_fields[i].offset);
	if (!to)
		return;
	if (to->p || f->space_before_colon || f->after_junk)
		r->tree->flags |= MIME_AMBIGUOUS;
	if (!to->p)
		*to = f->value;
}

static void read_fields(struct describer *r, uint32_t i, struct content_values *ret)
{
	struct mime_part *p = &r->tree->parts[i];
	struct mime_detail *d = &r->tree->details[i];
	struct str block = mime_part_header(r->message, p);
	if (block.n > r->limits->header_bytes) {
		block = str_first(block, r->limits->header_bytes);
		r->tree->flags |= MIME_LIMITED;
	}
	if (!str_is_ascii(block))
		p->flags |= MIME_PART_8BIT;
	struct header_field f;
	uint32_t left = r->limits->fields;
	while (header_next(&block, &f)) {
		if (left-- == 0) {
			r->tree->flags |= MIME_LIMITED;
			break;
		}
		if (f.after_junk)
			r->tree->flags |= MIME_BAD_HEADER;
		if (f.name.n > 8 && (f.name.p[0] | 0x20) == 'c' && str_istarts(f.name, STR("Content-")))
			content_field(r, d, ret, &f);
	}
}

static enum mime_encoding encoding_of(struct arena *a, struct str value)
{
	static const struct { struct str name; enum mime_encoding encoding; } names[] = {
		{ STR_INIT("7bit"), MIME_7BIT }, { STR_INIT("8bit"), MIME_8BIT }, { STR_INIT("binary"), MIME_BINARY },
		{ STR_INIT("quoted-printable"), MIME_QP }, { STR_INIT("base64"), MIME_BASE64 },
	};
	struct content_type token = { .type = str_trim(value) };
	for (unsigned attempt = 0; attempt < 2; attempt++) {
		for (size_t i = 0; i < COUNT_OF(names); i++)
			if (str_ieq(token.type, names[i].name))
				return names[i].encoding;
		content_disposition_parse(a, value, &token);    /* again without comments and what follows the token */
	}
	return token.type.n ? MIME_ENCODING_OTHER : MIME_7BIT;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
			return false;
	return s.n > 0;
}

/* What a Content-Type without usable names stands for; RFC 2045 section 5.2 leaves it open. */
static void set_type(struct describer *r, uint32_t i, bool in_digest)
{
	struct mime_part *p = &r->tree->parts[i];
	const struct content_type *ct = &r->tree->details[i].type;
	if (ct->type.n == 0) {
		if (in_digest) {                        /* RFC 2046 section 5.1.5 */
			p->type = STR("message");
			p->subtype = STR("rfc822");
		}
	} else if (is_name(ct->type) && is_name(ct->subtype)) {
		p->type = lower(r->a, ct->type);
		p->subtype = lower(r->a, ct->subtype);
	} else if (str_ieq(ct->type, STR("multipart"))) {
		p->type = STR("multipart");
		p->subtype = STR("mixed");
	} else if (!str_ieq(ct->type, STR("text"))) {
		p->type = STR("application");
		p->subtype = STR("octet-stream");
	}
}

static void set_disposition(struct describer *r, uint32_t i, struct str value)
{
	struct mime_part *p = &r->tree->parts[i];
	struct mime_detail *d = &r->tree->details[i];
	if (value.p)
		content_disposition_parse(r->a, value, &d->disposition);
	if (str_ieq(d->disposition.type, STR("inline")))
		p->flags |= MIME_PART_INLINE;
	else if (d->disposition.type.n)                 /* RFC 2183 section 2.8: unknown ones are attachments */
		p->flags |= MIME_PART_ATTACHMENT;
	if (!content_param_text(r->a, &d->disposition, STR("filename"), &p->name) &&
	    !content_param_text(r->a, &d->type, STR("name"), &p->name))
		p->name = STR("");
}

void mime_describe_part(struct arena *a, struct str message, const struct mime_limits *limits,
                        struct mime_tree *tree, uint32_t i)
{
	struct describer describer = { a, message, limits, tree }, *r = &describer;
	struct content_values v = { { 0 }, { 0 } };
	read_fields(r, i, &v);
	struct mime_part *p = &r->tree->parts[i];
	struct mime_detail *d = &r->tree->details[i];
	if (v.type.p)
		content_type_parse(r->a, v.type, &d->type);
	const struct mime_part *parent = p->parent == MIME_NONE ? NULL : &r->tree->parts[p->parent];
	set_type(r, i, parent && mime_part_is(parent, "multipart", "digest"));
	if (d->encoding.p)
		p->encoding = (uint8_t)encoding_of(r->a, d->encoding);
	if (v.type.p || v.disposition.p)
		set_disposition(r, i, v.disposition);
	if (!content_param_find(r->a, &d->type, STR("charset"), &p->charset))
		p->charset = STR("");
	if (d->id.p)
		p->id = header_unfold(r->a, d->id);
}

/* Two parameters of that name have two readings. */
struct str mime_describe_boundary(struct arena *a, struct mime_tree *tree, uint32_t i)
{
	enum { BOUNDARY_MAX = 1000 };       /* RFC 2046 allows 70; a longer one than this is no boundary */
	const struct content_type *ct = &tree->details[i].type;
	struct str b;
	unsigned seen = 0;
	for (size_t k = 0; k < ct->count; k++)
		seen += str_istarts(ct->params[k].name, STR("boundary"));
	if (seen > 1)
		tree->flags |= MIME_AMBIGUOUS;
	if (!seen || !content_param_find(a, ct, STR("boundary"), &b))
		return STR("");
	while (b.n && ascii_is_space(b.p[b.n - 1]))
		b.n--;
	return b.n > BOUNDARY_MAX || str_find(b, '\n') != STR_NPOS ? STR("") : b;
}

static bool is_signature(const struct mime_part *p)
{
	return mime_part_is(p, "application", "pgp-signature") || mime_part_is(p, "application", "pkcs7-signature") ||
	       mime_part_is(p, "application", "x-pkcs7-signature");
}

static bool is_attachment(const struct mime_part *p)
{
	if (p->kind == MIME_MULTIPART || is_signature(p))
		return false;
	if (p->flags & MIME_PART_ATTACHMENT || (p->kind == MIME_MESSAGE && p->depth > 0))
		return true;
	return p->name.n && !p->id.n && !(p->flags & MIME_PART_INLINE);
}

static unsigned protection_of(struct arena *a, const struct mime_part *p, const struct mime_detail *d)
{
	struct str what;
	if (mime_part_is(p, "multipart", "signed"))
		return MIME_IS_SIGNED;
	if (mime_part_is(p, "multipart", "encrypted"))
		return MIME_IS_ENCRYPTED;
	if (!mime_part_is(p, "application", "pkcs7-mime") && !mime_part_is(p, "application", "x-pkcs7-mime"))
		return 0;
	if (!content_param_find(a, &d->type, STR("smime-type"), &what) || str_ieq(what, STR("enveloped-data")) ||
	    str_ieq(what, STR("authEnveloped-data")))
		return MIME_IS_ENCRYPTED;
	return str_ieq(what, STR("signed-data")) ? MIME_IS_SIGNED : 0;
}

void mime_describe_tree(struct arena *a, struct mime_tree *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		const struct mime_part *p = &t->parts[i];
		if (is_attachment(p))
			t->flags |= MIME_HAS_ATTACHMENT;
		if (p->flags & MIME_PART_8BIT)
			t->flags |= MIME_HEADER_8BIT;
		t->flags |= protection_of(a, p, &t->details[i]);
	}
	if (t->parts[0].kind == MIME_MULTIPART)
		t->flags |= MIME_IS_MULTIPART;
}
