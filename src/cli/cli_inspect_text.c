/* The human form: one screen, the verdict first. What the message says is shown as text: nothing in it reaches the terminal as a command. */
#include "cli/cli_inspect.h"

#include "proto/header/encoded_word.h"
#include "proto/header/header.h"

#include <stdio.h>

enum { LABEL = 12, RESULT = 10, NARROWEST = 40 };

struct paper { struct arena *a; size_t width; bool colour; };

/* How a result looks: good, doubtful, bad. */
static const char *colour_of(const struct paper *p, const char *word)
{
	static const struct { const char *word, *colour; } rows[] = {
		{ "pass", "\033[32m" }, { "accept", "\033[1;32m" }, { "fail", "\033[31m" }, { "permerror", "\033[31m" }, { "reject", "\033[1;31m" },
		{ "softfail", "\033[33m" }, { "policy", "\033[33m" }, { "temperror", "\033[33m" }, { "junk", "\033[1;33m" }, { "defer", "\033[1;33m" },
	};
	for (size_t i = 0; p->colour && i < COUNT_OF(rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].colour;
	return "";
}

static bool is_printable(uint32_t c)
{
	return c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2060 && c <= 0x2069) && c != 0xfeff && c != UTF8_BAD;
}

/* At most `columns` characters; what is none that people can see becomes a mark. */
static void put_cut(struct str s, size_t columns)
{
	for (size_t n = 0; s.n; n++) {
		struct str before = s;
		uint32_t c = utf8_take(&s);
		if (n + 1 >= columns && s.n) {
			fputs("…", stdout);
			return;
		}
		if (is_printable(c))
			fwrite(before.p, 1, before.n - s.n, stdout);
		else
			fputs("\xef\xbf\xbd", stdout);
	}
}

static void put_label(const char *label) { printf("  %-*s", LABEL, label); }

static void put_line(const struct paper *p, const char *label, struct str value)
{
	put_label(label);
	put_cut(value, p->width - LABEL - 2);
	putchar('\n');
}

/* "  DKIM       pass      sender.test, 2048-bit key" */
static void put_result(const struct paper *p, const char *label, const char *result, struct str value)
{
	const char *colour = colour_of(p, result);
	put_label(label);
	printf("%s%-*s%s", colour, RESULT, result, *colour ? "\033[0m" : "");
	put_cut(value, p->width - LABEL - RESULT - 2);
	putchar('\n');
}

static void put_field(const struct paper *p, const struct verdict *v, const char *name)
{
	struct header_field f;
	if (header_find(v->header, str_c(name), &f))
		put_line(p, name, encoded_word_decode(p->a, f.value));
}

static void put_spf(const struct paper *p, const struct verdict *v)
{
	if (!v->in.has_client) {
		put_result(p, "SPF", "none", STR("the client's address was not given (--ip)"));
		return;
	}
	struct str sender = v->in.sender.n ? v->in.sender : STR("the null sender");
	put_result(p, "SPF", spf_code_name(v->mail_from.code), arena_printf(p->a, STR_FMT ": " STR_FMT, STR_ARG(sender), STR_ARG(v->mail_from.reason)));
	if (v->in.sender.n && v->in.helo.n)
		put_result(p, "", spf_code_name(v->helo.code), arena_printf(p->a, "HELO " STR_FMT ": " STR_FMT, STR_ARG(v->in.helo), STR_ARG(v->helo.reason)));
}

static void put_dkim(const struct paper *p, const struct verdict *v)
{
	if (v->dkim.count == 0)
		put_result(p, "DKIM", "none", STR("not signed"));
	for (size_t i = 0; i < v->dkim.count; i++) {
		const struct dkim_result *r = &v->dkim.results[i];
		struct str who = r->domain.n ? arena_printf(p->a, STR_FMT " (" STR_FMT ", " STR_FMT "): ", STR_ARG(r->domain), STR_ARG(r->selector),
							    STR_ARG(dkim_algorithm_name(r->algorithm)))
					     : STR("");
		put_result(p, i ? "" : "DKIM", dkim_code_name(r->code), arena_printf(p->a, STR_FMT STR_FMT, STR_ARG(who), STR_ARG(r->reason)));
	}
}

static void put_dmarc(const struct paper *p, const struct verdict *v)
{
	const struct dmarc_result *r = &v->dmarc;
	put_result(p, "DMARC", dmarc_code_name(r->code), r->reason);
	if (r->record)
		put_result(p, "", "", arena_printf(p->a, STR_FMT " says: " STR_FMT, STR_ARG(r->policy_domain), STR_ARG(r->record->text)));
	put_result(p, "", "", arena_printf(p->a, "aligned: DKIM %s" STR_FMT ", SPF %s" STR_FMT, r->dkim_aligned.n ? "with " : "no", STR_ARG(r->dkim_aligned),
					   r->spf_aligned.n ? "with " : "no", STR_ARG(r->spf_aligned)));
}

static void put_marks(const struct paper *p, const struct verdict *v)
{
	const char *label = "Marks";
	for (unsigned i = 0; i < VERDICT_MARK_COUNT; i++) {
		if (!verdict_has(v, i))
			continue;
		put_label(label);
		printf("%-18s", verdict_mark_name(i));
		put_cut(v->detail[i], p->width - LABEL - 20);
		putchar('\n');
		label = "";
	}
}

static struct str size_text(struct arena *a, uint64_t n)
{
	return n < 10240 ? arena_printf(a, "%llu bytes", (unsigned long long)n)
	     : n < (10u << 20) ? arena_printf(a, "%llu KiB", (unsigned long long)n >> 10) : arena_printf(a, "%llu MiB", (unsigned long long)n >> 20);
}

static void put_structure(const struct paper *p, const struct mime_tree *t)
{
	const char *label = "Structure";
	for (uint32_t i = 0; i < t->count; i++) {
		const struct mime_part *part = &t->parts[i];
		int indent = part->depth < 10 ? part->depth * 2 : 20;
		put_line(p, label,
			 arena_printf(p->a, "%*s" STR_FMT "/" STR_FMT "  " STR_FMT "%s" STR_FMT "%s" STR_FMT "%s", indent, "", STR_ARG(part->type),
				      STR_ARG(part->subtype), STR_ARG(size_text(p->a, part->body_len)), part->charset.n ? "  " : "", STR_ARG(part->charset),
				      part->name.n ? "  " : "", STR_ARG(part->name), part->flags & MIME_PART_ATTACHMENT ? "  attached" : ""));
		label = "";
	}
	static const struct { unsigned flag; const char *text; } flags[] = {
		{ MIME_AMBIGUOUS, "readers may disagree about the structure" }, { MIME_UNCLOSED, "a closing delimiter is missing" },
		{ MIME_LIMITED, "a limit was passed" },                         { MIME_NO_PARTS, "a multipart without parts" },
		{ MIME_BAD_HEADER, "a header line that is no field" },
	};
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (t->flags & flags[i].flag)
			put_line(p, "", arena_printf(p->a, "(%s)", flags[i].text));
}

void inspect_print(const struct inspected *m, struct arena *a, size_t width, bool colour)
{
	const struct verdict *v = &m->verdict;
	struct paper p = { a, width < NARROWEST ? NARROWEST : width, colour };
	const char *action = verdict_action_name(v->action), *override = verdict_override_name(v->override);
	put_cut(arena_printf(a, "%s  " STR_FMT, m->name, STR_ARG(size_text(a, m->message.n))), p.width);
	fputs("\n\n", stdout);
	put_result(&p, "Verdict", action, *override ? arena_printf(a, STR_FMT " (override: %s)", STR_ARG(v->reason), override) : v->reason);
	putchar('\n');
	static const char *const fields[] = { "From", "Reply-To", "To", "Subject", "Date", "Message-ID" };
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		put_field(&p, v, fields[i]);
	putchar('\n');
	put_spf(&p, v);
	put_dkim(&p, v);
	put_result(&p, "ARC", arc_code_name(v->arc.result.code), v->arc.result.reason);
	put_dmarc(&p, v);
	if (v->marks)
		putchar('\n');
	put_marks(&p, v);
	putchar('\n');
	put_structure(&p, &m->tree);
}
