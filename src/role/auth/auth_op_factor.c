/* factor.show: {"address": …}. factor.policy: {"address": …, "policy": …}. factor.rule: {"domain": …, "people": …, "administrators": …, "grace_days": …},
 * each member optional; without any it only shows. */
#include "role/auth/auth_op_factor.h"

#include "os/clock.h"

enum { CALL_MS = 10000 };

int auth_op_person(struct auth_call *c, struct auth_person_id *ret, struct auth_factor **ret_factor)
{
	struct str address;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_credential_rep found;
	int r = auth_need(c, "address", &address);
	if (r != OK)
		return r;
	r = ipc_call_credential(NULL, &(struct ipc_credential_req){ .address = address }, &found, &hold, CALL_MS);
	if (r == OK)
		*ret = (struct auth_person_id){ found.account, arena_dup(c->a, found.canonical), found.admin != 0, false };
	ipc_release(&hold);
	if (r == E_NOTFOUND)
		return auth_refuse(c, "there is no account " STR_FMT, STR_ARG(address));
	return r == OK ? auth_factor_load(c->a, ret->account, ret_factor) : r;
}

static const char *demand_name(enum factor_demand d)
{
	static const char *const names[] = {
		[FACTOR_FREE] = "not required", [FACTOR_HAS] = "on", [FACTOR_GRACE] = "required, not set up yet", [FACTOR_OVERDUE] = "required, overdue"
	};
	return names[d];
}

int auth_op_factor_show(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	struct factor_rule rule;
	int64_t until = 0;
	int r = auth_op_person(c, &who, &x);
	if (r == OK)
		r = auth_factor_rule(c->a, who.address, &rule);
	if (r != OK)
		return r;
	enum factor_demand d = factor_demand_of(&x->f, &rule, who.administrator, clock_real(), &until);
	c->json = json_object();
	json_object_set_new(c->json, "address", auth_string(who.address));
	json_object_set_new(c->json, "policy", json_string(factor_policy_name(x->f.policy)));
	json_object_set_new(c->json, "second_factor", json_string(demand_name(d)));
	json_object_set_new(c->json, "totp", json_boolean(x->f.totp_confirmed));
	json_object_set_new(c->json, "passkeys", json_integer((json_int_t)x->f.passkey_count));
	json_object_set_new(c->json, "app_passwords", json_integer((json_int_t)x->f.app_count));
	json_object_set_new(c->json, "recovery_codes_left", json_integer(x->f.has_recovery ? (json_int_t)recovery_left(&x->f.recovery) : 0));
	if (until)
		json_object_set_new(c->json, "until", json_integer(until));
	return OK;
}

static int policy_arg(struct auth_call *c, const char *name, enum factor_policy *ret)
{
	struct str text = auth_arg(c, name);
	if (!text.n)
		return OK;
	if (factor_policy_parse(text, ret) != OK)
		return auth_refuse(c, "%s: off, optional or required, not \"" STR_FMT "\"", name, STR_ARG(text));
	return OK;
}

int auth_op_factor_policy(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	int r = auth_op_person(c, &who, &x);
	if (r == OK)
		r = policy_arg(c, "policy", &x->f.policy);
	if (r != OK)
		return r;
	x->f.asked_at = x->f.policy == FACTOR_REQUIRED ? x->f.asked_at : 0;
	return auth_factor_save(x);
}

static int rule_args(struct auth_call *c, struct factor_rule *rule)
{
	json_t *days = json_object_get(c->arguments, "grace_days");
	int r = policy_arg(c, "people", &rule->people);
	if (r == OK)
		r = policy_arg(c, "administrators", &rule->administrators);
	if (r == OK && (rule->people == FACTOR_INHERIT || rule->administrators == FACTOR_INHERIT))
		return auth_refuse(c, "only a person inherits");
	if (days && (json_integer_value(days) < 0 || json_integer_value(days) > 3650))
		return auth_refuse(c, "the grace has 0 to 3650 days");
	if (days)
		rule->grace_days = (uint32_t)json_integer_value(days);
	return r;
}

int auth_op_factor_rule(struct auth_call *c)
{
	struct factor_rule rule;
	struct str domain = auth_arg(c, "domain");
	bool set = json_object_get(c->arguments, "people") || json_object_get(c->arguments, "administrators") || json_object_get(c->arguments, "grace_days");
	int r = auth_factor_rule(c->a, arena_printf(c->a, "@" STR_FMT, STR_ARG(domain)), &rule);
	if (r == OK)
		r = rule_args(c, &rule);
	if (r == OK && set)
		r = auth_factor_rule_set(domain, &rule);
	if (r != OK)
		return r;
	c->json = json_pack("{s:o, s:s, s:s, s:i}", "domain", auth_string(domain), "people", factor_policy_name(rule.people), "administrators",
		factor_policy_name(rule.administrators), "grace_days", (int)rule.grace_days);
	return OK;
}
