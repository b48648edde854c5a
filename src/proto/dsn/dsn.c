#include "proto/dsn/dsn.h"

#include "proto/addr/addr_domain.h"
#include "proto/header/date.h"
#include "proto/header/header.h"

enum { LINE_MOST = 998, FOLD_AT = 76, ADDRESS_MOST = 320 };

static const struct {
	const char *word;
	char class;
} actions[DSN_ACTIONS] = {
	[DSN_FAILED] = { "failed", '5' },       [DSN_DELAYED] = { "delayed", '4' },
	[DSN_DELIVERED] = { "delivered", '2' }, [DSN_RELAYED] = { "relayed", '2' },
	[DSN_EXPANDED] = { "expanded", '2' },
};

/* How the report is written: chosen once, by what must be said. */
struct form {
	const struct dsn *d;
	const struct dsn_words *words;
	bool global; /* the types of RFC 6533: something in it is not ASCII, and the sender can take that */
	bool full;
	struct str original; /* what of the original is returned */
	char boundary[40];
	char date[DATE_TEXT_MAX];
};

static bool status_is_valid(const char *status, char class)
{
	unsigned dots = 0, digits = 0;
	if (!status || status[0] != class || status[1] != '.')
		return false;
	for (const char *c = status; *c; c++) {
		if (*c == '.' && (digits == 0 || ++dots > 2))
			return false;
		digits = *c == '.' ? 0 : digits + 1;
		if ((*c != '.' && !ascii_is_digit(*c)) || digits > 3)
			return false;
	}
	return dots == 2 && digits > 0;
}

static bool is_address(struct str s) { return str_trim(s).n > 0 && s.n <= ADDRESS_MOST; }

static bool agrees(const struct dsn_recipient *r)
{
	return r->action < DSN_ACTIONS && status_is_valid(r->status, actions[r->action].class) &&
	       is_address(r->address);
}

/* ---- writing */

static const char *date_text(struct form *f, int64_t at)
{
	struct str s = date_format_rfc5322((struct date){ .unix_seconds = at }, f->date);
	f->date[s.n < DATE_TEXT_MAX ? s.n : DATE_TEXT_MAX - 1] = '\0';
	return f->date;
}

/* A byte that may stand in a field; what may not, be it a control byte or not ASCII where only that goes, becomes "?".
 */
static char harmless(char c, bool utf8)
{
	unsigned char u = (unsigned char)c;
	return u < ' ' || u == 0x7f || (u > 0x7f && !utf8) ? '?' : c;
}

/* Text from outside, cut, made harmless, on one line. */
static void put_clean(struct bufw *w, struct str s, size_t most, bool utf8)
{
	utf8 = utf8 && utf8_valid(s);
	s = utf8 ? utf8_first(s, most) : str_first(s, most);
	for (size_t i = 0; i < s.n; i++)
		bufw_char(w, s.p[i] == '\n' || s.p[i] == '\t' ? ' ' : harmless(s.p[i], utf8));
}

/* Words with a line break before each that would pass the margin; a word too long for any line is cut. */
static void put_folded(struct bufw *w, struct str text, size_t column, bool utf8, const char *fold)
{
	struct str word;
	text = str_first(text, DSN_DIAGNOSTIC_MAX);
	for (bool first = true; (word = str_word(&text)).n; first = false) {
		if (!first && column + 1 + word.n > FOLD_AT) {
			bufw_c(w, fold);
			column = 1;
		} else if (!first) {
			bufw_char(w, ' ');
			column++;
		}
		put_clean(w, word, LINE_MOST / 2, utf8);
		column += word.n;
	}
}

/* A reply is several lines joined by LF: word by word, on one line. */
static void put_diagnostic(struct bufw *w, struct str text, size_t column, bool utf8, const char *fold)
{
	struct buf line;
	buf_init(&line, DSN_DIAGNOSTIC_MAX);
	struct bufw l = { .b = &line };
	put_clean(&l, str_first(text, DSN_DIAGNOSTIC_MAX / 4), DSN_DIAGNOSTIC_MAX / 4, true);
	put_folded(w, buf_str(&line), column, utf8, fold);
	buf_done(&line);
}

/* ---- the parts */

static const char *subject(const struct form *f)
{
	for (size_t i = 1; i < f->d->count; i++)
		if (f->d->recipient[i].action != f->d->recipient[0].action)
			return f->words->several;
	return f->words->action[f->d->recipient[0].action].subject;
}

static void put_header(struct bufw *w, struct form *f)
{
	const struct dsn *d = f->d;
	bufw_printf(w, "From: Mail Delivery System <MAILER-DAEMON@" STR_FMT ">\r\nTo: <", STR_ARG(d->reporting_mta));
	put_clean(w, d->to, ADDRESS_MOST, f->d->utf8);
	bufw_printf(w, ">\r\nSubject: %s\r\nDate: %s\r\n", subject(f), date_text(f, d->now));
	bufw_printf(w, "Message-ID: <%016llx.dsn@" STR_FMT ">\r\n", (unsigned long long)d->unique,
		    STR_ARG(d->reporting_mta));
	bufw_c(w, "Auto-Submitted: auto-replied\r\n"); /* RFC 3834 section 5: nobody shall answer this */
	bufw_c(w, "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n");
	bufw_printf(w, "\tboundary=\"%s\"\r\n", f->boundary);
	if (f->global || !str_is_ascii(f->original))
		bufw_c(w, "Content-Transfer-Encoding: 8bit\r\n");
	bufw_c(w, "\r\n");
}

static void put_part(struct bufw *w, const struct form *f, const char *type, bool eight_bit)
{
	bufw_printf(w, "--%s\r\nContent-Type: %s\r\n", f->boundary, type);
	if (eight_bit)
		bufw_c(w, "Content-Transfer-Encoding: 8bit\r\n");
	bufw_c(w, "\r\n");
}

static void put_text_recipient(struct bufw *w, struct form *f, const struct dsn_recipient *r)
{
	bufw_c(w, "\r\n  <");
	put_clean(w, r->address, ADDRESS_MOST, f->global);
	bufw_c(w, ">\r\n");
	if (r->diagnostic.n) {
		bufw_printf(w, "    %s: ", f->words->reason);
		put_diagnostic(w, r->diagnostic, 12, f->global, "\r\n      ");
		bufw_c(w, "\r\n");
	}
	if (r->remote.n) {
		bufw_printf(w, "    %s: ", f->words->remote);
		put_clean(w, r->remote, ADDRESS_MOST, f->global);
		bufw_c(w, "\r\n");
	}
	if (r->action == DSN_DELAYED && r->retry_until)
		bufw_printf(w, "    %s: %s\r\n", f->words->until, date_text(f, r->retry_until));
}

static void put_text(struct bufw *w, struct form *f)
{
	char name[ADDR_DOMAIN_MAX + 1] = "";
	put_part(w, f, f->global ? "text/plain; charset=utf-8" : "text/plain; charset=us-ascii", f->global);
	if (str_to_c(f->d->reporting_mta, name, sizeof name) == OK)
		bufw_printf(w, f->words->greeting, name);
	bufw_c(w, "\r\n");
	for (unsigned action = 0; action < DSN_ACTIONS; action++) {
		bool any = false;
		for (size_t i = 0; i < f->d->count; i++) {
			if (f->d->recipient[i].action != action)
				continue;
			if (!any) {
				bufw_c(w, "\r\n");
				put_folded(w, str_c(f->words->action[action].intro), 0, false, "\r\n");
				bufw_c(w, "\r\n");
			}
			any = true;
			put_text_recipient(w, f, &f->d->recipient[i]);
		}
	}
	bufw_printf(w, "\r\n%s\r\n", f->words->returned);
}

/* RFC 6533 section 3: "utf-8" where the address needs it and the form allows it. */
static void put_address(struct bufw *w, const struct form *f, const char *field, struct str address)
{
	bufw_printf(w, "%s: %s; ", field, f->global && !str_is_ascii(address) ? "utf-8" : "rfc822");
	put_clean(w, address, ADDRESS_MOST, f->global);
	bufw_c(w, "\r\n");
}

static void put_original_recipient(struct bufw *w, const struct form *f, struct str orcpt)
{
	struct str type = str_until(&orcpt, ';');
	if (!type.n || !orcpt.n)
		return;
	bufw_c(w, "Original-Recipient: ");
	put_clean(w, type, 20, false);
	bufw_c(w, "; ");
	put_clean(w, orcpt, LINE_MOST / 2, f->global);
	bufw_c(w, "\r\n");
}

/* The host alone: "host [address]" is for people. */
static struct str host_of(struct str remote) { return str_word(&remote); }

static void put_status_recipient(struct bufw *w, struct form *f, const struct dsn_recipient *r)
{
	bufw_c(w, "\r\n");
	put_original_recipient(w, f, r->original);
	put_address(w, f, "Final-Recipient", r->address);
	bufw_printf(w, "Action: %s\r\nStatus: %s\r\n", actions[r->action].word, r->status);
	if (r->remote.n) {
		bufw_c(w, "Remote-MTA: dns; ");
		put_clean(w, host_of(r->remote), ADDR_DOMAIN_MAX, false);
		bufw_c(w, "\r\n");
	}
	if (r->diagnostic.n) {
		bufw_printf(w, "Diagnostic-Code: %s; ", r->replied ? "smtp" : "x-ceralacca");
		put_diagnostic(w, r->diagnostic, 24, f->global, "\r\n ");
		bufw_c(w, "\r\n");
	}
	if (r->last_attempt)
		bufw_printf(w, "Last-Attempt-Date: %s\r\n", date_text(f, r->last_attempt));
	if (r->action == DSN_DELAYED && r->retry_until)
		bufw_printf(w, "Will-Retry-Until: %s\r\n", date_text(f, r->retry_until));
}

static void put_status(struct bufw *w, struct form *f)
{
	const struct dsn *d = f->d;
	put_part(w, f, f->global ? "message/global-delivery-status" : "message/delivery-status", f->global);
	if (d->envid.n) {
		bufw_c(w, "Original-Envelope-Id: ");
		put_clean(w, d->envid, 100, false);
		bufw_c(w, "\r\n");
	}
	bufw_printf(w, "Reporting-MTA: dns; " STR_FMT "\r\n", STR_ARG(d->reporting_mta));
	if (d->arrival)
		bufw_printf(w, "Arrival-Date: %s\r\n", date_text(f, d->arrival));
	for (size_t i = 0; i < d->count; i++)
		put_status_recipient(w, f, &d->recipient[i]);
	bufw_c(w, "\r\n");
}

/* The original line by line: every line ends in CRLF, NUL becomes "?", and a line that is too long is folded. */
static void put_lines(struct bufw *w, struct str text)
{
	while (text.n && w->err == OK) {
		struct str line = str_until(&text, '\n');
		if (str_ends(line, STR("\r")))
			line.n--;
		for (size_t column = 0; line.n; line = str_skip(line, 1), column++) {
			if (column == LINE_MOST - 10) {
				bufw_c(w, "\r\n ");
				column = 1;
			}
			bufw_char(w, line.p[0] == '\r' || line.p[0] == '\0' ? '?' : line.p[0]);
		}
		bufw_c(w, "\r\n");
	}
}

static const char *original_type(const struct form *f)
{
	bool global = f->global && !str_is_ascii(f->original);
	if (f->full)
		return global ? "message/global" : "message/rfc822";
	return global ? "message/global-headers" : "text/rfc822-headers";
}

static void put_original(struct bufw *w, const struct form *f)
{
	put_part(w, f, original_type(f), !str_is_ascii(f->original));
	put_lines(w, f->original);
	bufw_printf(w, "\r\n--%s--\r\n", f->boundary);
}

/* ---- the choice of a form */

/* Whole lines that fit. */
static struct str whole_lines(struct str s, size_t most)
{
	if (s.n <= most)
		return s;
	size_t end = str_rfind(str_first(s, most), '\n');
	return str_first(s, end == STR_NPOS ? 0 : end + 1);
}

/* Could the message stand inside another as it is? */
static bool is_text(struct str m)
{
	size_t line = 0;
	for (size_t i = 0; i < m.n; i++) {
		line = m.p[i] == '\n' ? 0 : line + 1;
		if (m.p[i] == '\0' || line > LINE_MOST || (m.p[i] == '\n' && (i == 0 || m.p[i - 1] != '\r')) ||
		    (m.p[i] == '\r' && (i + 1 == m.n || m.p[i + 1] != '\n')))
			return false;
	}
	return true;
}

static bool needs_global(const struct dsn *d, struct str original)
{
	bool ascii = str_is_ascii(d->to) && str_is_ascii(str_first(original, header_end(original)));
	for (size_t i = 0; i < d->count && ascii; i++)
		ascii = str_is_ascii(d->recipient[i].address) && str_is_ascii(d->recipient[i].original);
	return !ascii;
}

/* Every line of the original could be a delimiter: the boundary is one that does not occur in it. */
static void choose_boundary(struct form *f)
{
	uint64_t n = f->d->unique;
	struct bufw w;
	struct buf b;
	buf_init(&b, sizeof f->boundary - 1);
	do {
		buf_clear(&b);
		w = (struct bufw){ .b = &b };
		bufw_printf(&w, "=_dsn_%016llx", (unsigned long long)n++);
	} while (str_search(f->original, buf_str(&b)) != STR_NPOS);
	memcpy(f->boundary, b.p, b.n);
	buf_done(&b);
}

static struct form choose(const struct dsn *d, const struct dsn_words *words)
{
	struct form f = { .d = d, .words = words };
	struct str header = whole_lines(str_first(d->message, header_end(d->message)), DSN_HEADERS_MAX);
	f.full = d->full && d->message.n <= DSN_FULL_MAX && is_text(d->message);
	f.original = f.full ? d->message : header;
	f.global = d->utf8 && needs_global(d, f.original);
	choose_boundary(&f);
	return f;
}

static bool is_sound(const struct dsn *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (!agrees(&d->recipient[i]))
			return false;
	return d->count > 0 && is_address(d->to) && addr_domain_valid(d->reporting_mta, false);
}

int dsn_build(const struct dsn *d, const struct dsn_words *words, struct buf *out)
{
	size_t start = out->n;
	struct bufw w = { .b = out };
	if (!is_sound(d))
		return E_SYNTAX;
	struct form f = choose(d, words);
	put_header(&w, &f);
	put_text(&w, &f);
	bufw_c(&w, "\r\n");
	put_status(&w, &f);
	put_original(&w, &f);
	if (w.err != OK)
		out->n = start;
	return w.err;
}
