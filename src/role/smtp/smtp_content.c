#include "role/smtp/smtp_content.h"

#include "os/fd.h"
#include "role/smtp/smtp_header.h"
#include "role/smtp/smtp_trace.h"

enum { FIRST_ROOM = 8 << 10, RAW_MAX = SMTP_HEADER_MAX + SMTP_BLOCK_MAX, BYTES_MAX = RAW_MAX + SMTP_TRACE_MAX };

void smtp_content_init(struct smtp_content *c)
{
	*c = (struct smtp_content){ .fd = -1 };
	buf_init(&c->raw, RAW_MAX);
	buf_init(&c->bytes, BYTES_MAX);
}

void smtp_content_done(struct smtp_content *c)
{
	fd_close(&c->fd);
	buf_done(&c->raw);
	buf_done(&c->bytes);
}

static void empty(struct buf *b)
{
	buf_clear(b);
	if (b->cap > SMTP_CONTENT_KEEP)
		buf_shrink(b);
}

void smtp_content_reset(struct smtp_content *c)
{
	fd_close(&c->fd);
	empty(&c->raw);
	empty(&c->bytes);
	*c = (struct smtp_content){ .fd = -1, .raw = c->raw, .bytes = c->bytes };
}

void smtp_content_begin(struct smtp_session *s, unsigned mode)
{
	smtp_content_reset(&s->content);
	smtp_data_init(&s->content.reader, mode, s->conf->limits.message_size);
	s->content.err = buf_reserve(&s->content.raw, FIRST_ROOM);
	s->tx.id = s->env->unique(s->ctx);
}

/* Moves what is in bytes to the memory file. */
static int spill(struct smtp_content *c)
{
	int r = c->fd >= 0 ? OK : fd_memory("message", &c->fd);
	if (r == OK)
		r = fd_write_all(c->fd, buf_str(&c->bytes));
	buf_clear(&c->bytes);
	return r;
}

/* The trace fields, the header as it will be, and what of the body has come. */
static int open_message(struct smtp_session *s)
{
	struct smtp_content *c = &s->content;
	struct str header = buf_str(&c->raw), body = { 0 };
	if (c->reader.header_size) {
		size_t fields = (size_t)c->reader.header_size - 2;      /* without the empty line */
		body = str_skip(header, fields);
		header = str_first(header, fields);
	}
	struct bufw w = { .b = &c->bytes, .err = buf_reserve(&c->bytes, c->raw.n + SMTP_TRACE_MAX) };
	smtp_trace_write(s, &w);
	smtp_header_write(s, header, &w);
	bufw_str(&w, body);
	buf_clear(&c->raw);
	c->open = true;
	return w.err;
}

static int append(struct smtp_session *s, struct str run)
{
	struct smtp_content *c = &s->content;
	int r = buf_put_str(c->open ? &c->bytes : &c->raw, run);
	if (r == OK && !c->open && c->raw.n > SMTP_CONTENT_INLINE && c->reader.header_size)
		r = open_message(s);
	if (r == OK && c->bytes.n > SMTP_CONTENT_INLINE)
		r = spill(c);
	return r;
}

/* A header without end would fill our memory: at the limit the message is lost, and its rest is dropped. */
static bool header_too_big(const struct smtp_content *c)
{
	const struct smtp_data *d = &c->reader;
	return (d->header_size ? d->header_size : d->size) > SMTP_HEADER_MAX;
}

void smtp_content_take(struct smtp_session *s, struct str *input)
{
	struct smtp_content *c = &s->content;
	struct str run;
	while (input->n && !c->reader.ended) {
		struct str block = str_first(*input, SMTP_BLOCK_MAX);
		size_t before = block.n;
		while (smtp_data_next(&c->reader, &block, &run)) {
			c->header_big = c->header_big || (!c->open && header_too_big(c));
			if (c->err == OK && !c->header_big)
				c->err = append(s, run);
		}
		*input = str_skip(*input, before - block.n);
	}
}

int smtp_content_finish(struct smtp_session *s)
{
	struct smtp_content *c = &s->content;
	if (c->err == OK && !c->open)
		c->err = open_message(s);
	if (c->err == OK && (c->fd >= 0 || c->bytes.n > SMTP_CONTENT_INLINE)) {
		c->err = spill(c);
		if (c->err == OK)
			c->err = fd_seal(c->fd);
	}
	return c->err;
}
