#include "cli/cli_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MAX = 12, CELL_MAX = 512, GAP = 2, NARROWEST = 8, NO_TERMINAL_WIDTH = 200 };

void cli_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	putchar('\n');
}

/* The text of one value; lists are joined with commas. */
static const char *cell(json_t *row, const char *key, char text[CELL_MAX])
{
	json_t *v = json_object_get(row, key), *e;
	size_t i, n = 0;
	text[0] = '\0';
	if (json_is_string(v))
		snprintf(text, CELL_MAX, "%s", json_string_value(v));
	else if (json_is_integer(v))
		snprintf(text, CELL_MAX, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		snprintf(text, CELL_MAX, "%s", json_is_true(v) ? "yes" : "");
	else if (json_is_array(v))
		json_array_foreach(v, i, e)
			if (json_is_string(e) && n < CELL_MAX)
				n += (size_t)snprintf(text + n, CELL_MAX - n, "%s%s", i ? ", " : "", json_string_value(e));
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return text;
}

static size_t shown_width(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

size_t cli_width(void)
{
	struct winsize w;
	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : NO_TERMINAL_WIDTH;
}

/* Takes from the widest column until all fit. */
static void fit(size_t *width, size_t n)
{
	size_t most = cli_width();
	for (;;) {
		size_t total = (n - 1) * GAP, widest = 0;
		for (size_t i = 0; i < n; i++) {
			total += width[i];
			if (width[i] > width[widest])
				widest = i;
		}
		if (total <= most || width[widest] <= NARROWEST)
			return;
		width[widest]--;
	}
}

static void print_cell(const char *text, size_t width, bool right, bool last)
{
	size_t shown = shown_width(text);
	bool cut = shown > width;
	struct str s = str_c(text);
	if (right && !cut)
		printf("%*s", (int)(width - shown), "");
	for (size_t n = cut ? width - 1 : shown; n > 0; n--) {
		struct str before = s;
		utf8_take(&s);
		fwrite(before.p, 1, before.n - s.n, stdout);
	}
	if (cut)
		fputs("…", stdout);
	if (!right && !cut && !last)
		printf("%*s", (int)(width - shown), "");
	fputs(last ? "\n" : "  ", stdout);
}

void cli_table(json_t *rows, const struct cli_column *columns, size_t n, const char *when_empty)
{
	size_t width[COLUMNS_MAX], i;
	char text[CELL_MAX];
	json_t *row;
	if (json_array_size(rows) == 0) {
		puts(when_empty);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		width[k] = shown_width(columns[k].title);
		json_array_foreach(rows, i, row) {
			size_t w = shown_width(cell(row, columns[k].key, text));
			if (w > width[k])
				width[k] = w;
		}
	}
	fit(width, n);
	for (size_t k = 0; k < n; k++)
		print_cell(columns[k].title, width[k], false, k + 1 == n);
	json_array_foreach(rows, i, row)
		for (size_t k = 0; k < n; k++)
			print_cell(cell(row, columns[k].key, text), width[k], json_is_integer(json_object_get(row, columns[k].key)), k + 1 == n);
}
