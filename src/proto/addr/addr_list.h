/* Address lists of header fields (RFC 5322 3.4 and 4.4), leniently: whatever stands in the field becomes some list.
 *
 * Linear in the size of the field (A17, A55). Encoded words are left as they are, and never decoded inside an addr-spec
 * (A29). */
#ifndef ADDR_LIST_H
#define ADDR_LIST_H

#include "base/base.h"

enum addr_kind { ADDR_MAILBOX, ADDR_GROUP_START, ADDR_GROUP_END };

struct addr_item {
	enum addr_kind kind;
	struct str name;   /* display name, unquoted, white space runs one space; group name of a group start. A comment
			    * behind the address serves where there is no phrase */
	struct str route;  /* obs-route without the colon: "@a,@b" */
	struct str local;  /* unquoted, without comments and the white space around dots */
	struct str domain; /* empty when the address has none */
};

struct addr_list {
	struct addr_item *items;
	size_t count;
	bool truncated; /* more than max_items */
	bool malformed; /* something was repaired: such a From must not pass for anybody's (A28) */
};

enum { ADDR_COMMENT_DEPTH = 32 }; /* deeper parentheses are text of the comment */

/* Never fails. The value may be folded; strings are views of it or live in the arena. A group that is not closed gets
 * its end; at max_items the list is cut, and an open group may then lack it. */
void addr_list_parse(struct arena *a, struct str value, size_t max_items, struct addr_list *ret);

#endif
