#include "role/imap/imap_cmd.h"

int imap_cmd_login(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct str user, password;
	int r = imap_sp(&a);
	if (r == OK)
		r = imap_astring(&a, &user);
	if (r == OK)
		r = imap_sp(&a);
	if (r == OK)
		r = imap_astring(&a, &password);
	if (r == OK)
		r = imap_args_end(&a);
	return r == OK ? imap_sign_in(s, user, password) : imap_bad_args(s, r, &a);
}
