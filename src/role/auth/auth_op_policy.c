/* policy.show {"scope": DOMAIN or ""}: what holds there. policy.set {"scope", "profile", "set": {knob: number}, "company", "words": [..]}:
 * begins with what holds there, or with the profile named. policy.remove {"scope"}. policy.test {"address"} and the password as secret. */
#include "os/clock.h"
#include "role/auth/auth_breached.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_op.h"
#include "role/auth/auth_password.h"

static json_t *rule_json(const struct password_rule *p, struct str scope)
{
	json_t *knobs = json_object(), *words = json_array();
	for (size_t i = 0; i < password_knob_count; i++)
		json_object_set_new(knobs, password_knobs[i].name, json_integer((json_int_t)password_knob_get(&p->profile, &password_knobs[i])));
	for (size_t i = 0; i < p->word_count; i++)
		json_array_append_new(words, auth_string(p->words[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:I}", "scope", auth_string(scope), "profile", auth_string(p->profile.name), "rules", knobs,
		"company", auth_string(p->company), "words", words, "breached_list", auth_breached_is_own() ? "own" : "built in", "breached_entries",
		(json_int_t)auth_breached()->entries);
}

int auth_op_policy_show(struct auth_call *c)
{
	struct password_rule rule;
	struct str scope;
	int r = auth_rule_for(c->a, auth_arg(c, "scope"), &rule, &scope);
	if (r == OK)
		c->json = rule_json(&rule, scope);
	return r;
}

/* ---- set ---- */

static int set_profile(struct auth_call *c, struct password_rule *rule)
{
	struct str name = auth_arg(c, "profile");
	const struct password_profile *p = password_profile_built_in(name);
	if (name.n && !p)
		return auth_refuse(c, "no such profile: " STR_FMT "; there are default and nist", STR_ARG(name));
	if (p)
		rule->profile = *p;
	return OK;
}

static int set_knobs(struct auth_call *c, struct password_rule *rule)
{
	const char *name;
	json_t *v;
	json_object_foreach(json_object_get(c->arguments, "set"), name, v) {
		const struct password_knob *k = password_knob_find(str_c(name));
		if (!k)
			return auth_refuse(c, "no such rule: %s", name);
		if (!json_is_integer(v) || json_integer_value(v) < 0 || password_knob_set(&rule->profile, k, (uint64_t)json_integer_value(v)) != OK)
			return auth_refuse(c, "%s takes a number of %s from 0 to %llu", name, k->unit, (unsigned long long)k->most);
	}
	return OK;
}

static int set_words(struct auth_call *c, struct password_rule *rule)
{
	json_t *words = json_object_get(c->arguments, "words"), *v;
	struct str company = auth_arg(c, "company");
	size_t i;
	if (json_object_get(c->arguments, "company"))
		rule->company = company;
	if (!json_is_array(words))
		return company.n > PASSWORD_COMPANY_MAX ? auth_refuse(c, "the company's name is too long") : OK;
	rule->word_count = 0;
	json_array_foreach(words, i, v) {
		struct str w = { json_string_value(v), json_string_length(v) };
		if (i == PASSWORD_RULE_WORDS_MAX || !w.n || w.n > PASSWORD_RULE_WORD_MAX)
			return auth_refuse(c, "at most %d words of at most %d bytes", PASSWORD_RULE_WORDS_MAX, PASSWORD_RULE_WORD_MAX);
		rule->words[rule->word_count++] = w;
	}
	return OK;
}

/* "length=14 classes=2": what was asked for. */
static struct str detail(struct auth_call *c)
{
	struct str d = auth_arg(c, "profile");
	const char *name;
	json_t *v;
	json_object_foreach(json_object_get(c->arguments, "set"), name, v)
		d = arena_printf(c->a, STR_FMT "%s%s=%lld", STR_ARG(d), d.n ? " " : "", name, (long long)json_integer_value(v));
	return d;
}

static int commit(struct auth_call *c, struct str scope, const struct password_rule *rule, uint64_t version)
{
	struct auth_change ch;
	auth_change_begin(&ch, c->by, c->from, "policy.set", scope.n ? scope : STR("organisation"));
	ch.detail = detail(c);
	int r = auth_rule_set(&ch.batch, scope, rule, version);
	if (r == OK)
		return auth_change_finish(c, &ch);
	auth_change_drop(&ch);
	return r;
}

int auth_op_policy_set(struct auth_call *c)
{
	struct password_rule rule;
	struct str scope = auth_arg(c, "scope"), from;
	uint64_t version = RECORDS_NONE;
	int r = auth_rule_of(c->a, scope, &rule, &version);
	if (r == E_NOTFOUND)
		r = auth_rule_for(c->a, scope, &rule, &from);
	if (r == OK)
		r = set_profile(c, &rule);
	if (r == OK)
		r = set_knobs(c, &rule);
	if (r == OK)
		r = set_words(c, &rule);
	if (r == OK)
		r = commit(c, scope, &rule, version);
	if (r == OK)
		c->json = rule_json(&rule, scope.n ? scope : STR("organisation"));
	return r;
}

int auth_op_policy_remove(struct auth_call *c)
{
	struct password_rule rule;
	struct str scope = auth_arg(c, "scope");
	struct auth_change ch;
	char key[AUTH_KEY_MAX];
	uint64_t version;
	int r = auth_rule_of(c->a, scope, &rule, &version);
	if (r == E_NOTFOUND)
		return auth_refuse(c, "there is no policy of its own");
	if (r != OK)
		return r;
	auth_change_begin(&ch, c->by, c->from, "policy.remove", scope.n ? scope : STR("organisation"));
	records_remove(&ch.batch, auth_key("policy/", scope, key), version);
	return auth_change_finish(c, &ch);
}

/* ---- test ---- */

int auth_op_policy_test(struct auth_call *c)
{
	struct str address = auth_arg(c, "address");
	json_t *reasons;
	double bits;
	int r = auth_password_judge(c, address, c->secret, &reasons, &bits);
	if (r == OK)
		c->json = json_pack("{s:b, s:f, s:o}", "accepted", json_array_size(reasons) == 0, "bits", bits, "reasons", reasons);
	return r;
}

/* ---- the list of breached passwords ---- */

int auth_op_policy_breached(struct auth_call *c)
{
	struct auth_change ch;
	int r = auth_breached_take(c->file);
	if (r != OK)
		return auth_refuse(c, "the list cannot be used: %s", err_name(r));
	auth_change_begin(&ch, c->by, c->from, "policy.breached", STR("organisation"));
	ch.detail = arena_printf(c->a, "%llu entries", (unsigned long long)auth_breached()->entries);
	return auth_change_finish(c, &ch);
}
