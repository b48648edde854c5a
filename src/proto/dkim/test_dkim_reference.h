/* Canonicalisation written as the RFC says it, with whole copies and no thought of speed: what the real one is held against. */
#ifndef TEST_DKIM_REFERENCE_H
#define TEST_DKIM_REFERENCE_H

#include "proto/dkim/dkim_canon.h"
#include "proto/header/header_text.h"

static inline bool reference_is_wsp(char c) { return c == ' ' || c == '\t'; }

static inline struct str reference_reduce(struct arena *a, struct str line)
{
	struct header_text t = { .a = a };
	while (line.n && reference_is_wsp(line.p[line.n - 1]))
		line.n--;
	for (size_t i = 0; i < line.n; i++) {
		if (!reference_is_wsp(line.p[i]))
			header_text_char(&t, line.p[i]);
		else if (i == 0 || !reference_is_wsp(line.p[i - 1]))
			header_text_char(&t, ' ');
	}
	return header_text_view(&t);
}

/* Sections 3.4.3 and 3.4.4. */
static inline struct str reference_body(struct arena *a, enum dkim_canon canon, struct str body)
{
	struct header_text t = { .a = a };
	size_t empty = 0;
	bool any = false;
	while (body.n) {
		size_t end = str_search(body, STR("\r\n"));
		struct str line = str_take_n(&body, end == STR_NPOS ? body.n : end);
		body = str_skip(body, 2);
		if (canon == DKIM_RELAXED)
			line = reference_reduce(a, line);
		if (line.n == 0) {
			empty++;
			continue;
		}
		for (; empty; empty--)
			header_text_str(&t, STR("\r\n"));
		header_text_str(&t, line);
		header_text_str(&t, STR("\r\n"));
		any = true;
	}
	if (!any && canon == DKIM_SIMPLE)
		header_text_str(&t, STR("\r\n"));
	return header_text_view(&t);
}

static inline struct str reference_without_ends(struct arena *a, struct str s)
{
	struct header_text t = { .a = a };
	for (size_t i = 0; i < s.n; i++) {
		bool end = s.p[i] == '\n' || (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n');
		if (!end)
			header_text_char(&t, s.p[i]);
	}
	return header_text_view(&t);
}

static inline struct str reference_trim(struct str s)
{
	while (s.n && reference_is_wsp(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && reference_is_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Sections 3.4.1 and 3.4.2, without the final CRLF. */
static inline struct str reference_field(struct arena *a, enum dkim_canon canon, struct str name, struct str whole, struct str value)
{
	struct header_text t = { .a = a };
	if (canon == DKIM_SIMPLE) {
		if (str_ends(whole, STR("\r\n")))
			whole.n -= 2;
		else if (str_ends(whole, STR("\n")) || str_ends(whole, STR("\r")))
			whole.n--;
		return whole;
	}
	for (size_t i = 0; i < name.n; i++)
		header_text_char(&t, ascii_lower(name.p[i]));
	header_text_char(&t, ':');
	header_text_str(&t, reference_trim(reference_reduce(a, reference_without_ends(a, value))));
	return header_text_view(&t);
}

static inline void reference_collect(void *ctx, struct str bytes) { header_text_str(ctx, bytes); }

/* The streamed form, the body in pieces of that many bytes. */
static inline struct str collect_body(struct arena *a, enum dkim_canon canon, struct str body, size_t piece)
{
	struct header_text t = { .a = a };
	struct dkim_canon_body b;
	dkim_canon_body_init(&b, canon, (struct dkim_sink){ reference_collect, &t });
	while (body.n)
		dkim_canon_body_put(&b, str_take_n(&body, piece));
	dkim_canon_body_end(&b);
	return header_text_view(&t);
}

static inline struct str collect_field(struct arena *a, enum dkim_canon canon, const struct header_field *f)
{
	struct header_text t = { .a = a };
	dkim_canon_field(canon, f, (struct dkim_sink){ reference_collect, &t });
	return header_text_view(&t);
}

#endif
