/* Sections of a message as IMAP names them (RFC 3501 section 6.4.5, RFC 9051 section 6.4.5.1, RFC 3516).
 * Works on the part table alone (from mime_parse, or read from a summary): the message is not parsed again. */
#ifndef MIME_SECTION_H
#define MIME_SECTION_H

#include "proto/mime/mime_parse.h"

#define MIME_SECTION_MAX_DEPTH 64       /* part numbers in one section */
#define MIME_SECTION_MAX_FIELDS 128     /* names in one list */

enum mime_section_what {
	MIME_SECTION_ALL,               /* "": the message; "1.2": the body of a part */
	MIME_SECTION_HEADER, MIME_SECTION_TEXT,
	MIME_SECTION_MIME,              /* the header of a part */
	MIME_SECTION_FIELDS, MIME_SECTION_FIELDS_NOT,
};

struct mime_section {
	uint32_t number[MIME_SECTION_MAX_DEPTH];    /* from 1 */
	size_t depth;
	enum mime_section_what what;
	struct str fields[MIME_SECTION_MAX_FIELDS];
	size_t field_count;
};

/* section-spec without its brackets: "", "1.2", "2.HEADER.FIELDS (From \"X-A\")". Case does not matter. Field names are
 * atoms or quoted strings without escapes; a caller that takes literals fills the list itself. Views point into text.
 * E_SYNTAX, or E_TOOBIG past the limits above. */
must_use int mime_section_parse(struct str text, struct mime_section *ret);

struct mime_range { uint64_t offset, length; };

/* The bytes of the message that answer the section; for FIELDS and FIELDS_NOT the whole header block, from which
 * mime_section_render picks. ret_part (may be NULL): the part it names, whose encoding BINARY decodes when what is
 * MIME_SECTION_ALL and depth is not 0. E_NOTFOUND, which IMAP answers with NIL: no such part, or HEADER or TEXT of a part that
 * is no message. Part 1 of a message that is no multipart is its body. */
must_use int mime_section_locate(const struct mime_part *parts, uint32_t count, const struct mime_section *section,
                                 struct mime_range *ret, uint32_t *ret_part);

/* The fields of a header block that the list names, or does not name, as they stand, and an empty line. E_TOOBIG. */
must_use int mime_section_render(struct str header, const struct mime_section *section, struct buf *out);

/* Locate, then copy or render. E_NOTFOUND, E_TOOBIG. */
must_use int mime_section_write(struct str message, const struct mime_part *parts, uint32_t count,
                                const struct mime_section *section, struct buf *out);

#endif
