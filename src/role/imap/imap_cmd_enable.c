#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"

struct enabled { bool condstore, rev2, utf8; };

static bool is_new(const struct imap_session *s, struct enabled *e, struct str name)
{
	if (str_ieq(name, STR("CONDSTORE")) && !s->condstore && !e->condstore)
		return e->condstore = true;
	if (str_ieq(name, STR("IMAP4rev2")) && !s->rev2 && !e->rev2)
		return e->rev2 = true;
	if (str_ieq(name, STR("UTF8=ACCEPT")) && !e->utf8)      /* beside IMAP4rev2 it changes nothing, and is confirmed */
		return e->utf8 = true;
	return false;
}

/* "* ENABLED" is sent always, also with nothing in it; it names what this command enabled. */
int imap_cmd_enable(struct imap_session *s)
{
	struct str names[IMAP_ENABLE_MAX];
	struct imap_args a = imap_arguments(s);
	struct bufw w = imap_out(s);
	struct enabled e = { 0 };
	size_t n;
	int r = imap_enable_args(&a, names, &n);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	bufw_c(&w, "* ENABLED");
	for (size_t i = 0; i < n; i++) {
		if (!is_new(s, &e, names[i]))
			continue;
		bufw_char(&w, ' ');
		bufw_str(&w, names[i]);
	}
	bufw_c(&w, "\r\n");
	r = imap_push(s, &w);
	s->rev2 = s->rev2 || e.rev2;
	s->utf8 = s->utf8 || e.rev2 || e.utf8;
	if (r == OK && e.condstore)
		r = imap_condstore_enable(s);
	return r == OK ? imap_ok(s, "done") : r;
}
