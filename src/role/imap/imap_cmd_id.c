#include "role/imap/imap_cmd.h"

#include "os/log.h"
#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_quirks.h"

static struct str value_of(const struct imap_id_pair *pairs, size_t n, struct str field)
{
	for (size_t i = 0; i < n; i++)
		if (str_ieq(pairs[i].field, field) && !pairs[i].nil)
			return pairs[i].value;
	return STR("");
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
	struct str name = value_of(pairs, n, STR("name"));
	s->quirks = imap_quirks_of(name, value_of(pairs, n, STR("vendor")));
	log_event(LOG_DEBUG, "imap.client", LOG_C("user", s->address), LOG_S("name", name),
		  LOG_S("version", value_of(pairs, n, STR("version"))), LOG_U("quirks", s->quirks), LOG_END);
	r = imap_untagged(s, "ID (\"name\" \"Ceralacca\")");
	return r == OK ? imap_ok(s, "pleased to meet you") : r;
}
