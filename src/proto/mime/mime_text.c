#include "proto/mime/mime_text.h"

#include "proto/mime/mime_decode.h"
#include "proto/mime/mime_html.h"

void mime_text_start(struct mime_text_iter *it, struct str message, const struct mime_part *parts, uint32_t count,
                     unsigned flags, size_t max)
{
	*it = (struct mime_text_iter){ .message = message, .parts = parts, .count = count, .flags = flags, .max = max };
}

static bool wanted(const struct mime_text_iter *it, const struct mime_part *p)
{
	return p->kind == MIME_LEAF && mime_part_is(p, "text", NULL) &&
	       (it->flags & MIME_TEXT_ATTACHED || !(p->flags & MIME_PART_ATTACHMENT));
}

static struct str part_text(struct arena *a, struct str message, const struct mime_part *p, size_t decode, size_t max)
{
	struct str text = mime_decode_text(a, message, p, decode);
	return mime_part_is(p, "text", "html") ? mime_html_text(a, text, max) : text;
}

bool mime_text_next(struct mime_text_iter *it, struct arena *a, struct str *ret, uint32_t *ret_part)
{
	while (it->next < it->count) {
		uint32_t i = it->next++;
		if (!wanted(it, &it->parts[i]))
			continue;
		*ret = part_text(a, it->message, &it->parts[i], it->max, SIZE_MAX);
		if (ret_part)
			*ret_part = i;
		return true;
	}
	return false;
}

/* Characters that senders use to fill previews: soft hyphen, joiners, direction marks, byte order mark. */
static bool invisible(uint32_t c)
{
	return c >= 0xad && (c == 0xad || c == 0x34f || c == 0x61c || c == 0xfeff || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x180e);
}

static bool blank(uint32_t c)
{
	return c <= ' ' || (c >= 0x7f && c <= 0xa0) || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
	       c == 0x3000;
}

/* *ret_full: the preview has all the characters it may have. */
static struct str collapse(struct arena *a, struct str text, bool *ret_full)
{
	char *out = arena_alloc(a, MIME_PREVIEW_CHARS * 4 + 4);
	size_t n = 0, chars = 0;
	bool space = false;
	while (text.n && chars < MIME_PREVIEW_CHARS) {
		const char *from = text.p;
		uint32_t c = (unsigned char)*from;
		if (c < 0x80)
			text = (struct str){ from + 1, text.n - 1 };
		else
			c = utf8_take(&text);
		if (c == UTF8_BAD || invisible(c))
			continue;
		if (blank(c)) {
			space = chars > 0;
			continue;
		}
		if (space && ++chars == MIME_PREVIEW_CHARS)
			break;
		if (space)
			out[n++] = ' ';
		space = false;
		chars++;
		while (from < text.p)
			out[n++] = *from++;
	}
	*ret_full = chars == MIME_PREVIEW_CHARS;
	return (struct str){ out, n };
}

/* The beginning mostly gives enough; HTML, which begins with much that is no text, may need more. */
static struct str preview_of(struct arena *a, struct str message, const struct mime_part *p)
{
	static const size_t pieces[][2] = { { 600, 16 * 1024 }, { 8 * 1024, 128 * 1024 } };
	enum { ENOUGH = MIME_PREVIEW_CHARS * 8 };       /* bytes of text, blanks and invisible characters among them */
	const size_t *piece = pieces[mime_part_is(p, "text", "html")];
	bool full;
	struct str preview = collapse(a, part_text(a, message, p, piece[0], ENOUGH), &full);
	if (!full && p->body_len > piece[0])
		preview = collapse(a, part_text(a, message, p, piece[1], ENOUGH), &full);
	return preview;
}

struct str mime_preview(struct arena *a, struct str message, const struct mime_part *parts, uint32_t count)
{
	enum { TRIES = 8 };             /* text parts without text before we give up */
	struct mime_text_iter it;
	mime_text_start(&it, message, parts, count, 0, 0);
	unsigned tries = 0;
	for (uint32_t i = 0; i < count && tries < TRIES; i++) {
		if (!wanted(&it, &parts[i]))
			continue;
		tries++;
		struct str preview = preview_of(a, message, &parts[i]);
		if (preview.n)
			return preview;
	}
	return STR("");
}
