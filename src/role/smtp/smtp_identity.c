/* As whom may the one who signed in send (A25). */
#include "role/smtp/smtp.h"

#include "proto/addr/addr_normal.h"

int smtp_identity_check_address(struct smtp_session *s, struct str normalised)
{
	if (str_eq(normalised, s->allowed))
		return OK;
	struct ipc_identity_req q = { .grant = s->grant, .address = normalised };
	int r = s->env->identity(s->ctx, &q);
	if (r == OK && s->allowed.n == 0)
		s->allowed = arena_dup(&s->session, normalised);
	return r;
}

int smtp_identity_check(struct smtp_session *s, struct str local, struct str domain)
{
	struct str address;
	if (addr_normalize(&s->cmd, local, domain, &address) != OK)
		return E_DENIED;
	return smtp_identity_check_address(s, address);
}
