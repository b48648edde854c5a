/* Who may do what. */
#include "cli/cli_audit.h"

enum { MANY_ADMINISTRATORS = 10 };

void audit_administrators(struct audit *a, const struct audit_check *c)
{
	size_t i, admins = 0;
	json_t *account;
	if (!a->accounts) {
		audit_report(a, c, NULL, AUDIT_UNKNOWN, "the store does not answer");
		return;
	}
	json_array_foreach(a->accounts, i, account)
		admins += json_is_true(json_object_get(account, "admin")) && !json_is_true(json_object_get(account, "locked"));
	audit_report(a, c, NULL, admins > MANY_ADMINISTRATORS ? AUDIT_WEAK : AUDIT_GOOD, "%zu of %zu people", admins, json_array_size(a->accounts));
}
