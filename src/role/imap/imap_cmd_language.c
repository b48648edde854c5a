#include "role/imap/imap_cmd.h"

/* LANGUAGE (RFC 5255 section 3): texts are English, and there is no other. */
int imap_cmd_language(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	bool known = a.rest.n == 0, asked = a.rest.n != 0;
	while (a.rest.n) {
		struct str tag;
		int r = imap_sp(&a);
		if (r == OK)
			r = imap_astring(&a, &tag);
		if (r != OK)
			return imap_bad_args(s, r, &a);
		known = known || str_ieq(tag, STR("en")) || str_istarts(tag, STR("en-")) || str_ieq(tag, STR("i-default")) || str_ieq(tag, STR("default"));
	}
	if (!known)
		return imap_no(s, "", "only English is spoken here");
	int r = imap_untagged(s, asked ? "LANGUAGE (EN)" : "LANGUAGE (EN I-DEFAULT)");
	return r == OK ? imap_ok(s, "done") : r;
}
