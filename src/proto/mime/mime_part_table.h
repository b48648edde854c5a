/* The part table of mime_parse in compact form, and back. Used by mime_summary. */
#ifndef MIME_PART_TABLE_H
#define MIME_PART_TABLE_H

#include "proto/mime/mime_parse.h"

#define MIME_PART_TABLE_TEXT 255        /* bytes of each type, charset, name and id; longer ones are cut */
#define MIME_PART_TABLE_ROWS 4096
#define MIME_PART_TABLE_DEPTH 256

void mime_part_table_write(const struct mime_part *parts, uint32_t count, struct bufw *out);

/* Hostile input: E_PROTO unless every invariant of mime_parse.h holds in a message of size bytes. */
must_use int mime_part_table_read(struct arena *a, struct str table, uint64_t size, struct mime_part **ret,
                                  uint32_t *ret_count);

#endif
