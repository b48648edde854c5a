/* Who may do what. */
#include "cli/cli_audit.h"

enum { MANY_ADMINISTRATORS = 10 };

static bool is_admin(json_t *account)
{
	return json_is_true(json_object_get(account, "admin")) && !json_is_true(json_object_get(account, "locked"));
}

void audit_administrators(struct audit *a, const struct audit_check *c)
{
	size_t i, admins = 0;
	json_t *account;
	if (!a->accounts) {
		audit_report(a, c, NULL, AUDIT_UNKNOWN, "the store does not answer");
		return;
	}
	json_array_foreach(a->accounts, i, account)
		admins += is_admin(account);
	audit_report(a, c, NULL, admins > MANY_ADMINISTRATORS ? AUDIT_WEAK : AUDIT_GOOD, "%zu of %zu people", admins, json_array_size(a->accounts));
}

void audit_second_factor(struct audit *a, const struct audit_check *c)
{
	size_t i, admins = 0, without = 0;
	json_t *account;
	if (!a->accounts)
		return;
	json_array_foreach(a->accounts, i, account) {
		admins += is_admin(account);
		without += is_admin(account) && !json_is_true(json_object_get(account, "second_factor"));
	}
	audit_report(a, c, NULL, without ? AUDIT_MISSING : AUDIT_GOOD, "%zu of %zu administrators sign in with a password alone", without, admins);
}
