/* policy show, set, remove, test. A scope is a domain, or "organisation". */
#include "cli/cli_internal.h"

#include "proto/password/password_policy.h"

#include <stdio.h>

enum { DOMAIN_MAX = 256, ADDRESS_MAX = 330, PASSWORD_MAX = 1024 };

static int scope_name(const char *given, char *ret, size_t cap)
{
	if (given && strcmp(given, "organisation") != 0)
		return cli_domain_name(given, ret, cap);
	ret[0] = '\0';
	return CLI_OK;
}

/* A number, or days with a 'd' behind it, or yes and no. */
static int number(struct str text, json_int_t *ret)
{
	uint64_t n, factor = 1;
	if (str_eq(text, STR("yes")) || str_eq(text, STR("no"))) {
		*ret = text.n == 3;
		return OK;
	}
	if (text.n && text.p[text.n - 1] == 'd') {
		factor = PASSWORD_DAY;
		text.n--;
	}
	int r = str_u64(text, (uint64_t)INT64_MAX / PASSWORD_DAY, &n);
	if (r == OK)
		*ret = (json_int_t)(n * factor);
	return r;
}

static void print_knob(json_t *rules, const struct password_knob *k)
{
	long long v = (long long)json_integer_value(json_object_get(rules, k->name));
	if (strcmp(k->unit, "yes or no") == 0)
		printf("%-18s %s\n", k->name, v ? "yes" : "no");
	else if (strcmp(k->unit, "seconds") == 0 && v % PASSWORD_DAY == 0)
		printf("%-18s %lld days\n", k->name, v / PASSWORD_DAY);
	else
		printf("%-18s %lld %s\n", k->name, v, k->unit);
}

static void print_rule(struct cli *c, json_t *j)
{
	json_t *word;
	size_t i;
	if (c->json) {
		cli_json(j);
		return;
	}
	printf("%-18s %s\n%-18s %s\n", "holds", json_string_value(json_object_get(j, "scope")), "began as", json_string_value(json_object_get(j, "profile")));
	for (i = 0; i < password_knob_count; i++)
		print_knob(json_object_get(j, "rules"), &password_knobs[i]);
	printf("%-18s %s\n%-18s", "company", json_string_value(json_object_get(j, "company")), "words");
	json_array_foreach(json_object_get(j, "words"), i, word)
		printf(" %s", json_string_value(word));
	printf("\n%-18s %s, %lld entries\n", "breached list", json_string_value(json_object_get(j, "breached_list")),
		(long long)json_integer_value(json_object_get(j, "breached_entries")));
}

static int ask(struct cli *c, const char *op, json_t *arguments, json_t **ret)
{
	return cli_auth(c, &(struct cli_auth){ op, arguments, NULL, -1 }, ret);
}

int cli_policy_show(struct cli *c)
{
	char scope[DOMAIN_MAX];
	json_t *j = NULL;
	int status = scope_name(c->count ? c->args[0] : NULL, scope, sizeof scope);
	if (status == CLI_OK)
		status = ask(c, "policy.show", json_pack("{s:s}", "scope", scope), &j);
	if (status == CLI_OK)
		print_rule(c, j);
	json_decref(j);
	return status;
}

/* NAME=VALUE: a rule, or profile, company, word (which may come several times; "word=" alone: none). */
static int take_one(const char *given, json_t *arguments)
{
	struct str value = str_c(given), name = str_until(&value, '=');
	json_int_t n;
	char knob[64];
	if (name.n == strlen(given) || str_to_c(name, knob, sizeof knob) != OK)
		return cli_refuse("write NAME=VALUE, not %s", given);
	if (str_eq(name, STR("profile")) || str_eq(name, STR("company"))) {
		json_object_set_new(arguments, knob, json_stringn(value.p, value.n));
		return CLI_OK;
	}
	if (str_eq(name, STR("word"))) {
		if (!json_object_get(arguments, "words"))
			json_object_set_new(arguments, "words", json_array());
		if (value.n)
			json_array_append_new(json_object_get(arguments, "words"), json_stringn(value.p, value.n));
		return CLI_OK;
	}
	if (!password_knob_find(name) || number(value, &n) != OK)
		return cli_refuse("no such rule or value: %s; `ceralacca policy show` lists them", given);
	json_object_set_new(json_object_get(arguments, "set"), knob, json_integer(n));
	return CLI_OK;
}

int cli_policy_set(struct cli *c)
{
	char scope[DOMAIN_MAX];
	json_t *j = NULL;
	int status = scope_name(c->args[0], scope, sizeof scope);
	if (status != CLI_OK)
		return status;
	json_t *arguments = json_pack("{s:s, s:{}}", "scope", scope, "set");
	for (int i = 1; i < c->count && status == CLI_OK; i++)
		status = take_one(c->args[i], arguments);
	if (status == CLI_OK)
		status = ask(c, "policy.set", json_incref(arguments), &j);
	if (status == CLI_OK)
		print_rule(c, j);
	json_decref(arguments);
	json_decref(j);
	return status;
}

int cli_policy_remove(struct cli *c)
{
	char scope[DOMAIN_MAX];
	json_t *j = NULL;
	int status = scope_name(c->args[0], scope, sizeof scope);
	if (status == CLI_OK)
		status = ask(c, "policy.remove", json_pack("{s:s}", "scope", scope), &j);
	if (status == CLI_OK)
		printf("%s has no policy of its own\n", c->args[0]);
	json_decref(j);
	return status;
}

/* Exit status 0: it would be accepted. */
int cli_policy_test(struct cli *c)
{
	char address[ADDRESS_MAX], password[PASSWORD_MAX];
	json_t *j = NULL, *reason;
	size_t i;
	int status = cli_address(c->args[0], address, sizeof address);
	if (status == CLI_OK)
		status = cli_password(c, password, sizeof password);
	if (status == CLI_OK)
		status = cli_auth(c, &(struct cli_auth){ "policy.test", json_pack("{s:s}", "address", address), password, -1 }, &j);
	secret_wipe(password, sizeof password);
	if (status != CLI_OK)
		return status;
	bool accepted = json_is_true(json_object_get(j, "accepted"));
	if (c->json)
		cli_json(j);
	else
		printf("%s; strength %.0f bits\n", accepted ? "accepted" : "not accepted", json_real_value(json_object_get(j, "bits")));
	json_array_foreach(json_object_get(j, "reasons"), i, reason)
		if (!c->json)
			printf("%s\n", json_string_value(json_object_get(reason, "text")));
	json_decref(j);
	return accepted ? CLI_OK : CLI_REFUSED;
}
