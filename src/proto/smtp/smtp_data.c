#include "proto/smtp/smtp_data.h"

/* Where the next byte stands. LINE is behind CRLF (or at the very beginning): there, and only there, a dot is
 * special. OWED: an LF was taken for a line end, and its CRLF is still to be given; TEXT follows. */
enum place { LINE, TEXT, AFTER_CR, DOT, DOT_CR, OWED };

enum { NAME_OTHER = 255 };
static const char received_name[] = "received:";

void smtp_data_init(struct smtp_data *d, unsigned mode, uint64_t max)
{
	*d = (struct smtp_data){ .mode = mode, .max = max, .at = LINE };
}

bool smtp_data_over(const struct smtp_data *d)
{
	return d->size > d->max;
}

/* The body of a BINARYMIME message: neither line ends nor NUL mean anything there. */
static bool any_byte(const struct smtp_data *d)
{
	return (d->mode & SMTP_DATA_BINARY) && d->header_size;
}

/* Compares the bytes of a header line with "Received:" as they come, however they are cut. */
static void match_name(struct smtp_data *d, const char *p, const char *end)
{
	for (; p < end && d->name != NAME_OTHER; p++) {
		if (ascii_lower(*p) != received_name[d->name])
			d->name = NAME_OTHER;
		else if (++d->name == sizeof received_name - 1)
			d->received++, d->name = NAME_OTHER;
	}
}

/* What the input holds of the present line. */
struct piece {
	struct str text;        /* without the line end */
	const char *next;       /* behind it */
	bool lf;                /* the line ends here */
	bool cr;                /* a CR is before the LF, or, without LF, at the end of the input */
	bool stray;             /* another CR */
};

static struct piece cut_piece(bool after_cr, const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p)), *stop = lf ? lf : end;
	const char *cr = memchr(p, '\r', (size_t)(stop - p));
	bool ends_in_cr = stop > p && stop[-1] == '\r';
	return (struct piece){
		.text = str_range(p, ends_in_cr ? stop - 1 : stop),
		.next = lf ? lf + 1 : end,
		.lf = lf,
		.cr = ends_in_cr || (stop == p && after_cr),
		.stray = (after_cr && *p != '\n') || (cr && cr + 1 != stop),
	};
}

/* Follows the header to its end; size is that of the content with this piece. */
static void follow_header(struct smtp_data *d, const struct piece *c, uint64_t size)
{
	match_name(d, c->text.p, c->text.p + c->text.n);
	if (!c->lf)
		return;
	if (d->name == 0)
		d->header_size = size;
	d->name = 0;
}

/* Reads the rest of the present line, or what there is of it, at least one byte; run is where the content that was not
 * given yet begins. Returns behind the piece. */
static const char *take_line(struct smtp_data *d, const char *run, const char *p, const char *end)
{
	bool after_cr = d->at == AFTER_CR;
	struct piece c = cut_piece(after_cr, p, end);
	bool soft = c.lf && !c.cr, owed = soft && (d->mode & SMTP_DATA_NORMALISE) && !any_byte(d);
	if ((c.stray || (soft && !owed)) && !any_byte(d))
		d->bare = true;
	if (after_cr && *p != '\n')
		d->name = NAME_OTHER;
	if (!d->header_size)
		follow_header(d, &c, d->size + (size_t)(c.next - run) + owed);
	if (c.lf)
		d->at = owed ? OWED : soft ? TEXT : LINE;
	else
		d->at = c.cr ? AFTER_CR : TEXT;
	return c.next;
}

/* A dot began the line and was dropped. If CRLF follows, it ended the message. */
static void take_behind_dot(struct smtp_data *d, struct str *input)
{
	if (d->at == DOT)
		d->at = str_take_char(input, '\r') ? DOT_CR : TEXT;
	else if (str_take_char(input, '\n'))
		d->ended = true;
	else
		d->at = AFTER_CR;       /* a bare one, as take_line will find */
}

/* Cuts the longest run of bytes that are content as they stand; empty when something special comes first. */
static struct str take_run(struct smtp_data *d, struct str *input)
{
	const char *start = input->p, *p = start, *end = start + input->n;
	while (p < end) {
		if (d->at == LINE && *p == '.' && !(d->mode & SMTP_DATA_CHUNKED)) {
			d->at = DOT;
			*input = str_range(p + 1, end);
			return str_range(start, p);
		}
		p = take_line(d, start, p, end);
		if (d->at == OWED) {
			*input = str_range(p, end);
			return str_range(start, p - 1);
		}
	}
	*input = str_range(end, end);
	return str_range(start, end);
}

static struct str take(struct smtp_data *d, struct str *input)
{
	if (d->at == DOT || d->at == DOT_CR) {
		take_behind_dot(d, input);
		return STR("");
	}
	if (d->at == OWED) {
		d->at = TEXT;
		return STR("\r\n");
	}
	return take_run(d, input);
}

/* Counts a run and tells whether it is to be given to the caller. */
static bool keep(struct smtp_data *d, struct str run)
{
	struct str text = any_byte(d) ? str_first(run, d->header_size > d->size ? d->header_size - d->size : 0) : run;
	if (text.n && memchr(text.p, '\0', text.n))
		d->nul = true;
	d->size += run.n;
	return run.n && !d->bare && !d->nul && !smtp_data_over(d);
}

bool smtp_data_next(struct smtp_data *d, struct str *input, struct str *ret)
{
	while (!d->ended && (input->n || d->at == OWED)) {
		struct str run = take(d, input);
		if (keep(d, run)) {
			*ret = run;
			return true;
		}
	}
	return false;
}

void smtp_data_end(struct smtp_data *d)
{
	if (d->at == AFTER_CR && !any_byte(d))
		d->bare = true;
	d->ended = true;
}
