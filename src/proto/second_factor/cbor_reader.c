#include "proto/second_factor/cbor_reader.h"

enum { MAJOR_SIMPLE = 7, SIMPLE_FALSE = 20, SIMPLE_NULL = 22, INLINE_MOST = 23, WIDEST = 27 };

struct cbor cbor_of(struct str bytes)
{
	return (struct cbor){ bytes, OK };
}

static void fail(struct cbor *c)
{
	c->err = E_SYNTAX;
	c->rest = STR("");
}

/* The major type of the next item, or one that there is not. */
static unsigned major(const struct cbor *c)
{
	return c->err == OK && c->rest.n ? (unsigned char)c->rest.p[0] >> 5 : 8;
}

enum cbor_kind cbor_peek(const struct cbor *c)
{
	unsigned m = major(c);
	return m <= CBOR_MAP ? (enum cbor_kind)m : CBOR_OTHER;
}

/* RFC 8949 3: the argument of an item's head, in its shortest form. */
static uint64_t take_argument(struct cbor *c)
{
	static const uint64_t least[] = { INLINE_MOST + 1, 1u << 8, 1u << 16, (uint64_t)1 << 32 };
	unsigned info = (unsigned char)str_take_n(&c->rest, 1).p[0] & 31;
	if (info <= INLINE_MOST)
		return info;
	size_t n = info <= WIDEST ? (size_t)1 << (info - INLINE_MOST - 1) : 0;
	if (!n || c->rest.n < n) {
		fail(c);
		return 0;
	}
	uint64_t v = 0;
	struct str bytes = str_take_n(&c->rest, n);
	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)bytes.p[i];
	if (v < least[info - INLINE_MOST - 1]) {
		fail(c);
		return 0;
	}
	return v;
}

static uint64_t take_head(struct cbor *c, enum cbor_kind kind)
{
	if (cbor_peek(c) != kind || kind == CBOR_OTHER) {
		fail(c);
		return 0;
	}
	return take_argument(c);
}

int64_t cbor_int(struct cbor *c)
{
	enum cbor_kind kind = cbor_peek(c) == CBOR_NEGATIVE ? CBOR_NEGATIVE : CBOR_UINT;
	uint64_t v = take_head(c, kind);
	if (v > INT64_MAX)
		fail(c);
	return c->err != OK ? 0 : kind == CBOR_NEGATIVE ? -1 - (int64_t)v : (int64_t)v;
}

static struct str take_string(struct cbor *c, enum cbor_kind kind)
{
	uint64_t n = take_head(c, kind);
	if (c->err == OK && n > c->rest.n)
		fail(c);
	return c->err == OK ? str_take_n(&c->rest, (size_t)n) : STR("");
}

struct str cbor_bytes(struct cbor *c)
{
	return take_string(c, CBOR_BYTES);
}

struct str cbor_text(struct cbor *c)
{
	struct str s = take_string(c, CBOR_TEXT);
	if (!utf8_valid(s)) {
		fail(c);
		return STR("");
	}
	return s;
}

static size_t take_count(struct cbor *c, enum cbor_kind kind)
{
	uint64_t n = take_head(c, kind);
	if (n > CBOR_ENTRIES_MAX)
		fail(c);
	return c->err == OK ? (size_t)n : 0;
}

size_t cbor_map(struct cbor *c)
{
	return take_count(c, CBOR_MAP);
}

size_t cbor_array(struct cbor *c)
{
	return take_count(c, CBOR_ARRAY);
}

static void skip_simple(struct cbor *c)
{
	unsigned char head = major(c) == MAJOR_SIMPLE ? (unsigned char)c->rest.p[0] & 31 : 0;
	if (head < SIMPLE_FALSE || head > SIMPLE_NULL)
		fail(c);
	else
		c->rest = str_skip(c->rest, 1);
}

/* left[d]: how many items of the container at depth d are still to come */
void cbor_skip(struct cbor *c)
{
	size_t left[CBOR_DEPTH_MAX + 1] = { 1 }, depth = 0;
	for (;;) {
		while (!left[depth]) {
			if (!depth)
				return;
			depth--;
		}
		left[depth]--;
		enum cbor_kind kind = cbor_peek(c);
		size_t inner = 0;
		if (kind == CBOR_ARRAY || kind == CBOR_MAP)
			inner = take_count(c, kind) * (kind == CBOR_MAP ? 2 : 1);
		else if (kind == CBOR_BYTES || kind == CBOR_TEXT)
			(void)take_string(c, kind);
		else if (kind == CBOR_OTHER)
			skip_simple(c);
		else
			(void)take_head(c, kind);
		if (inner && depth == CBOR_DEPTH_MAX)
			fail(c);
		if (c->err != OK)
			return;
		if (inner)
			left[++depth] = inner;
	}
}

int cbor_end(const struct cbor *c)
{
	return c->err == OK && !c->rest.n ? OK : E_SYNTAX;
}
