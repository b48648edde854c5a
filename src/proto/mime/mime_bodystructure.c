#include "proto/mime/mime_bodystructure.h"

#include "proto/header/header.h"
#include "proto/mime/mime_envelope.h"
#include "proto/mime/mime_wire.h"

struct writer {
	struct arena *scratch;
	struct str message;
	const struct mime_tree *tree;
	enum mime_bodystructure_form form;
	struct bufw *out;
	struct mime_envelope_limits envelopes;
};

static void put_space(struct writer *w) { bufw_char(w->out, ' '); }

static struct str cut(struct str s)
{
	return s.n ? utf8_first(s, MIME_BODYSTRUCTURE_TEXT) : STR("");
}

static void put_string(struct writer *w, struct str s)
{
	mime_wire_string(w->out, cut(s));
}

static void put_text(struct writer *w, struct str value)
{
	mime_wire_nstring(w->out, value.p ? cut(header_unfold(w->scratch, value)) : value);
}

/* number of the grammar has 32 bits. */
static void put_number(struct writer *w, uint64_t n)
{
	bufw_u64(w->out, n < UINT32_MAX ? n : UINT32_MAX);
}

/* body-fld-param */
static void put_params(struct writer *w, const struct content_type *ct, bool default_charset)
{
	bool first = true;
	for (size_t i = 0; i < ct->count; i++) {
		if (ct->params[i].name.n == 0)
			continue;
		bufw_char(w->out, first ? '(' : ' ');
		first = false;
		put_string(w, ct->params[i].name);
		put_space(w);
		put_string(w, ct->params[i].value);
		default_charset = default_charset && !str_istarts(ct->params[i].name, STR("charset"));
	}
	if (default_charset) {
		bufw_char(w->out, first ? '(' : ' ');
		first = false;
		bufw_c(w->out, "\"charset\" \"us-ascii\"");
	}
	bufw_c(w->out, first ? "NIL" : ")");
}

/* body-fld-dsp */
static void put_disposition(struct writer *w, const struct content_type *disposition)
{
	if (disposition->type.n == 0) {
		bufw_c(w->out, "NIL");
		return;
	}
	bufw_char(w->out, '(');
	put_string(w, disposition->type);
	put_space(w);
	put_params(w, disposition, false);
	bufw_char(w->out, ')');
}

/* body-fld-lang: the tags of RFC 3282, comma separated */
static void put_languages(struct writer *w, struct str value)
{
	size_t count = 0;
	struct str rest = value.p ? header_unfold(w->scratch, value) : STR("");
	while (rest.n && count < MIME_BODYSTRUCTURE_LANGUAGES) {
		struct str tag = str_trim(str_until(&rest, ','));
		if (tag.n == 0)
			continue;
		bufw_char(w->out, count++ ? ' ' : '(');
		put_string(w, tag);
	}
	bufw_c(w->out, count ? ")" : "NIL");
}

/* The fields that body-ext-1part and body-ext-mpart share: disposition, language, location. */
static void put_extension(struct writer *w, const struct mime_detail *d)
{
	put_space(w);
	put_disposition(w, &d->disposition);
	put_space(w);
	put_languages(w, d->language);
	put_space(w);
	put_text(w, d->location);
}

static void put_extension_1part(struct writer *w, const struct mime_detail *d)
{
	if (w->form != MIME_BODYSTRUCTURE)
		return;
	put_space(w);
	put_text(w, d->md5);
	put_extension(w, d);
}

static void put_subtype(struct writer *w, const struct mime_part *p, const struct mime_detail *d)
{
	put_string(w, str_ieq(p->subtype, d->type.subtype) ? d->type.subtype : p->subtype);
}

/* As sent, unless the parser took the type for another. */
static void put_media(struct writer *w, const struct mime_part *p, const struct mime_detail *d)
{
	put_string(w, str_ieq(p->type, d->type.type) ? d->type.type : p->type);
	put_space(w);
	put_subtype(w, p, d);
}

/* body-fields */
static void put_fields(struct writer *w, const struct mime_part *p, const struct mime_detail *d)
{
	static const char *const names[] = {
		[MIME_7BIT] = "\"7bit\"", [MIME_8BIT] = "\"8bit\"", [MIME_BINARY] = "\"binary\"",
		[MIME_QP] = "\"quoted-printable\"", [MIME_BASE64] = "\"base64\"",
	};
	put_params(w, &d->type, str_eq(p->type, STR("text")));
	put_space(w);
	put_text(w, d->id);
	put_space(w);
	put_text(w, d->description);
	put_space(w);
	if (p->encoding == MIME_ENCODING_OTHER)
		put_text(w, d->encoding);
	else
		bufw_c(w->out, names[p->encoding]);
	put_space(w);
	put_number(w, p->body_len);
}

/* All of a leaf; of a container what stands before its parts. */
static void open_part(struct writer *w, uint32_t i)
{
	const struct mime_part *p = &w->tree->parts[i];
	const struct mime_detail *d = &w->tree->details[i];
	bufw_char(w->out, '(');
	if (p->kind == MIME_MULTIPART)
		return;
	put_media(w, p, d);
	put_space(w);
	put_fields(w, p, d);
	if (p->kind == MIME_MESSAGE) {
		put_space(w);
		const struct mime_part *nested = &w->tree->parts[p->first_child];
		mime_envelope_write(w->scratch, mime_part_header(w->message, nested), &w->envelopes, w->out);
		put_space(w);
		return;
	}
	if (str_eq(p->type, STR("text"))) {
		put_space(w);
		put_number(w, p->lines);
	}
	put_extension_1part(w, d);
	bufw_char(w->out, ')');
}

/* Of a container what stands behind its parts. */
static void close_part(struct writer *w, uint32_t i)
{
	const struct mime_part *p = &w->tree->parts[i];
	const struct mime_detail *d = &w->tree->details[i];
	put_space(w);
	if (p->kind == MIME_MESSAGE) {
		put_number(w, p->lines);
		put_extension_1part(w, d);
	} else {
		put_subtype(w, p, d);
		if (w->form == MIME_BODYSTRUCTURE) {
			put_space(w);
			put_params(w, &d->type, false);
			put_extension(w, d);
		}
	}
	bufw_char(w->out, ')');
}

/* Many messages in one share the addresses that are shown: memory and answer stay bounded. */
static struct mime_envelope_limits envelope_limits(const struct mime_tree *tree)
{
	struct mime_envelope_limits limits = mime_envelope_limits_default;
	size_t messages = 1;
	for (uint32_t i = 0; i < tree->count; i++)
		messages += tree->parts[i].kind == MIME_MESSAGE;
	size_t share = 4 * limits.addresses / messages;
	if (share < limits.addresses)
		limits.addresses = share > 10 ? share : 10;
	return limits;
}

void mime_bodystructure_write(struct arena *scratch, struct str message, const struct mime_tree *tree,
                              enum mime_bodystructure_form form, struct bufw *out)
{
	struct writer w = { scratch, message, tree, form, out, envelope_limits(tree) };
	const struct mime_part *parts = tree->parts;
	uint32_t i = 0;
	for (;;) {
		open_part(&w, i);
		if (parts[i].first_child != MIME_NONE) {
			i = parts[i].first_child;
			continue;
		}
		while (parts[i].next == MIME_NONE && i != 0) {
			i = parts[i].parent;
			close_part(&w, i);
		}
		if (i == 0)
			return;
		i = parts[i].next;
	}
}
