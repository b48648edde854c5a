/* ban.list {}; ban.add {network, seconds, why}; ban.remove {network} or {account}; ban.why {network}. */
#include "os/clock.h"
#include "os/log.h"
#include "role/guard/guard_admin.h"

#include <stdio.h>

static json_t *actions_of(unsigned actions)
{
	json_t *list = json_array();
	for (unsigned bit = 0; bit < GUARD_ACTION_COUNT; bit++)
		if (actions >> bit & 1)
			json_array_append_new(list, json_string(guard_action_name((enum guard_action_bit)bit)));
	return list;
}

static json_t *sentence_json(const struct standing *t, const struct sentence *s)
{
	char text[IP_TEXT_MAX + 4];
	int64_t left = (s->until_ms - clock_mono_ms() + 999) / 1000;
	json_t *j = json_pack("{s:s, s:o, s:I, s:I, s:I, s:i, s:s}", "rule", s->rule, "actions", actions_of(s->actions), "since", (json_int_t)s->since,
		"until", (json_int_t)(clock_real() + left), "left", (json_int_t)(left > 0 ? left : 0), "offence", (int)s->offence, "why", s->why);
	if (t->target.net.bits)
		json_object_set_new(j, "network", guard_string(guard_net_text(&t->target.net, text)));
	if (t->target.account)
		json_object_set_new(j, "account", json_integer((json_int_t)t->target.account));
	return j;
}

static void add_all(json_t *list, const struct standing *t)
{
	for (const struct sentence *s = t->first; s; s = s->next)
		json_array_append_new(list, sentence_json(t, s));
}

int guard_op_ban_list(struct guard_call *c)
{
	struct standing *t;
	c->json = json_array();
	for (size_t i = 0; (t = sentence_next(&i));)
		add_all(c->json, t);
	return OK;
}

static int may_be_banned(struct guard_call *c, const struct guard_net *net)
{
	static const char *const why[] = {
		[GUARD_SPARED_LOOPBACK] = "it holds this machine's own addresses", [GUARD_SPARED_SAFE] = "it holds an address of the safe list (guard.safe)",
		[GUARD_SPARED_ADMIN] = "an administrator has signed in from there lately",
	};
	char text[IP_TEXT_MAX + 4];
	enum guard_spared spared = guard_spares(guard_engine, clock_mono_ms(), net);
	if (spared == GUARD_NOT_SPARED)
		return OK;
	return guard_refuse(c, STR_FMT " is not banned: %s", STR_ARG(guard_net_text(net, text)), why[spared]);
}

int guard_op_ban_add(struct guard_call *c)
{
	struct guard_target target = { .account = 0 };
	struct str why = guard_arg(c, "why");
	int64_t seconds = guard_arg_number(c, "seconds");
	int r = guard_arg_net(c, &target.net);
	if (r == OK && !target.net.bits)
		r = guard_refuse(c, "this would be everybody");
	if (r == OK && (seconds < 1 || seconds > BY_HAND_MOST_S))
		r = guard_refuse(c, "a ban lasts from a second to ten years");
	if (r == OK)
		r = may_be_banned(c, &target.net);
	if (r != OK)
		return r;
	struct sentence s = { .rule = "by-hand", .key = GUARD_KEY_ADDRESS, .actions = GUARD_BAN, .seconds = (uint32_t)seconds, .offence = 1,
		.since = clock_real(), .until_ms = clock_mono_ms() + seconds * 1000 };
	snprintf(s.why, sizeof s.why, STR_FMT "%s" STR_FMT, STR_ARG(c->by), why.n ? ": " : "", STR_ARG(str_first(why, WHY_MAX / 2)));
	c->json = sentence_json(sentence_pass(&target, &s), &s);
	return OK;
}

/* Everything that stands against addresses within the network, or against the account. */
static bool concerns(const struct standing *t, const struct guard_net *net, uint64_t account)
{
	if (account)
		return t->target.account == account;
	return t->target.net.bits >= net->bits && ip_matches(t->target.net.address, net->address, net->bits);
}

int guard_op_ban_remove(struct guard_call *c)
{
	struct guard_net net = { .bits = 0 };
	uint64_t account = (uint64_t)guard_arg_number(c, "account");
	json_int_t lifted = 0;
	struct standing *t;
	int r = account ? OK : guard_arg_net(c, &net);
	if (r != OK)
		return r;
	for (size_t i = 0; (t = sentence_next(&i));) {
		if (!concerns(t, &net, account))
			continue;
		guard_forget(guard_engine, t->target.net.address);
		if (t->target.account)
			guard_forget_account(guard_engine, t->target.account);
		sentence_lift(t);
		lifted++;
	}
	c->json = json_pack("{s:I}", "lifted", lifted);
	return lifted ? OK : guard_refuse(c, "nothing stands against it");
}

static bool overlaps(const struct standing *t, const struct guard_net *net)
{
	unsigned bits = t->target.net.bits < net->bits ? t->target.net.bits : net->bits;
	return t->target.net.bits && ip_matches(t->target.net.address, net->address, bits);
}

/* What stands against the address or any network that it belongs to, and what would spare it. */
int guard_op_ban_why(struct guard_call *c)
{
	static const char *const names[] = { [GUARD_NOT_SPARED] = "", [GUARD_SPARED_LOOPBACK] = "loopback", [GUARD_SPARED_SAFE] = "safe",
		[GUARD_SPARED_ADMIN] = "administrator" };
	struct guard_net net;
	struct standing *t;
	int r = guard_arg_net(c, &net);
	if (r != OK)
		return r;
	json_t *list = json_array();
	for (size_t i = 0; (t = sentence_next(&i));)
		if (overlaps(t, &net))
			add_all(list, t);
	c->json = json_pack("{s:o, s:s}", "stands", list, "spared", names[guard_spares(guard_engine, clock_mono_ms(), &net)]);
	return OK;
}
