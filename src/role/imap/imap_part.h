/* One message as FETCH and SEARCH look at it: its summary, and, where that does not say enough, its bytes. */
#ifndef ROLE_IMAP_PART_H
#define ROLE_IMAP_PART_H

#include "proto/mime/mime_section.h"
#include "proto/mime/mime_summary.h"
#include "role/imap/imap.h"

struct imap_content {
	uint64_t email;
	bool summarised, loaded;
	struct mime_summary summary;    /* when summarised */
	struct str message;             /* when loaded */
	struct mime_part *parts;        /* when parted */
	struct mime_tree tree;          /* when taken apart here */
	uint32_t part_count;
	bool parted, parsed;
};

/* record: of the store, empty when there is none. A record that cannot be read counts as none: the message says it
 * all. */
void imap_content_init(struct imap_content *c, uint64_t email, struct str record);
/* Each makes sure of one thing, and may wait. E_NOTFOUND: the message is gone. */
must_use int imap_content_load(struct imap_session *s, struct imap_content *c);
must_use int imap_content_parse(struct imap_session *s, struct imap_content *c);         /* tree, with details */
must_use int imap_content_parts(struct imap_session *s, struct imap_content *c);
must_use int imap_content_header(struct imap_session *s, struct imap_content *c, struct str *ret);
bool imap_content_has_header(const struct imap_content *c);     /* without loading */

#endif
