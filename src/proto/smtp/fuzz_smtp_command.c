/* Invariants: no control byte comes out of any parser; a path that was accepted is accepted again when it is written,
 * and means the same; the name of a parameter at fault is never text of the client. */
#include "proto/smtp/smtp_command.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_path(struct arena *a, const struct addr_path *path)
{
	struct buf text;
	struct bufw w = { .b = &text };
	struct addr_path again;
	check(!str_has_control(path->local) && !str_has_control(path->domain));
	buf_init(&text, 4096);
	addr_path_render(&w, path);
	struct str s = buf_str(&text);
	check(w.err == OK && addr_path_take(a, &s, ADDR_UTF8 | ADDR_NULL_OK | ADDR_POSTMASTER_OK, &again) == OK &&
	      s.n == 0);
	check(str_eq(again.local, path->local) && str_eq(again.domain, path->domain) && again.null == path->null);
	buf_done(&text);
}

static void check_name(struct str args, struct str name)
{
	check(name.n == 0 || name.p < args.p || name.p >= args.p + args.n);
}

static void mail(struct arena *a, struct str args)
{
	struct smtp_mail m;
	struct str name;
	int r = smtp_mail_parse(a, args, &m, &name);
	check_name(args, name);
	if (r != OK)
		return;
	check_path(a, &m.path);
	check(!m.path.utf8 || m.smtputf8);
	check(!str_has_control(m.auth_mailbox) && !str_has_control(m.envid) && m.envid.n <= SMTP_ENVID_MAX);
}

static void rcpt(struct arena *a, struct str args, bool utf8)
{
	struct smtp_rcpt p;
	struct str name;
	int r = smtp_rcpt_parse(a, args, utf8, &p, &name);
	check_name(args, name);
	if (r != OK)
		return;
	check_path(a, &p.path);
	check(!p.path.null && (utf8 || !p.path.utf8));
	check(!str_has_control(p.orcpt) && !str_has_control(p.orcpt_type) && (p.orcpt.n != 0) == (p.orcpt_type.n != 0));
	check(!(p.notify & SMTP_NOTIFY_NEVER) || p.notify == SMTP_NOTIFY_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n > 4096)
		return 0;
	struct arena a;
	struct str line = { (const char *)data, n }, verb, args;
	struct smtp_bdat bdat;
	struct smtp_auth auth;
	arena_init(&a, 1 << 20, NULL, NULL);
	smtp_command_split(line, &verb, &args);
	check(verb.n + args.n <= n && str_find(verb, ' ') == STR_NPOS);
	mail(&a, args);
	rcpt(&a, args, false);
	rcpt(&a, args, true);
	if (smtp_bdat_parse(args, &bdat) == OK)
		check(bdat.size <= INT64_MAX);
	if (smtp_auth_parse(args, &auth) == OK)
		check(auth.mechanism.n && auth.mechanism.n <= SMTP_MECHANISM_MAX &&
		      (auth.has_initial || auth.initial.n == 0));
	arena_done(&a);
	return 0;
}
