#include "proto/password/password_words.h"

#include "proto/password/password_hash.h"
#include "proto/password/password_patterns.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

enum { NEAR_EDITS = 2, NEAR_ENDS = 4, DECOMPOSED_MAX = 32 };

_Static_assert(COUNT_OF(((struct password_folded *)0)->c) == PASSWORD_BYTES_MAX, "room for each byte");

/* ---- folding ---- */

static uint32_t letter_for(uint32_t c)
{
	static const struct { char sign, letter; } signs[] = {
		{ '0', 'o' }, { '1', 'i' }, { '!', 'i' }, { '|', 'i' }, { 'l', 'i' }, { '3', 'e' }, { '4', 'a' }, { '@', 'a' }, { '5', 's' },
		{ '$', 's' }, { '7', 't' }, { '+', 't' }, { '8', 'b' }, { '9', 'g' },
	};
	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (c == (unsigned char)signs[i].sign)
			return (unsigned char)signs[i].letter;
	return c;
}

static uint32_t without_accent(const UNormalizer2 *nfd, uint32_t c)
{
	UChar parts[DECOMPOSED_MAX];
	UErrorCode e = U_ZERO_ERROR;
	int32_t n = c < 0x80 || !nfd ? -1 : unorm2_getDecomposition(nfd, (UChar32)c, parts, COUNT_OF(parts), &e);
	/* the base letter comes first; of those beyond the basic plane none has an accent */
	return n > 0 && U_SUCCESS(e) && U16_IS_SINGLE(parts[0]) ? parts[0] : c;
}

void password_fold(struct str s, struct password_folded *ret)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nfd = unorm2_getNFDInstance(&e);
	ret->n = 0;
	while (s.n && ret->n < COUNT_OF(ret->c)) {
		uint32_t c = without_accent(U_SUCCESS(e) ? nfd : NULL, utf8_take(&s));
		if (c != UTF8_BAD && u_charType((UChar32)c) != U_NON_SPACING_MARK)
			ret->c[ret->n++] = letter_for((uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT));
	}
}

static void reverse(struct password_folded *f)
{
	for (size_t i = 0; i < f->n / 2; i++) {
		uint32_t c = f->c[i];
		f->c[i] = f->c[f->n - 1 - i];
		f->c[f->n - 1 - i] = c;
	}
}

static bool holds(const struct password_folded *hay, const struct password_folded *needle)
{
	for (size_t i = 0; needle->n && i + needle->n <= hay->n; i++)
		if (memcmp(hay->c + i, needle->c, needle->n * sizeof *needle->c) == 0)
			return true;
	return false;
}

/* ---- words ---- */

struct word_list { struct arena *arena; struct str *words; size_t count, least; };

static void add_word(struct word_list *l, struct str word)
{
	word = utf8_first(word, PASSWORD_WORD_MAX);
	if (l->count < PASSWORD_WORDS_MAX && word.n && utf8_valid(word) && password_characters(word) >= l->least)
		l->words[l->count++] = arena_dup(l->arena, word);
}

static bool is_word_byte(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c >= 0x80;
}

static void add_pieces(struct word_list *l, struct str text)
{
	while (text.n) {
		size_t n = 0;
		while (n < text.n && is_word_byte(text.p[n]))
			n++;
		add_word(l, str_first(text, n));
		text = str_skip(text, n + 1);
	}
}

struct str *password_words(struct arena *a, const struct password_person *p, size_t least, size_t *ret_count)
{
	struct word_list l = { a, arena_new_array(a, struct str, PASSWORD_WORDS_MAX), 0, least };
	size_t at = str_rfind(p->address, '@');
	struct str domain = at == STR_NPOS ? STR("") : str_skip(p->address, at + 1);
	size_t dot = str_rfind(domain, '.');
	for (size_t i = 0; i < p->word_count; i++)
		add_word(&l, p->words[i]);
	add_pieces(&l, str_first(p->address, at));
	add_pieces(&l, str_first(domain, dot));
	add_pieces(&l, p->name);
	add_pieces(&l, p->company);
	*ret_count = l.count;
	return l.words;
}

struct word_search { struct password_folded forward, backward, word; };

bool password_has_word(struct str password, const struct str *words, size_t count)
{
	struct word_search *s = mem_new(struct word_search);
	bool found = false;
	password_fold(password, &s->forward);
	s->backward = s->forward;
	reverse(&s->backward);
	for (size_t i = 0; i < count && !found; i++) {
		password_fold(words[i], &s->word);
		found = holds(&s->forward, &s->word) || holds(&s->backward, &s->word);
	}
	secret_wipe(s, sizeof *s);
	mem_free(s);
	return found;
}

/* ---- likeness ---- */

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Levenshtein's distance, a row at a time. */
static size_t edits(const struct password_folded *a, const struct password_folded *b, size_t *row)
{
	for (size_t j = 0; j <= b->n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a->n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b->n; j++) {
			size_t above = row[j];
			row[j] = least_of(above + 1, row[j - 1] + 1, diagonal + (a->c[i - 1] != b->c[j - 1]));
			diagonal = above;
		}
	}
	return row[b->n];
}

struct likeness { struct password_folded a, b; size_t row[PASSWORD_BYTES_MAX + 1]; };

bool password_is_near(struct str a, struct str b)
{
	struct likeness *l = mem_new(struct likeness);
	password_fold(a, &l->a);
	password_fold(b, &l->b);
	size_t longer = l->a.n > l->b.n ? l->a.n : l->b.n, shorter = l->a.n + l->b.n - longer;
	bool near = shorter && longer - shorter <= NEAR_ENDS &&
		(holds(&l->a, &l->b) || holds(&l->b, &l->a) || edits(&l->a, &l->b, l->row) <= NEAR_EDITS);
	secret_wipe(l, sizeof *l);
	mem_free(l);
	return near;
}
