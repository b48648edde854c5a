#include "proto/mime/mime_parse.h"

#include "proto/mime/mime_describe.h"

const struct mime_limits mime_limits_default = {
	.depth = 50, .parts = 1000, .header_bytes = 1024 * 1024, .fields = 10000,
};

/* A multipart or message whose end was not seen yet. */
struct frame {
	uint32_t part, last_child;
	struct str boundary;            /* empty: no delimiter of it is looked for (any more) */
};

struct parser {
	struct arena *a;
	struct str message;
	const struct mime_limits *limits;
	struct mime_tree *tree;
	size_t part_count, part_cap, detail_count, detail_cap;
	struct frame *frames;
	size_t frame_count, active;     /* active: frames with a boundary */
	uint32_t leaf;                  /* the leaf whose body we are in, or MIME_NONE */
	size_t pos;                     /* always the start of a line */
	uint64_t lines;                 /* LF bytes before pos */
};

struct delimiter { size_t start, frame; uint64_t lines; bool closing, odd; };     /* odd: text behind the boundary */

static struct frame *top_frame(struct parser *ps)
{
	return ps->frame_count ? &ps->frames[ps->frame_count - 1] : NULL;
}

/* A new part as the last child of the innermost frame, header and body empty at offset. */
static uint32_t add_part(struct parser *ps, size_t offset)
{
	struct mime_tree *t = ps->tree;
	uint32_t i = t->count++;
	struct mime_part *p = arena_push(ps->a, &t->parts, &ps->part_count, &ps->part_cap, sizeof *p);
	struct mime_detail *d = arena_push(ps->a, &t->details, &ps->detail_count, &ps->detail_cap, sizeof *d);
	*d = (struct mime_detail){ 0 };
	*p = (struct mime_part){
		.parent = MIME_NONE, .first_child = MIME_NONE, .next = MIME_NONE, .header = offset, .body = offset,
		.type = STR("text"), .subtype = STR("plain"), .charset = STR(""), .name = STR(""), .id = STR(""),
	};
	struct frame *f = top_frame(ps);
	if (!f)
		return i;
	p->parent = f->part;
	p->depth = (uint16_t)(t->parts[f->part].depth + 1);
	if (f->last_child == MIME_NONE)
		t->parts[f->part].first_child = i;
	else
		t->parts[f->last_child].next = i;
	f->last_child = i;
	return i;
}

/* RFC 2046 section 5.1.1. The longest boundary that fits, and the innermost of equals. */
static bool match_boundary(const struct parser *ps, struct str line, struct delimiter *ret)
{
	size_t best = 0;
	for (size_t f = ps->frame_count; f-- > 0; ) {
		struct str b = ps->frames[f].boundary;
		if (b.n > best && b.n <= line.n && memcmp(b.p, line.p, b.n) == 0) {
			best = b.n;
			ret->frame = f;
		}
	}
	struct str behind = str_skip(line, best);
	ret->closing = best && str_starts(behind, STR("--"));
	ret->odd = !ret->closing && str_trim(behind).n > 0;
	return best > 0;
}

static bool at_delimiter(const struct parser *ps, size_t pos, size_t end, struct delimiter *ret)
{
	const char *p = ps->message.p + pos;
	return end - pos > 2 && p[0] == '-' && p[1] == '-' && ps->active &&
	       match_boundary(ps, str_range(p + 2, ps->message.p + end), ret);
}

static size_t line_end(const struct parser *ps, size_t pos)
{
	const char *lf = memchr(ps->message.p + pos, '\n', ps->message.n - pos);
	return lf ? (size_t)(lf - ps->message.p) + 1 : ps->message.n;
}

static uint64_t count_lf(const char *p, size_t n)
{
	enum { RUN = 128 };             /* a byte counts that far, and a fixed length lets the compiler use vectors */
	uint64_t total = 0;
	for (; n >= RUN; p += RUN, n -= RUN) {
		unsigned char count = 0;
		for (size_t i = 0; i < RUN; i++)
			count = (unsigned char)(count + (p[i] == '\n'));
		total += count;
	}
	for (size_t i = 0; i < n; i++)
		total += p[i] == '\n';
	return total;
}

/* The next delimiter line of an open multipart, position behind it; without one false, position at the end. */
static bool next_delimiter(struct parser *ps, struct delimiter *ret)
{
	size_t n = ps->message.n;
	while (ps->active && ps->pos < n) {
		size_t start = ps->pos, end = line_end(ps, start);
		ps->pos = end;
		if (at_delimiter(ps, start, end, ret)) {
			ret->start = start;
			ret->lines = ps->lines;
			ps->tree->flags |= ret->odd ? MIME_AMBIGUOUS : 0;
			ps->lines += ps->message.p[end - 1] == '\n';
			return true;
		}
		ps->lines += ps->message.p[end - 1] == '\n';
	}
	ps->lines += count_lf(ps->message.p + ps->pos, n - ps->pos);
	ps->pos = n;
	return false;
}

/* Moves behind the header that starts here: behind its empty line, to a delimiter, or to the end. */
static void skip_header(struct parser *ps)
{
	const char *m = ps->message.p;
	struct delimiter unused;
	while (ps->pos < ps->message.n) {
		size_t start = ps->pos, end = line_end(ps, start);
		if (at_delimiter(ps, start, end, &unused)) {
			ps->tree->flags |= MIME_BAD_HEADER;
			return;
		}
		ps->pos = end;
		ps->lines += m[end - 1] == '\n';
		if (m[start] == '\n' || (m[start] == '\r' && end - start == 2 && m[start + 1] == '\n'))
			return;
	}
}

/* A boundary that begins like that of an open multipart can be taken for it. */
static struct str boundary_of(struct parser *ps, uint32_t i)
{
	struct str b = mime_describe_boundary(ps->a, ps->tree, i);
	for (size_t f = 0; f < ps->frame_count; f++) {
		struct str o = ps->frames[f].boundary;
		if (o.n && b.n && (str_starts(o, b) || str_starts(b, o)))
			ps->tree->flags |= MIME_AMBIGUOUS;
	}
	return b;
}

static void push_frame(struct parser *ps, uint32_t part, struct str boundary)
{
	ps->frames[ps->frame_count++] = (struct frame){ .part = part, .last_child = MIME_NONE, .boundary = boundary };
	ps->active += boundary.n > 0;
}

/* The header is behind us: says whether a nested message begins here. */
static bool enter_body(struct parser *ps, uint32_t i)
{
	struct mime_part *p = &ps->tree->parts[i];
	bool multipart = mime_part_is(p, "multipart", NULL);
	bool message = mime_part_is(p, "message", "rfc822") || mime_part_is(p, "message", "global");
	p->kind = multipart ? MIME_MULTIPART : message ? MIME_MESSAGE : MIME_LEAF;
	ps->leaf = MIME_NONE;
	if (p->kind == MIME_LEAF) {
		ps->leaf = i;
		return false;
	}
	if (p->encoding > MIME_BINARY)          /* RFC 2045 section 6.4 forbids it; we read the bytes as they are */
		ps->tree->flags |= MIME_AMBIGUOUS;
	bool room = p->depth < ps->limits->depth && ps->tree->count < ps->limits->parts;
	if (!room)
		ps->tree->flags |= MIME_LIMITED;
	push_frame(ps, i, room && multipart ? boundary_of(ps, i) : STR(""));
	return room && message;
}

/* A part begins at the position; with it the messages that begin at once inside it. */
static void open_part(struct parser *ps)
{
	for (bool nested = true; nested; ) {
		uint32_t i = add_part(ps, ps->pos);
		skip_header(ps);
		struct mime_part *p = &ps->tree->parts[i];
		p->header_len = ps->pos - p->header;
		p->body = ps->pos;
		p->lines = ps->lines;           /* the count at the start of the body, until the part ends */
		mime_describe_part(ps->a, ps->message, ps->limits, ps->tree, i);
		nested = enter_body(ps, i);
	}
}

struct ending { size_t end, at; uint64_t lines, lines_at; };

/* The part ends before the line break of the delimiter, except where its header ends at that line: then at the line. */
static void end_part(struct parser *ps, uint32_t i, struct ending *e)
{
	struct mime_part *p = &ps->tree->parts[i];
	if (e->end < p->body) {
		e->end = e->at;
		e->lines = e->lines_at;
	}
	p->body_len = e->end - p->body;
	p->lines = e->lines - p->lines;
}

/* The part of a container without any: its whole body. */
static void imply_part(struct parser *ps)
{
	uint32_t container = top_frame(ps)->part, i = add_part(ps, ps->tree->parts[container].body);
	struct mime_part *p = &ps->tree->parts[i], *of = &ps->tree->parts[container];
	p->body_len = of->body_len;
	p->lines = of->lines;
	p->flags = MIME_PART_IMPLIED;
	if (of->kind == MIME_MULTIPART) {
		p->encoding = of->encoding == MIME_ENCODING_OTHER ? MIME_8BIT : of->encoding;
		ps->tree->flags |= MIME_NO_PARTS;
	}
}

static void pop_frame(struct parser *ps, struct ending *e)
{
	struct frame *f = top_frame(ps);
	end_part(ps, f->part, e);
	if (f->last_child == MIME_NONE)
		imply_part(ps);
	if (f->boundary.n) {
		ps->tree->flags |= MIME_UNCLOSED;
		ps->active--;
	}
	ps->frame_count--;
}

/* Ends the open leaf and all frames but the outermost keep ones. */
static void close_parts(struct parser *ps, size_t keep, struct ending e)
{
	if (ps->leaf != MIME_NONE)
		end_part(ps, ps->leaf, &e);
	ps->leaf = MIME_NONE;
	while (ps->frame_count > keep)
		pop_frame(ps, &e);
}

static struct ending ending_before(const struct parser *ps, const struct delimiter *d)
{
	const char *m = ps->message.p;
	size_t end = d->start;
	struct ending e = { .at = d->start, .lines_at = d->lines, .lines = d->lines };
	if (end && m[end - 1] == '\n') {
		end--;
		e.lines--;
		if (end && m[end - 1] == '\r')
			end--;
	}
	e.end = end;
	return e;
}

void mime_parse(struct arena *a, struct str message, const struct mime_limits *limits, struct mime_tree *ret)
{
	*ret = (struct mime_tree){ 0 };
	if (!message.p)
		message = STR("");
	struct parser ps = { .a = a, .message = message, .limits = limits, .tree = ret, .leaf = MIME_NONE };
	ps.frames = arena_new_array(a, struct frame, (size_t)limits->depth + 2);
	open_part(&ps);
	struct delimiter d;
	while (next_delimiter(&ps, &d)) {
		if (!d.closing && ret->count >= limits->parts) {
			ret->flags |= MIME_LIMITED;
			ps.lines += count_lf(message.p + ps.pos, message.n - ps.pos);
			ps.pos = message.n;
			break;
		}
		close_parts(&ps, d.frame + 1, ending_before(&ps, &d));
		if (d.closing) {
			top_frame(&ps)->boundary.n = 0;
			ps.active--;
		} else {
			open_part(&ps);
		}
	}
	struct ending end = { .end = message.n, .at = message.n, .lines = ps.lines, .lines_at = ps.lines };
	close_parts(&ps, 0, end);
	ret->lines = ps.lines;
	mime_describe_tree(a, ret);
}

struct str mime_part_header(struct str message, const struct mime_part *part)
{
	return str_first(str_skip(message, part->header), part->header_len);
}

struct str mime_part_body(struct str message, const struct mime_part *part)
{
	return str_first(str_skip(message, part->body), part->body_len);
}

bool mime_part_is(const struct mime_part *part, const char *type, const char *subtype)
{
	return str_eq(part->type, str_c(type)) && (!subtype || str_eq(part->subtype, str_c(subtype)));
}
