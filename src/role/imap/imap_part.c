#include "role/imap/imap_part.h"

#include "proto/header/header.h"

void imap_content_init(struct imap_content *c, uint64_t email, struct str record)
{
	*c = (struct imap_content){ .email = email };
	c->summarised = record.n && mime_summary_read(record, &c->summary) == OK;
}

int imap_content_load(struct imap_session *s, struct imap_content *c)
{
	if (c->loaded)
		return OK;
	int r = imap_load_message(s, c->email, &c->message);
	c->loaded = r == OK;
	return r;
}

int imap_content_parse(struct imap_session *s, struct imap_content *c)
{
	if (c->parsed)
		return OK;
	int r = imap_content_load(s, c);
	if (r != OK)
		return r;
	mime_parse(&s->scratch, c->message, &mime_limits_default, &c->tree);
	c->parts = c->tree.parts;
	c->part_count = c->tree.count;
	c->parted = c->parsed = true;
	return OK;
}

int imap_content_parts(struct imap_session *s, struct imap_content *c)
{
	if (c->parted)
		return OK;
	if (c->summarised && mime_summary_parts(&s->command, &c->summary, &c->parts, &c->part_count) == OK) {
		c->parted = true;
		return OK;
	}
	return imap_content_parse(s, c);
}

bool imap_content_has_header(const struct imap_content *c)
{
	return c->loaded || (c->summarised && !(c->summary.lost & MIME_LOST_HEADER));
}

int imap_content_header(struct imap_session *s, struct imap_content *c, struct str *ret)
{
	if (c->summarised && !(c->summary.lost & MIME_LOST_HEADER)) {
		*ret = c->summary.header;
		return OK;
	}
	int r = imap_content_load(s, c);
	if (r == OK)
		*ret = str_first(c->message, header_end(c->message));
	return r;
}
