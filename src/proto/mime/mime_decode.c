#include "proto/mime/mime_decode.h"

#include "proto/header/charset.h"

enum { B64_SPACE = 64, B64_PAD, B64_JUNK };

/* Values of the alphabet, RFC 4648 section 4; the macros fill runs of bytes outside it. */
#define J4 B64_JUNK, B64_JUNK, B64_JUNK, B64_JUNK
#define J16 J4, J4, J4, J4
#define J64 J16, J16, J16, J16
static const uint8_t b64_class[256] = {
	J4, J4, B64_JUNK, B64_SPACE, B64_SPACE, B64_JUNK, B64_JUNK, B64_SPACE, B64_JUNK, B64_JUNK, J16,
	B64_SPACE, B64_JUNK, B64_JUNK, B64_JUNK, J4, B64_JUNK, B64_JUNK, B64_JUNK, 62, B64_JUNK, B64_JUNK, B64_JUNK, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, B64_JUNK, B64_JUNK, B64_JUNK, B64_PAD, B64_JUNK, B64_JUNK,
	B64_JUNK, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, B64_JUNK, J4,
	B64_JUNK, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, B64_JUNK, J4,
	J64, J64,
};

void mime_decoder_init(struct mime_decoder *d, enum mime_encoding encoding)
{
	*d = (struct mime_decoder){ .encoding = encoding };
}

/* Writes the whole bytes of an unfinished group. */
static char *b64_flush(struct mime_decoder *d, char *o)
{
	if (d->sextets == 2) {
		*o++ = (char)(d->bits >> 4);
	} else if (d->sextets == 3) {
		*o++ = (char)(d->bits >> 10);
		*o++ = (char)(d->bits >> 2);
	} else if (d->sextets == 1) {
		d->junk = true;
	}
	d->sextets = 0;
	d->bits = 0;
	return o;
}

static char *b64_byte(struct mime_decoder *d, unsigned char c, char *o)
{
	uint8_t v = b64_class[c];
	if (v == B64_PAD)
		return b64_flush(d, o);
	if (v >= B64_SPACE) {
		d->junk |= v == B64_JUNK;
		return o;
	}
	d->bits = d->bits << 6 | v;
	if (++d->sextets < 4)
		return o;
	*o++ = (char)(d->bits >> 16);
	*o++ = (char)(d->bits >> 8);
	*o++ = (char)d->bits;
	d->sextets = 0;
	d->bits = 0;
	return o;
}

/* Room for the result is there: 3 bytes for 4, and 2 of an older group. */
static char *b64_run(struct mime_decoder *d, struct str in, char *o)
{
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;
	while (p < end) {
		while (d->sextets == 0 && end - p >= 4) {
			uint32_t a = b64_class[p[0]], b = b64_class[p[1]], c = b64_class[p[2]], e = b64_class[p[3]];
			if ((a | b | c | e) & 64)
				break;
			uint32_t v = a << 18 | b << 12 | c << 6 | e;
			o[0] = (char)(v >> 16);
			o[1] = (char)(v >> 8);
			o[2] = (char)v;
			o += 3;
			p += 4;
		}
		if (p < end)
			o = b64_byte(d, *p++, o);
	}
	return o;
}

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A stretch in which every "=" is followed by all that it may need. */
static char *qp_escapes(struct mime_decoder *d, struct str s, char *o)
{
	while (s.n) {
		const char *e = memchr(s.p, '=', s.n);
		size_t plain = e ? (size_t)(e - s.p) : s.n;
		memcpy(o, s.p, plain);
		o += plain;
		s = str_skip(s, plain);
		int hi = s.n > 2 ? hex_value(s.p[1]) : -1, lo = s.n > 2 ? hex_value(s.p[2]) : -1;
		if (hi >= 0 && lo >= 0) {
			*o++ = (char)(hi << 4 | lo);
			s = str_skip(s, 3);
		} else if (s.n) {
			*o++ = '=';
			d->junk = true;
			s = str_skip(s, 1);
		}
	}
	return o;
}

/* The length of a line without its blanks and CR at the end. */
static size_t without_blanks(const char *p, size_t n)
{
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r'))
		n--;
	return n;
}

/* A line with its LF at line[n]. */
static char *qp_line(struct mime_decoder *d, const char *line, size_t n, char *o)
{
	size_t content = n && line[n - 1] == '\r' ? n - 1 : n;
	size_t text = without_blanks(line, content);
	if (text && line[text - 1] == '=')
		return qp_escapes(d, (struct str){ line, text - 1 }, o);        /* soft line break */
	o = qp_escapes(d, (struct str){ line, text }, o);
	if (content < n)
		*o++ = '\r';
	*o++ = '\n';
	return o;
}

/* How much of an unfinished line is sure: not blanks at its end, nor an escape that may go on. */
static size_t qp_sure(struct str s)
{
	size_t n = without_blanks(s.p, s.n);
	if (n && s.p[n - 1] == '=')
		return n - 1;
	if (n > 1 && n == s.n && s.p[n - 2] == '=')
		return n - 2;
	return n;
}

/* Decodes what can be decided and returns how much of in that was. */
static size_t qp_run(struct mime_decoder *d, struct str in, char **o)
{
	const char *p = in.p, *end = in.p + in.n, *lf;
	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p)))) {
		*o = qp_line(d, p, (size_t)(lf - p), *o);
		p = lf + 1;
	}
	size_t sure = p < end ? qp_sure(str_range(p, end)) : 0;
	*o = qp_escapes(d, (struct str){ p, sure }, *o);
	return (size_t)(p - in.p) + sure;
}

/* Joins what is held with more of in until it is decided; what stays undecided is held. */
static char *qp_feed(struct mime_decoder *d, struct str in, char *o)
{
	while (d->held_count && in.n) {
		size_t old = d->held_count, more = in.n < MIME_DECODE_HELD - old ? in.n : MIME_DECODE_HELD - old;
		memcpy(d->held + old, in.p, more);
		size_t done = qp_run(d, (struct str){ d->held, old + more }, &o);
		if (done < old && old + more == MIME_DECODE_HELD)
			*o++ = d->held[done++];         /* too long for a blank end: text after all */
		if (done < old) {
			memmove(d->held, d->held + done, old + more - done);
			d->held_count = old + more - done;
			in = str_skip(in, more);
		} else {
			d->held_count = 0;
			in = str_skip(in, done - old);
		}
	}
	if (in.n == 0)
		return o;
	in = str_skip(in, qp_run(d, in, &o));
	for (; in.n > MIME_DECODE_HELD; in = str_skip(in, 1))
		*o++ = in.p[0];
	if (in.n)
		memcpy(d->held, in.p, in.n);
	d->held_count = in.n;
	return o;
}

int mime_decoder_feed(struct mime_decoder *d, struct str in, struct buf *out)
{
	if (in.n == 0)
		return OK;
	if (d->encoding != MIME_BASE64 && d->encoding != MIME_QP)
		return buf_put_str(out, in);
	size_t room = d->encoding == MIME_QP ? in.n + d->held_count : (in.n + d->sextets) / 4 * 3 + 2;
	int r = buf_reserve(out, room);
	if (r != OK)
		return r;
	char *o = out->p + out->n;
	o = d->encoding == MIME_QP ? qp_feed(d, in, o) : b64_run(d, in, o);
	out->n = (size_t)(o - out->p);
	return OK;
}

int mime_decoder_end(struct mime_decoder *d, struct buf *out)
{
	int r = buf_reserve(out, d->held_count + 2);
	if (r != OK)
		return r;
	char *o = out->p + out->n;
	if (d->encoding == MIME_BASE64)
		o = b64_flush(d, o);
	size_t text = without_blanks(d->held, d->held_count);
	if (text && d->held[text - 1] == '=')
		text--;
	o = qp_escapes(d, (struct str){ d->held, text }, o);
	d->held_count = 0;
	out->n = (size_t)(o - out->p);
	return OK;
}

int mime_decode(enum mime_encoding encoding, struct str in, struct buf *out)
{
	struct mime_decoder d;
	size_t start = out->n;
	mime_decoder_init(&d, encoding);
	int r = mime_decoder_feed(&d, in, out);
	if (r == OK)
		r = mime_decoder_end(&d, out);
	if (r != OK)
		out->n = start;
	return r;
}

/* Decodes into memory of the arena: a buffer that cannot grow, fed so that it never needs to. */
static struct str decode_first(struct arena *a, enum mime_encoding encoding, struct str in, size_t max)
{
	struct mime_decoder d;
	enum { PIECE = 64 };
	size_t most = in.n < max ? in.n : max, room = most + PIECE + MIME_DECODE_HELD + 8;
	struct buf fixed = { .p = arena_alloc(a, room), .cap = room, .max = room };
	mime_decoder_init(&d, encoding);
	int r = OK;
	while (r == OK && in.n && fixed.n < most) {
		size_t piece = most - fixed.n;
		r = mime_decoder_feed(&d, str_take_n(&in, piece > PIECE ? piece : PIECE), &fixed);
	}
	if (r == OK && fixed.n < most)
		r = mime_decoder_end(&d, &fixed);
	return str_first(buf_str(&fixed), most);
}

struct str mime_decode_part(struct arena *a, struct str message, const struct mime_part *part, size_t max)
{
	struct str body = mime_part_body(message, part);
	if (part->encoding == MIME_BASE64 || part->encoding == MIME_QP)
		return decode_first(a, part->encoding, body, max);
	return str_first(body, max);
}

/* Where text was cut, its last character may be half. */
static struct str without_last_character(struct str s)
{
	for (unsigned i = 0; i < 3 && s.n && ((unsigned char)s.p[s.n - 1] & 0xc0) == 0x80; i++)
		s.n--;
	return str_first(s, s.n ? s.n - 1 : 0);
}

/* Bytes below 0x80 mean the same in these as in UTF-8: most text needs no conversion. (ISO-2022, UTF-7, HZ differ.) */
static bool is_plain(struct str charset, struct str bytes)
{
	static const struct str families[] = {
		STR_INIT("utf-8"), STR_INIT("us-ascii"), STR_INIT("iso-8859-"), STR_INIT("windows-125"),
		STR_INIT("koi8-"), STR_INIT("gb"), STR_INIT("euc-"), STR_INIT("big5"),
	};
	bool known = charset.n == 0;
	for (size_t i = 0; !known && i < COUNT_OF(families); i++)
		known = str_istarts(charset, families[i]);
	return known && str_is_ascii(bytes);
}

struct str mime_decode_text(struct arena *a, struct str message, const struct mime_part *part, size_t max)
{
	struct str bytes = mime_decode_part(a, message, part, max);
	if (bytes.n == max)
		bytes = without_last_character(bytes);
	return is_plain(part->charset, bytes) ? bytes : charset_to_utf8(a, part->charset, bytes, NULL);
}
