/* Who may do what. */
#include "cli/cli_audit.h"

enum { MANY_ADMINISTRATORS = 10, SHORT_PASSWORD = 12 };

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

/* auth knows; a person that it cannot tell about has none. */
static bool has_second_factor(struct audit *a, json_t *account)
{
	json_t *shown = NULL, *address = json_object_get(account, "address");
	int status = cli_auth(a->cli, &(struct cli_auth){ "factor.show", json_pack("{s:O}", "address", address), NULL, -1 }, &shown);
	const char *state = status == CLI_OK ? json_string_value(json_object_get(shown, "second_factor")) : NULL;
	bool has = state && str_eq(str_c(state), STR("on"));
	json_decref(shown);
	return has;
}

void audit_second_factor(struct audit *a, const struct audit_check *c)
{
	size_t i, admins = 0, without = 0;
	json_t *account;
	if (!a->accounts)
		return;
	json_array_foreach(a->accounts, i, account) {
		admins += is_admin(account);
		without += is_admin(account) && !has_second_factor(a, account);
	}
	audit_report(a, c, NULL, without ? AUDIT_MISSING : AUDIT_GOOD, "%zu of %zu administrators sign in with a password alone", without, admins);
}

/* What holds where no domain says otherwise. */
void audit_password_policy(struct audit *a, const struct audit_check *c)
{
	json_t *policy = NULL, *rules;
	if (cli_auth(a->cli, &(struct cli_auth){ "policy.show", json_pack("{s:s}", "scope", ""), NULL, -1 }, &policy) != CLI_OK) {
		audit_report(a, c, NULL, AUDIT_UNKNOWN, "auth does not answer");
		return;
	}
	rules = json_object_get(policy, "rules");
	long long length = json_integer_value(json_object_get(rules, "length")), breached = json_integer_value(json_object_get(rules, "not-breached"));
	const char *profile = json_string_value(json_object_get(policy, "profile"));
	audit_report(a, c, NULL, length < SHORT_PASSWORD || !breached ? AUDIT_WEAK : AUDIT_GOOD, "%s: at least %lld characters, breached ones %s",
		profile ? profile : "?", length, breached ? "refused" : "taken");
	json_decref(policy);
}

void audit_log(struct audit *a, const struct audit_check *c)
{
	json_t *log = NULL;
	if (cli_auth(a->cli, &(struct cli_auth){ "log.verify", json_object(), NULL, -1 }, &log) != CLI_OK) {
		audit_report(a, c, NULL, AUDIT_UNKNOWN, "auth does not answer");
		return;
	}
	const char *wrong = json_string_value(json_object_get(log, "wrong"));
	if (json_is_true(json_object_get(log, "ok")))
		audit_report(a, c, NULL, AUDIT_GOOD, "%lld entries, none changed or left out", (long long)json_integer_value(json_object_get(log, "entries")));
	else
		audit_report(a, c, NULL, AUDIT_MISSING, "%s", wrong ? wrong : "it cannot be followed");
	json_decref(log);
}
