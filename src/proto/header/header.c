#include "proto/header/header.h"

/* One line with its end. */
static struct str take_line(struct str *s)
{
	size_t end = str_find(*s, '\n');
	return str_take_n(s, end == STR_NPOS ? s->n : end + 1);
}

static struct str without_end(struct str line)
{
	if (str_ends(line, STR("\n")))
		line.n--;
	if (str_ends(line, STR("\r")))
		line.n--;
	return line;
}

static bool is_empty_line(struct str s) { return str_starts(s, STR("\n")) || str_starts(s, STR("\r\n")); }

static bool is_wsp(char c) { return c == ' ' || c == '\t'; }

static bool continues(struct str rest) { return rest.n && is_wsp(rest.p[0]); }

/* Splits a first line at its colon. False when that leaves no name. */
static bool split_line(struct str line, struct header_field *f)
{
	size_t colon = str_find(line, ':');
	if (colon == STR_NPOS)
		return false;
	f->name = str_first(line, colon);
	f->value = str_skip(line, colon + 1);
	while (f->name.n && is_wsp(f->name.p[f->name.n - 1]))
		f->name.n--;
	f->space_before_colon = f->name.n < colon;
	return f->name.n && str_find(f->name, ' ') == STR_NPOS && str_find(f->name, '\t') == STR_NPOS &&
	       str_find(f->name, '\r') == STR_NPOS;
}

bool header_next(struct str *block, struct header_field *ret)
{
	bool junk = false;
	while (block->n && !is_empty_line(*block)) {
		struct header_field f = { 0 };
		struct str start = *block;
		struct str first = take_line(block);
		if (!split_line(first, &f)) {
			junk = junk || !str_starts(first, STR("From "));
			continue;
		}
		while (continues(*block))
			take_line(block);
		f.whole = str_first(start, start.n - block->n);
		f.value = without_end(str_range(f.value.p, f.whole.p + f.whole.n));
		f.after_junk = junk;
		*ret = f;
		return true;
	}
	return false;
}

bool header_find(struct str block, struct str name, struct header_field *ret)
{
	struct header_field f;
	while (header_next(&block, &f)) {
		if (!str_ieq(f.name, name))
			continue;
		*ret = f;
		return true;
	}
	return false;
}

size_t header_count(struct str block, struct str name)
{
	struct header_field f;
	size_t count = 0;
	while (header_next(&block, &f))
		count += str_ieq(f.name, name);
	return count;
}

size_t header_end(struct str message)
{
	struct str rest = message;
	while (rest.n && !is_empty_line(rest))
		take_line(&rest);
	take_line(&rest);
	return message.n - rest.n;
}

static bool has_line_end(struct str s)
{
	return str_find(s, '\n') != STR_NPOS || str_find(s, '\r') != STR_NPOS || str_find(s, '\0') != STR_NPOS;
}

/* What one byte of a folded value becomes on the line; false: nothing. */
static bool unfold_byte(struct str value, size_t i, char *ret)
{
	char c = value.p[i];
	if (c == '\n' || (c == '\r' && i + 1 < value.n && value.p[i + 1] == '\n'))
		return false;
	*ret = c == '\r' || c == '\0' ? ' ' : c;
	return true;
}

struct str header_unfold(struct arena *a, struct str value)
{
	value = str_trim(value);
	if (!has_line_end(value))
		return value;
	char *p = arena_alloc(a, value.n);
	size_t n = 0;
	for (size_t i = 0; i < value.n; i++)
		if (unfold_byte(value, i, &p[n]))
			n++;
	return str_trim((struct str){ p, n });
}
