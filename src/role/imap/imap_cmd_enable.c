#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_quirks.h"

/* What can be enabled. UTF8=ACCEPT is confirmed beside IMAP4rev2, where it changes nothing. */
static const struct { struct str name; size_t flag; unsigned hidden; } features[] = {
	{ STR_INIT("CONDSTORE"), offsetof(struct imap_session, condstore), 0 },
	{ STR_INIT("QRESYNC"), offsetof(struct imap_session, qresync), 0 },
	{ STR_INIT("IMAP4rev2"), offsetof(struct imap_session, rev2), 0 },
	{ STR_INIT("UTF8=ACCEPT"), offsetof(struct imap_session, utf8), 0 },
	{ STR_INIT("UIDONLY"), offsetof(struct imap_session, uidonly), IMAP_QUIRK_NO_UIDONLY },
};

static bool enable(struct imap_session *s, struct str name)
{
	for (size_t i = 0; i < COUNT_OF(features); i++) {
		bool *flag = (bool *)((char *)s + features[i].flag);
		if (!str_ieq(features[i].name, name) || *flag || (features[i].hidden & s->quirks))
			continue;
		return *flag = true;
	}
	return false;
}

/* "* ENABLED" is sent always, also with nothing in it; it names what this command enabled. */
int imap_cmd_enable(struct imap_session *s)
{
	struct str names[IMAP_ENABLE_MAX];
	struct imap_args a = imap_arguments(s);
	struct bufw w = imap_out(s);
	bool condstore = s->condstore;
	size_t n;
	int r = imap_enable_args(&a, names, &n);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	bufw_c(&w, "* ENABLED");
	for (size_t i = 0; i < n; i++) {
		if (!enable(s, names[i]))
			continue;
		bufw_char(&w, ' ');
		bufw_str(&w, names[i]);
	}
	bufw_c(&w, "\r\n");
	r = imap_push(s, &w);
	bool wants = s->condstore || s->qresync;
	s->condstore = condstore;
	s->utf8 = s->utf8 || s->rev2;
	if (r == OK && wants)
		r = imap_condstore_enable(s);
	return r == OK ? imap_ok(s, "done") : r;
}
