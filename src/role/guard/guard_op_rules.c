/* rules {}: those in force, as text. rules.load {rules, signature (base64)}: replaces them. rules.reset {}: back to those that ship. */
#include "base/base64.h"
#include "ipc/role_run.h"
#include "role/guard/guard_admin.h"
#include "role/guard/guard_keep.h"
#include "role/guard/guard_ruling.h"

int guard_op_rules(struct guard_call *c)
{
	struct buf text;
	buf_init(&text, 4 * GUARD_RULES_TEXT_MAX);
	int r = guard_rules_write(guard_current_rules(guard_engine), &text);
	if (r == OK)
		c->json = json_pack("{s:o}", "rules", guard_string(buf_str(&text)));
	buf_done(&text);
	return r;
}

static int put_in_force(struct guard_call *c, const struct guard_rules *rules)
{
	guard_set_rules(guard_engine, rules);
	c->json = json_pack("{s:I}", "count", (json_int_t)rules->count);
	return OK;
}

int guard_op_rules_load(struct guard_call *c)
{
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct buf signature;
	buf_init(&signature, 256);
	int r = base64_decode(&signature, guard_arg(c, "signature"));
	if (r != OK)
		r = guard_refuse(c, "the signature is not base64");
	else
		r = ruling_check(role_conf(), guard_arg(c, "rules"), buf_str(&signature), rules, c->reason);
	if (r == OK)
		r = keep_rules(guard_arg(c, "rules"), buf_str(&signature));
	if (r == OK)
		r = put_in_force(c, rules);
	buf_done(&signature);
	mem_free(rules);
	return r;
}

int guard_op_rules_reset(struct guard_call *c)
{
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct guard_rules_error e;
	int r = guard_rules_load(guard_rules_default(), rules, &e);
	if (r == OK)
		r = keep_no_rules();
	if (r == OK)
		r = put_in_force(c, rules);
	mem_free(rules);
	return r;
}
