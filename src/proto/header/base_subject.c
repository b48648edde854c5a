#include "proto/header/base_subject.h"

#include "proto/header/encoded_word.h"

/* Step 1: white space runs become one space. */
static struct str collapse(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_space(s.p[i]))
			p[n++] = s.p[i];
		else if (n && p[n - 1] != ' ')
			p[n++] = ' ';
	}
	return str_trim((struct str){ p, n });
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP */
static bool take_blob(struct str *s)
{
	struct str in = *s;
	if (!str_take_char(&in, '['))
		return false;
	size_t n = 0;
	while (n < in.n && in.p[n] != '[' && in.p[n] != ']')
		n++;
	in = str_skip(in, n);
	if (!str_take_char(&in, ']'))
		return false;
	*s = str_trim(in);
	return true;
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static bool take_refwd(struct str *s)
{
	struct str in = *s;
	if (!str_itake(&in, STR("re")) && !str_itake(&in, STR("fwd")) && !str_itake(&in, STR("fw")))
		return false;
	in = str_trim(in);
	take_blob(&in);
	if (!str_take_char(&in, ':'))
		return false;
	*s = str_trim(in);
	return true;
}

/* Step 2: subj-trailer = "(fwd)" / WSP */
static bool strip_trailers(struct str *s)
{
	bool found = false;
	*s = str_trim(*s);
	while (str_iends(*s, STR("(fwd)"))) {
		s->n -= 5;
		*s = str_trim(*s);
		found = true;
	}
	return found;
}

/* Steps 3 to 5: subj-leader = (*subj-blob subj-refwd) / WSP, and blobs that leave something behind them. Blobs are
 * passed once: where no refwd follows the last of a run, none follows any of them. */
static bool strip_leaders(struct str *s)
{
	bool found = false;
	for (;;) {
		struct str in = *s, base = *s;
		while (take_blob(&in))
			if (in.n)
				base = in;
		if (!take_refwd(&in)) {
			*s = base;
			return found;
		}
		*s = in;
		found = true;
	}
}

/* Step 6: subj-fwd = "[fwd:" ... "]" */
static bool strip_forward(struct str *s)
{
	struct str in = *s;
	if (!str_itake(&in, STR("[fwd:")) || !str_ends(in, STR("]")))
		return false;
	in.n--;
	*s = in;
	return true;
}

struct str base_subject_of_utf8(struct arena *a, struct str subject, bool *ret_is_reply)
{
	struct str s = collapse(a, subject);
	bool reply = false, again;
	do {
		reply = strip_trailers(&s) || reply;
		reply = strip_leaders(&s) || reply;
		again = strip_forward(&s);
		reply = reply || again;
	} while (again);
	if (ret_is_reply)
		*ret_is_reply = reply;
	return s;
}

struct str base_subject(struct arena *a, struct str raw_subject, bool *ret_is_reply)
{
	return base_subject_of_utf8(a, encoded_word_decode(a, raw_subject), ret_is_reply);
}
