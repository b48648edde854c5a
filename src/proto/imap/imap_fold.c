#include "proto/imap/imap_fold.h"

#include "base/utf8.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

static struct str fold_ascii(struct arena *a, struct str text)
{
	char *p = arena_alloc(a, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		p[i] = ascii_lower(text.p[i]);
	return (struct str){ p, text.n };
}

static size_t first_non_ascii(struct str text)
{
	size_t i = 0;
	while (i < text.n && (unsigned char)text.p[i] < 0x80)
		i++;
	return i;
}

struct utf16 { UChar *p; int32_t n; };

static void append(struct utf16 *u, uint32_t c)
{
	if (c >= 0x10000)
		u->p[u->n++] = (UChar)(0xd800 + ((c - 0x10000) >> 10));
	u->p[u->n++] = (UChar)(c >= 0x10000 ? 0xdc00 + ((c - 0x10000) & 0x3ff) : c);
}

static struct utf16 decode(struct arena *a, struct str text)
{
	struct utf16 u = { arena_alloc(a, 2 * (text.n + 1)), 0 };
	while (text.n)
		append(&u, utf8_take(&text));
	return u;
}

static struct str encode(struct arena *a, struct utf16 u)
{
	char *p = arena_alloc(a, 3 * (size_t)u.n + 1);
	size_t n = 0;
	for (int32_t i = 0; i < u.n; i++) {
		uint32_t c = u.p[i];
		if (U16_IS_LEAD(c) && i + 1 < u.n)
			c = 0x10000 + ((c - 0xd800) << 10) + (u.p[++i] - 0xdc00u);
		n += utf8_encode(c, p + n);
	}
	return (struct str){ p, n };
}

struct str imap_fold(struct arena *a, struct str text)
{
	enum { GROWTH = 18, MOST = INT32_MAX / 64 };      /* NFKC makes 18 units of one at most (U+FDFA) */
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&e);
	if (first_non_ascii(text) == text.n || text.n > MOST || U_FAILURE(e) || !utf8_valid(text))
		return fold_ascii(a, text);
	struct utf16 in = decode(a, text);
	int32_t room = in.n + in.n / 2 + 64;
	struct utf16 out = { arena_alloc(a, 2 * (size_t)room), 0 };
	out.n = unorm2_normalize(fold, in.p, in.n, out.p, room, &e);
	if (e == U_BUFFER_OVERFLOW_ERROR) {
		room = GROWTH * in.n + 64;
		out.p = arena_alloc(a, 2 * (size_t)room);
		e = U_ZERO_ERROR;
		out.n = unorm2_normalize(fold, in.p, in.n, out.p, room, &e);
	}
	return U_FAILURE(e) ? fold_ascii(a, text) : encode(a, out);
}
