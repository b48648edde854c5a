#include "proto/password/password_variants.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_DIGITS_MOST = 18, NUMBER_TEXT = 24 };

static void add(struct password_variants *v, struct str head, struct str middle, struct str tail)
{
	char *p = v->text[v->count];
	size_t n = head.n + middle.n + tail.n;
	if (!n || n > PASSWORD_BYTES_MAX)
		return;
	memcpy(p, head.p, head.n);
	memcpy(p + head.n, middle.p, middle.n);
	memcpy(p + head.n + middle.n, tail.p, tail.n);
	for (size_t i = 0; i < v->count; i++)
		if (v->length[i] == n && memcmp(v->text[i], p, n) == 0)
			return;
	v->length[v->count++] = n;
}

static void add_case(struct password_variants *v, struct str s)
{
	char c = s.p[0], other = ascii_lower(c) == c ? ascii_upper(c) : ascii_lower(c), lower[PASSWORD_BYTES_MAX];
	add(v, (struct str){ &other, 1 }, str_skip(s, 1), STR(""));
	for (size_t i = 0; i < s.n; i++)
		lower[i] = ascii_lower(s.p[i]);
	add(v, (struct str){ lower, s.n }, STR(""), STR(""));
	secret_wipe(lower, s.n);
}

static struct str without_last(struct str s)
{
	while (s.n && ((unsigned char)s.p[s.n - 1] & 0xc0) == 0x80)
		s.n--;
	return str_first(s, s.n ? s.n - 1 : 0);
}

/* The last number of "Summer2025!" is 2025; its width stays. */
static void add_number(struct password_variants *v, struct str s)
{
	size_t end = s.n, start;
	uint64_t n;
	char text[NUMBER_TEXT];
	while (end && !ascii_is_digit(s.p[end - 1]))
		end--;
	for (start = end; start && ascii_is_digit(s.p[start - 1]) && end - start < NUMBER_DIGITS_MOST;)
		start--;
	if (str_u64((struct str){ s.p + start, end - start }, UINT64_MAX, &n) != OK)
		return;
	for (uint64_t k = n ? n - 1 : 1; k <= n + 1; k += 2) {
		int length = snprintf(text, sizeof text, "%0*" PRIu64, (int)(end - start), k);
		add(v, str_first(s, start), (struct str){ text, (size_t)length }, str_skip(s, end));
	}
	secret_wipe(text, sizeof text);
}

static struct str without_end(struct str s)
{
	while (s.n && (unsigned char)s.p[s.n - 1] < 0x80 && !ascii_is_alpha(s.p[s.n - 1]))
		s.n--;
	return s;
}

void password_variants(struct str password, struct password_variants *ret)
{
	ret->count = 0;
	add(ret, password, STR(""), STR(""));
	if (!ret->count)
		return;
	add_case(ret, password);
	add(ret, without_last(password), STR(""), STR(""));
	add_number(ret, password);
	add(ret, without_end(password), STR(""), STR(""));
	add(ret, password, STR("1"), STR(""));
}

bool password_in_history(struct str password, const struct str *hashes, size_t count, bool near)
{
	struct password_variants *v = mem_new(struct password_variants);
	bool found = false;
	password_variants(password, v);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < (near ? v->count : 1) && k < v->count; k++)
			found |= password_verify(hashes[i], (struct str){ v->text[k], v->length[k] }) == OK;
	secret_wipe(v, sizeof *v);
	mem_free(v);
	return found;
}
