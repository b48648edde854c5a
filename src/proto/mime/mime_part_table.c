#include "proto/mime/mime_part_table.h"

/* A row: depth, kind and encoding in one byte, flags, header offset from that of the row before, header length, body
 * length, lines, five strings. The tree follows from depths, the body from the header. */

static struct str cut(struct str s)
{
	return utf8_first(s, MIME_PART_TABLE_TEXT);
}

void mime_part_table_write(const struct mime_part *parts, uint32_t count, struct bufw *out)
{
	uint64_t before = 0;
	write_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct mime_part *p = &parts[i];
		write_varint(out, p->depth);
		write_u8(out, (uint8_t)(p->kind | p->encoding << 4));
		write_u8(out, p->flags);
		write_varint(out, p->header - before);
		write_varint(out, p->header_len);
		write_varint(out, p->body_len);
		write_varint(out, p->lines);
		write_str(out, cut(p->type));
		write_str(out, cut(p->subtype));
		write_str(out, cut(p->charset));
		write_str(out, cut(p->name));
		write_str(out, cut(p->id));
		before = p->header;
	}
}

static int read_row(struct reader *r, uint64_t before, uint64_t size, struct mime_part *p)
{
	uint64_t depth = read_varint(r);
	uint8_t packed = read_u8(r);
	*p = (struct mime_part){ .parent = MIME_NONE, .first_child = MIME_NONE, .next = MIME_NONE };
	p->depth = (uint16_t)(depth & 0xffff);
	p->kind = packed & 15;
	p->encoding = packed >> 4;
	p->flags = read_u8(r);
	uint64_t skip = read_varint(r);
	p->header_len = read_varint(r);
	p->body_len = read_varint(r);
	p->lines = read_varint(r);
	p->type = read_str(r, MIME_PART_TABLE_TEXT);
	p->subtype = read_str(r, MIME_PART_TABLE_TEXT);
	p->charset = read_str(r, MIME_PART_TABLE_TEXT);
	p->name = read_str(r, MIME_PART_TABLE_TEXT);
	p->id = read_str(r, MIME_PART_TABLE_TEXT);
	if (r->err != OK || depth > MIME_PART_TABLE_DEPTH || p->kind > MIME_MESSAGE || p->encoding > MIME_ENCODING_OTHER)
		return E_PROTO;
	if (p->type.n == 0 || p->subtype.n == 0 || skip > size - before)
		return E_PROTO;
	p->header = before + skip;
	if (p->header_len > size - p->header)
		return E_PROTO;
	p->body = p->header + p->header_len;
	return p->body_len <= size - p->body && p->lines <= p->body_len ? OK : E_PROTO;
}

/* Hangs row i into the tree by its depth. open holds the last row of each depth. */
static int place_row(struct mime_part *parts, uint32_t i, uint32_t *open, uint32_t *open_count)
{
	struct mime_part *p = &parts[i];
	if (i == 0) {
		open[0] = 0;
		*open_count = 1;
		return p->depth == 0 && p->header == 0 ? OK : E_PROTO;
	}
	if (p->depth == 0 || p->depth > *open_count)
		return E_PROTO;
	struct mime_part *parent = &parts[open[p->depth - 1]];
	uint64_t end = parent->body + parent->body_len;
	if (parent->kind == MIME_LEAF || p->header < parent->body || p->body + p->body_len > end)
		return E_PROTO;
	p->parent = open[p->depth - 1];
	if (parent->first_child == MIME_NONE) {
		parent->first_child = i;
	} else {
		struct mime_part *sibling = &parts[open[p->depth]];
		if (parent->kind == MIME_MESSAGE || p->header < sibling->body + sibling->body_len)
			return E_PROTO;
		sibling->next = i;
	}
	open[p->depth] = i;
	*open_count = p->depth + 1u;
	return OK;
}

int mime_part_table_read(struct arena *a, struct str table, uint64_t size, struct mime_part **ret, uint32_t *ret_count)
{
	enum { ROW_MIN = 14 };          /* bytes of the smallest row */
	uint32_t open[MIME_PART_TABLE_DEPTH + 1], open_count = 0;
	struct reader r = reader_of(table);
	uint64_t count = read_varint(&r), before = 0;
	if (r.err != OK || count == 0 || count > MIME_PART_TABLE_ROWS || count > r.rest.n / ROW_MIN)
		return E_PROTO;
	struct mime_part *parts = arena_new_array(a, struct mime_part, count);
	for (uint32_t i = 0; i < count; i++) {
		int row = read_row(&r, before, size, &parts[i]);
		if (row == OK)
			row = place_row(parts, i, open, &open_count);
		if (row != OK)
			return row;
		before = parts[i].header;
	}
	if (parts[0].header_len + parts[0].body_len != size)
		return E_PROTO;
	for (uint32_t i = 0; i < count; i++)
		if (parts[i].kind != MIME_LEAF && parts[i].first_child == MIME_NONE)
			return E_PROTO;
	if (reader_end(&r) != OK)
		return E_PROTO;
	*ret = parts;
	*ret_count = (uint32_t)count;
	return OK;
}
