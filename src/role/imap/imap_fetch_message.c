/* One FETCH response. Everything that can fail for one message is done before its first byte is written, so that a
 * message that has gone leaves no half of a line, and trouble with one never fails the others (B49). */
#include "role/imap/imap_fetch.h"

#include "proto/imap/imap_date.h"
#include "proto/imap/imap_write.h"
#include "proto/mime/mime_bodystructure.h"
#include "proto/mime/mime_decode.h"
#include "proto/mime/mime_envelope.h"

enum { COPY_MAX = 4096 };      /* content up to this is collected with the rest; more goes out as it lies */

static bool is_top_header(const struct mime_section *m)
{
	return m->depth == 0 &&
	       (m->what == MIME_SECTION_HEADER || m->what == MIME_SECTION_FIELDS || m->what == MIME_SECTION_FIELDS_NOT);
}

static struct imap_fetch_section section_of(const struct imap_section *from)
{
	static const enum mime_section_what what[] = {
		[IMAP_SECTION_ALL] = MIME_SECTION_ALL, [IMAP_SECTION_HEADER] = MIME_SECTION_HEADER,
		[IMAP_SECTION_FIELDS] = MIME_SECTION_FIELDS, [IMAP_SECTION_FIELDS_NOT] = MIME_SECTION_FIELDS_NOT,
		[IMAP_SECTION_TEXT] = MIME_SECTION_TEXT, [IMAP_SECTION_MIME] = MIME_SECTION_MIME,
	};
	_Static_assert(IMAP_PART_DEPTH_MAX <= MIME_SECTION_MAX_DEPTH && IMAP_FIELDS_MAX <= MIME_SECTION_MAX_FIELDS, "a section fits");
	struct imap_fetch_section s = { .asked = from };
	s.mime.what = what[from->text];
	s.mime.depth = from->part_depth;
	s.mime.field_count = from->field_count;
	if (s.mime.depth)
		memcpy(s.mime.number, from->part, s.mime.depth * sizeof s.mime.number[0]);
	if (s.mime.field_count)
		memcpy(s.mime.fields, from->fields, s.mime.field_count * sizeof s.mime.fields[0]);
	return s;
}

void imap_fetch_plan(struct imap_session *s, const struct imap_fetch *args, struct imap_fetch_plan *p)
{
	p->args = *args;
	p->needs_summary = args->items & (IMAP_FETCH_ENVELOPE | IMAP_FETCH_BODY | IMAP_FETCH_BODYSTRUCTURE | IMAP_FETCH_PREVIEW);
	p->sections = arena_new_array(&s->command, struct imap_fetch_section, args->section_count);
	for (size_t i = 0; i < args->section_count; i++) {
		const struct imap_section *from = &args->sections[i];
		struct mime_section *to = &p->sections[i].mime;
		p->sections[i] = section_of(from);
		p->needs_summary |= from->form != IMAP_FORM_BODY || to->depth || to->what != MIME_SECTION_ALL;
		p->needs_message |= !is_top_header(to);
		p->sets_seen |= !from->peek && !s->view.read_only;
	}
}

/* E_UNSUPPORTED: the content has an encoding that we cannot take away. */
static int prepare_section(struct imap_session *s, struct imap_content *c, const struct imap_fetch_section *section)
{
	const struct mime_section *m = &section->mime;
	struct mime_range range;
	struct str header;
	uint32_t part;
	if (is_top_header(m))
		return imap_content_header(s, c, &header);
	int r = imap_content_load(s, c);
	if (r == OK && (m->depth || m->what != MIME_SECTION_ALL))
		r = imap_content_parts(s, c);
	if (r != OK || section->asked->form == IMAP_FORM_BODY || m->depth == 0)
		return r;
	bool found = mime_section_locate(c->parts, c->part_count, m, &range, &part) == OK;
	return found && c->parts[part].encoding == MIME_ENCODING_OTHER ? E_UNSUPPORTED : OK;
}

/* Loads whatever the response will need. */
static int prepare(struct imap_session *s, const struct imap_fetch_plan *p, struct imap_content *c)
{
	unsigned items = p->args.items, lost = c->summary.lost;
	int r = OK;
	if ((items & (IMAP_FETCH_ENVELOPE | IMAP_FETCH_BODY | IMAP_FETCH_BODYSTRUCTURE)) && !c->summarised)
		r = imap_content_parse(s, c);
	if (r == OK && (((items & IMAP_FETCH_BODY) && (lost & MIME_LOST_BODY)) ||
			((items & IMAP_FETCH_BODYSTRUCTURE) && (lost & MIME_LOST_BODYSTRUCTURE))))
		r = imap_content_parse(s, c);
	for (size_t i = 0; r == OK && i < p->args.section_count; i++)
		r = prepare_section(s, c, &p->sections[i]);
	return r;
}

struct line { struct bufw w; bool any; };

static void item(struct line *l, const char *name)
{
	if (l->any)
		bufw_char(&l->w, ' ');
	l->any = true;
	bufw_c(&l->w, name);
}

static void number(struct line *l, const char *name, uint64_t v)
{
	item(l, name);
	bufw_u64(&l->w, v);
}

static void write_flags(struct imap_session *s, struct line *l, struct imap_message *m)
{
	item(l, "FLAGS ");
	imap_write_flags(s, &l->w, m);
	if (m->state & IMAP_ROW_CHANGED) {
		m->state &= ~(uint32_t)IMAP_ROW_CHANGED;
		s->view.changed--;
	}
}

static void write_objects(const struct imap_fetch_plan *p, struct line *l, const struct imap_message *m)
{
	char room[IMAP_EMAILID_MAX];
	if (p->args.items & IMAP_FETCH_EMAILID) {
		item(l, "EMAILID (");
		bufw_str(&l->w, imap_emailid(m->email, room));
		bufw_char(&l->w, ')');
	}
	if (p->args.items & IMAP_FETCH_THREADID)      /* the store's threads are not told of here (RFC 8474 section 5.2) */
		item(l, "THREADID NIL");
	if (p->args.items & IMAP_FETCH_SAVEDATE) {
		item(l, "SAVEDATE ");
		imap_write_date_time(&l->w, (struct date){ .unix_seconds = m->saved });
	}
}

static void write_index(struct imap_session *s, const struct imap_fetch_plan *p, struct line *l, struct imap_message *m)
{
	unsigned items = p->args.items;
	if ((p->uid && !s->uidonly) || (items & IMAP_FETCH_UID))
		number(l, "UID ", m->uid);
	if ((items & IMAP_FETCH_FLAGS) || (m->state & IMAP_ROW_CHANGED))
		write_flags(s, l, m);
	if (items & IMAP_FETCH_INTERNALDATE) {
		item(l, "INTERNALDATE ");
		imap_write_date_time(&l->w, (struct date){ .unix_seconds = m->date });
	}
	if (items & IMAP_FETCH_SIZE)
		number(l, "RFC822.SIZE ", m->size);
	write_objects(p, l, m);
	if (items & IMAP_FETCH_MODSEQ || p->args.changed_since) {
		number(l, "MODSEQ (", m->modseq);
		bufw_char(&l->w, ')');
	}
}

static void write_structure(struct imap_session *s, struct line *l, struct imap_content *c,
			    enum mime_bodystructure_form form)
{
	if (c->parsed)
		mime_bodystructure_write(&s->scratch, c->message, &c->tree, form, &l->w);
	else
		bufw_str(&l->w, form == MIME_BODY ? c->summary.body : c->summary.bodystructure);
}

static void write_summary(struct imap_session *s, const struct imap_fetch_plan *p, struct line *l,
			  struct imap_content *c)
{
	unsigned items = p->args.items;
	if (items & IMAP_FETCH_ENVELOPE) {
		item(l, "ENVELOPE ");
		if (c->summarised)
			bufw_str(&l->w, c->summary.envelope);
		else
			mime_envelope_write(&s->scratch, mime_part_header(c->message, &c->tree.parts[0]),
					    &mime_envelope_limits_default, &l->w);
	}
	if (items & IMAP_FETCH_BODY) {
		item(l, "BODY ");
		write_structure(s, l, c, MIME_BODY);
	}
	if (items & IMAP_FETCH_BODYSTRUCTURE) {
		item(l, "BODYSTRUCTURE ");
		write_structure(s, l, c, MIME_BODYSTRUCTURE);
	}
	if (items & IMAP_FETCH_PREVIEW) {
		item(l, "PREVIEW ");
		imap_write_string(&l->w, c->summary.preview, s->utf8);
	}
}

static struct str slice(const struct imap_section *asked, struct str content)
{
	if (!asked->partial)
		return content;
	struct str rest = str_skip(content, asked->origin < content.n ? (size_t)asked->origin : content.n);
	return str_first(rest, asked->length < rest.n ? (size_t)asked->length : rest.n);
}

static int render(struct imap_session *s, const struct mime_section *m, struct str header, struct str *ret)
{
	if (m->what != MIME_SECTION_FIELDS && m->what != MIME_SECTION_FIELDS_NOT) {
		*ret = header;
		return OK;
	}
	buf_clear(&s->text);
	int r = mime_section_render(header, m, &s->text);
	*ret = buf_str(&s->text);
	return r;
}

/* Multiparts and messages have no encoding: BINARY of them is BODY of them. */
static struct str decoded(struct imap_session *s, const struct imap_content *c, uint32_t part, struct str raw)
{
	const struct mime_part *p = &c->parts[part];
	return p->kind == MIME_LEAF ? mime_decode_part(&s->scratch, c->message, p, MESSAGE_MAX) : raw;
}

/* The bytes that answer a section. E_NOTFOUND: NIL. */
static int content_of(struct imap_session *s, struct imap_content *c, const struct imap_fetch_section *section,
		      struct str *ret)
{
	const struct mime_section *m = &section->mime;
	struct mime_range range;
	struct str block;
	uint32_t part;
	if (m->depth == 0 && m->what == MIME_SECTION_ALL) {
		*ret = c->message;
		return OK;
	}
	if (is_top_header(m)) {
		int r = imap_content_header(s, c, &block);
		return r == OK ? render(s, m, block, ret) : r;
	}
	int r = mime_section_locate(c->parts, c->part_count, m, &range, &part);
	if (r != OK || range.offset > c->message.n || range.length > c->message.n - range.offset)
		return E_NOTFOUND;
	block = (struct str){ c->message.p + range.offset, (size_t)range.length };
	if (section->asked->form == IMAP_FORM_BODY)
		return render(s, m, block, ret);
	*ret = decoded(s, c, part, block);
	return OK;
}

int imap_section_read(struct imap_session *s, struct imap_content *c, const struct imap_section *asked, struct str *ret)
{
	struct imap_fetch_section section = section_of(asked);
	struct str bytes;
	int r = prepare_section(s, c, &section);
	if (r == OK)
		r = content_of(s, c, &section, &bytes);
	if (r == OK)
		*ret = slice(asked, bytes);
	return r;
}

static int write_section(struct imap_session *s, const struct imap_fetch_plan *p, struct line *l,
			 struct imap_content *c, size_t i)
{
	const struct imap_section *asked = p->sections[i].asked;
	struct str content;
	item(l, "");
	bufw_str(&l->w, asked->label);
	bool found = content_of(s, c, &p->sections[i], &content) == OK;
	if (asked->form == IMAP_FORM_BINARY_SIZE)
		number(l, "", found ? content.n : 0);
	else if (!found)
		bufw_c(&l->w, " NIL");
	if (!found || asked->form == IMAP_FORM_BINARY_SIZE)
		return l->w.err;
	content = slice(asked, content);
	/* literal8 where a literal may not be: BINARY content with NUL (RFC 3516 section 4.2) */
	bufw_c(&l->w, asked->form == IMAP_FORM_BINARY && str_find(content, '\0') != STR_NPOS ? " ~{" : " {");
	bufw_u64(&l->w, content.n);
	bufw_c(&l->w, "}\r\n");
	if (content.n <= COPY_MAX) {
		bufw_str(&l->w, content);
		return l->w.err;
	}
	return l->w.err == OK ? s->env->write(s->io, content) : l->w.err;
}

static int write_line(struct imap_session *s, const struct imap_fetch_plan *p, size_t row, struct imap_content *c)
{
	struct line l = { .w = imap_out(s) };
	imap_write_fetch(s, &l.w, row);
	write_index(s, p, &l, &s->view.v[row]);
	if (c)
		write_summary(s, p, &l, c);
	for (size_t i = 0; c && i < p->args.section_count; i++) {
		int r = write_section(s, p, &l, c, i);
		if (r != OK)
			return r;
	}
	bufw_c(&l.w, ")\r\n");
	return imap_push(s, &l.w);
}

int imap_fetch_message(struct imap_session *s, struct imap_fetch_plan *p, size_t row, struct str record)
{
	struct imap_content c;
	if (!p->needs_summary && p->args.section_count == 0)
		return write_line(s, p, row, NULL);
	imap_content_init(&c, s->view.v[row].email, record);
	int r = prepare(s, p, &c);
	if (r == OK)
		r = write_line(s, p, row, &c);
	p->missed |= r == E_NOTFOUND;
	p->undecodable |= r == E_UNSUPPORTED;
	imap_load_done(s);
	return r == E_NOTFOUND || r == E_UNSUPPORTED ? OK : r;
}
