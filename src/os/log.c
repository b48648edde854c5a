#include "os/log.h"

#include "os/clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4000, VALUE_MAX = 512 };

static char who[32] = "ceralacca";
static bool json;
static enum log_level most = LOG_INFO;

void log_setup(const char *name, bool as_json)
{
	snprintf(who, sizeof who, "%s", name);
	json = as_json;
}

void log_detail(enum log_level level) { most = level; }

/* What moves a terminal's cursor, ends a line or turns its direction: controls of ASCII and of Latin-1 (U+009B starts an escape
 * sequence), line separators, bidirectional overrides. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Valid UTF-8 passes; other bytes are shown as if they were Latin-1, so that a line is always text. */
static void put_value(struct bufw *w, struct str s)
{
	s = utf8_first(s, VALUE_MAX);
	while (s.n) {
		unsigned char byte = (unsigned char)s.p[0];
		uint32_t c = utf8_take(&s);
		char out[4];
		if (c == UTF8_BAD)
			c = byte;
		if (is_control(c))
			bufw_printf(w, "\\u%04x", (unsigned)c);
		else if (c == '"' || c == '\\')
			bufw_printf(w, "\\%c", (char)c);
		else
			bufw_put(w, out, utf8_encode(c, out));
	}
}

static bool plain_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '\\' || s.p[i] == '=' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.n > 0 && s.n < VALUE_MAX;
}

static void put_field(struct bufw *w, const struct log_field *f)
{
	bool quote = f->kind == LOG_KIND_STR && (json || !plain_word(f->s));
	if (json)
		bufw_printf(w, ",\"%s\":", f->name);
	else
		bufw_printf(w, " %s=", f->name);
	if (quote)
		bufw_char(w, '"');
	if (f->kind == LOG_KIND_STR)
		put_value(w, f->s);
	else if (f->kind == LOG_KIND_U64)
		bufw_u64(w, f->u);
	else
		bufw_printf(w, "%lld", (long long)(int64_t)f->u);
	if (quote)
		bufw_char(w, '"');
}

static void put_time(struct bufw *w)
{
	int64_t ms = clock_real_ms();
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];
	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	bufw_printf(w, "%s.%03dZ", text, (int)(ms % 1000));
}

void log_event(enum log_level level, const char *event, ...)
{
	static const char *const levels[] = { "error", "warning", "info", "debug" };
	struct buf b;
	va_list ap;
	if (level > most)
		return;
	buf_init(&b, LINE_MAX_BYTES);
	struct bufw w = { .b = &b };
	if (json)
		bufw_c(&w, "{\"time\":\"");
	put_time(&w);
	if (json)
		bufw_printf(&w, "\",\"level\":\"%s\",\"role\":\"%s\",\"event\":\"%s\"", levels[level], who, event);
	else
		bufw_printf(&w, " %-7s %-10s %s", levels[level], who, event);
	va_start(ap, event);
	for (struct log_field f = va_arg(ap, struct log_field); f.kind != LOG_KIND_END; f = va_arg(ap, struct log_field)) {
		size_t before = b.n;
		put_field(&w, &f);
		if (w.err != OK) {          /* the line is full: leave this field out whole */
			b.n = before;
			w.err = OK;
		}
	}
	va_end(ap);
	b.max += sizeof "}\n";           /* a full line ends like any other */
	bufw_c(&w, json ? "}\n" : "\n");
	if (write(STDERR_FILENO, b.p, b.n) < 0)
		w.err = E_IO;           /* nobody reads the log: nothing sensible to do */
	buf_done(&b);
}
