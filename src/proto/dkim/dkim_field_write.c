#include "proto/dkim/dkim_sign.h"
#include "proto/header/header_text.h"

enum { TAB = 8 };

struct line { struct bufw w; size_t column; };

static void fold(struct line *l)
{
	bufw_c(&l->w, "\r\n\t");
	l->column = TAB;
}

static void put(struct line *l, struct str s)
{
	bufw_str(&l->w, s);
	l->column += s.n;
}

/* The names of h=, each with the colon behind it. */
static void put_list(struct line *l, struct str list)
{
	while (list.n) {
		size_t colon = str_find(list, ':');
		struct str item = str_take_n(&list, colon == STR_NPOS ? list.n : colon + 1);
		if (l->column + item.n + 1 > DKIM_COLUMNS)
			fold(l);
		put(l, item);
	}
}

/* One column is left for the ";". */
static void put_base64(struct line *l, struct str value, size_t columns)
{
	while (value.n) {
		if (l->column + 1 >= columns)
			fold(l);
		put(l, str_take_n(&value, columns - 1 - l->column));
	}
}

static void put_value(struct line *l, struct str tag, struct str value, size_t signature_columns)
{
	if (str_eq(tag, STR("b")))
		put_base64(l, value, signature_columns);
	else if (str_eq(tag, STR("h")))
		put_list(l, value);
	else
		put(l, value);
}

int dkim_field_write(struct buf *out, struct str name, const struct dkim_out_tag *tags, size_t count, size_t signature_columns,
		     size_t *ret_hole)
{
	struct line l = { .w = { .b = out } };
	bool own_line = false;
	put(&l, name);
	put(&l, STR(":"));
	for (size_t i = 0; i < count; i++) {
		struct str tag = str_c(tags[i].name), value = tags[i].value;
		bool signature = str_eq(tag, STR("b")), list = str_eq(tag, STR("h"));
		if (own_line || signature || l.column + tag.n + (list ? 0 : value.n) + 3 > DKIM_COLUMNS)
			fold(&l);
		else
			put(&l, STR(" "));
		put(&l, tag);
		put(&l, STR("="));
		if (signature)
			*ret_hole = out->n;
		put_value(&l, tag, value, signature_columns);
		put(&l, i + 1 < count ? STR(";") : STR("\r\n"));
		own_line = signature;
	}
	return l.w.err;
}

void dkim_field_put(struct str field, size_t hole, struct dkim_sink out)
{
	struct header_field f;
	struct str rest = field;
	if (header_next(&rest, &f))
		dkim_canon_own_field(DKIM_RELAXED, &f, (struct str){ field.p + hole, 0 }, out);
}

struct str dkim_names_join(struct arena *a, const struct str *names, size_t count)
{
	struct header_text t = { .a = a };
	for (size_t i = 0; i < count; i++) {
		if (i)
			header_text_char(&t, ':');
		header_text_str(&t, names[i]);
	}
	return header_text_view(&t);
}
