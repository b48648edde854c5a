#include "role/imap/imap_cmd.h"

#include "os/log.h"
#include "proto/imap/imap_command_args.h"

static void log_pairs(const struct imap_session *s, const struct imap_id_pair *pairs, size_t n)
{
	struct str name = STR(""), version = STR("");
	for (size_t i = 0; i < n; i++) {
		if (str_ieq(pairs[i].field, STR("name")))
			name = pairs[i].value;
		else if (str_ieq(pairs[i].field, STR("version")))
			version = pairs[i].value;
	}
	log_event(LOG_DEBUG, "imap.client", LOG_C("user", s->address), LOG_S("name", name), LOG_S("version", version),
		  LOG_END);
}

/* Our name, and no version: strangers may ask too. */
int imap_cmd_id(struct imap_session *s)
{
	struct imap_id_pair pairs[IMAP_ID_PAIRS_MAX];
	struct imap_args a = imap_arguments(s);
	size_t n;
	int r = imap_id_args(&a, pairs, &n);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	log_pairs(s, pairs, n);
	r = imap_untagged(s, "ID (\"name\" \"Ceralacca\")");
	return r == OK ? imap_ok(s, "pleased to meet you") : r;
}
