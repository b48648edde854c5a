#include "proto/header/encoded_word.h"

#include "proto/header/charset.h"
#include "proto/header/header.h"
#include "proto/header/header_lex.h"
#include "proto/header/header_text.h"

enum { CHARSET_NAME_MAX = 64 };

struct word {
	struct str charset, text;
	char encoding;
};

/* State of one value: bytes of neighbouring words of one charset wait in raw, to be converted together. */
struct decoder {
	struct arena *a;
	struct header_text out, raw;
	struct str charset;
	bool no_more; /* no "?=" is left: don't search for it again and again */
};

/* "=?charset*language?", "=?charset?" */
static bool take_charset(struct str *s, struct str *ret)
{
	if (!str_take(s, STR("=?")))
		return false;
	size_t end = str_find(str_first(*s, CHARSET_NAME_MAX), '?');
	if (end == 0 || end == STR_NPOS)
		return false;
	struct str name = str_take_n(s, end);
	for (size_t i = 0; i < name.n; i++)
		if (ascii_is_space(name.p[i]))
			return false;
	*ret = str_until(&name, '*');
	*s = str_skip(*s, 1);
	return true;
}

static bool take_word(struct decoder *d, struct str *s, struct word *ret)
{
	struct str in = *s;
	if (d->no_more || !take_charset(&in, &ret->charset) || in.n < 2 || in.p[1] != '?')
		return false;
	ret->encoding = ascii_lower(in.p[0]);
	if (ret->encoding != 'q' && ret->encoding != 'b')
		return false;
	in = str_skip(in, 2);
	size_t end = str_search(in, STR("?="));
	if (end == STR_NPOS) {
		d->no_more = true;
		return false;
	}
	ret->text = str_take_n(&in, end);
	*s = str_skip(in, 2);
	return true;
}

static void skip_folding(struct str *s)
{
	while (s->n && ascii_is_space(s->p[0]))
		*s = str_skip(*s, 1);
}

static void decode_q(struct header_text *out, struct str s)
{
	while (s.n) {
		int coded = header_hex_escape(s, '=');
		if (s.p[0] == '\r' || s.p[0] == '\n') {
			skip_folding(&s);
			continue;
		}
		header_text_char(out, coded >= 0 ? (char)coded : s.p[0] == '_' ? ' ' : s.p[0]);
		s = str_skip(s, coded >= 0 ? 3 : 1);
	}
}

static int base64_value(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

/* Whatever is no base64 is skipped; padding starts a new quartet; bits that make no byte are dropped. */
static void decode_b(struct header_text *out, struct str s)
{
	unsigned bits = 0, value = 0;
	for (size_t i = 0; i < s.n; i++) {
		int v = base64_value(s.p[i]);
		if (s.p[i] == '=')
			bits = 0;
		if (v < 0)
			continue;
		value = (value << 6 | (unsigned)v) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			header_text_char(out, (char)(value >> bits & 0xff));
		}
	}
}

static void flush_raw(struct decoder *d)
{
	if (d->raw.n)
		header_text_str(&d->out, charset_to_utf8(d->a, d->charset, header_text_view(&d->raw), NULL));
	d->raw.n = 0;
}

static void put_word(struct decoder *d, const struct word *w)
{
	if (!str_ieq(w->charset, d->charset))
		flush_raw(d);
	d->charset = w->charset;
	if (w->encoding == 'q')
		decode_q(&d->raw, w->text);
	else
		decode_b(&d->raw, w->text);
}

static void put_plain(struct decoder *d, struct str plain)
{
	flush_raw(d);
	header_text_str(&d->out, charset_to_utf8(d->a, STR(""), header_unfold(d->a, plain), NULL));
}

/* header_unfold trims; the white space around a plain piece belongs to the text, one line end of folding does not. */
static void put_spaces(struct decoder *d, struct str spaces)
{
	flush_raw(d);
	for (size_t i = 0; i < spaces.n; i++)
		if (spaces.p[i] == ' ' || spaces.p[i] == '\t')
			header_text_char(&d->out, ' ');
}

/* Takes what is no encoded word: up to the next "=?" that may start one, or the end. */
static struct str take_plain(struct str *s)
{
	struct str next = str_skip(*s, 1);
	size_t at = str_search(next, STR("=?"));
	return str_take_n(s, at == STR_NPOS ? s->n : at + 1);
}

static void put_text(struct decoder *d, struct str text)
{
	struct str core = str_trim(text);
	if (core.n == 0) {
		put_spaces(d, text);
		return;
	}
	put_spaces(d, str_range(text.p, core.p));
	put_plain(d, core);
	put_spaces(d, str_range(core.p + core.n, text.p + text.n));
}

static struct str without_controls(struct header_text *t)
{
	for (size_t i = 0; i < t->n; i++)
		if ((unsigned char)t->p[i] < ' ' || t->p[i] == 0x7f)
			t->p[i] = ' ';
	return str_trim(header_text_view(t));
}

static bool is_blank(struct str s) { return str_trim(s).n == 0; }

struct str encoded_word_decode(struct arena *a, struct str value)
{
	struct decoder d = { .a = a, .out = { .a = a }, .raw = { .a = a }, .charset = STR("") };
	struct str rest = str_trim(value), plain = { rest.p, 0 };
	bool after_word = false;
	while (rest.n) {
		struct word w;
		if (!take_word(&d, &rest, &w)) {
			plain.n += take_plain(&rest).n;
			continue;
		}
		if (plain.n && !(after_word && is_blank(plain)))
			put_text(&d, plain);
		put_word(&d, &w);
		after_word = true;
		plain = (struct str){ rest.p, 0 };
	}
	if (plain.n)
		put_text(&d, plain);
	flush_raw(&d);
	return without_controls(&d.out);
}
