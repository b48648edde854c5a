#include "proto/http/http_text.h"

#include "proto/http/http_chars.h"

static const struct str replacement = STR_INIT("\xef\xbf\xbd");

/* The next code point as its bytes; what can't be one is replaced. */
static struct str take_code_point(struct str *s, uint32_t *ret)
{
	struct str before = *s;
	*ret = utf8_take(s);
	return *ret == UTF8_BAD ? replacement : str_first(before, before.n - s->n);
}

static const char *html_entity(uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void http_html_text(struct bufw *w, struct str s)
{
	while (s.n) {
		uint32_t c;
		struct str bytes = take_code_point(&s, &c);
		const char *entity = html_entity(c);
		bool control = (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
		if (entity)
			bufw_c(w, entity);
		else
			bufw_str(w, control ? replacement : bytes);
	}
}

void http_json_string(struct bufw *w, struct str s)
{
	bufw_char(w, '"');
	while (s.n) {
		uint32_t c;
		struct str bytes = take_code_point(&s, &c);
		bool special = c < 0x20 || c == 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029;
		if (special)
			bufw_printf(w, "\\u%04x", (unsigned)c);
		else
			bufw_str(w, bytes);
	}
	bufw_char(w, '"');
}

/* weight = ";q=" ( "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ] ), in thousandths; 0 for what is none */
static unsigned take_weight(struct str s)
{
	unsigned weight = 0, place = 1000;
	s = http_trim(s);
	if (!s.n)
		return 1000;
	if (!str_itake(&s, STR("q=")) || !s.n || s.n > 5)
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (i == 1 && s.p[i] == '.')
			continue;
		if (!ascii_is_digit(s.p[i]))
			return 0;
		weight += (unsigned)(s.p[i] - '0') * place;
		place /= 10;
	}
	return weight > 1000 ? 0 : weight;
}

static bool tag_matches(struct str range, struct str tag)
{
	return str_ieq(range, tag) || (str_istarts(range, tag) && range.p[tag.n] == '-');
}

unsigned http_language(struct str list, const struct str *tags, unsigned count)
{
	unsigned best = 0, best_weight = 0;
	while (list.n) {
		struct str weight = str_until(&list, ','), range = http_trim(str_until(&weight, ';'));
		unsigned q = take_weight(weight);
		for (unsigned i = 0; i < count; i++) {
			if (tag_matches(range, tags[i]) && q > best_weight) {
				best = i;
				best_weight = q;
			}
		}
	}
	return best;
}
