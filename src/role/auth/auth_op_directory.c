/* Operations of the store's directory that auth passes on, with an entry in the audit log: the arguments are an array of strings, the first
 * of which is what is acted on. */
#include "role/auth/auth_op.h"
#include "role/auth/auth_age.h"
#include "role/auth/auth_audit.h"
#include "role/auth/auth_keep.h"

enum { OP_MAX = 64, ARGUMENTS_MOST = 64 };

struct passed { char op[OP_MAX + 1]; struct str arguments[ARGUMENTS_MOST]; size_t count; };

static int take(struct auth_call *c, struct passed *p)
{
	json_t *v;
	size_t i;
	if (!json_is_array(c->arguments) || !json_array_size(c->arguments) || json_array_size(c->arguments) > ARGUMENTS_MOST ||
	    str_to_c(c->op, p->op, sizeof p->op) != OK)
		return auth_refuse(c, STR_FMT ": wrong arguments", STR_ARG(c->op));
	json_array_foreach(c->arguments, i, v)
		p->arguments[i] = (struct str){ json_string_value(v), json_string_length(v) };
	p->count = json_array_size(c->arguments);
	return OK;
}

/* All arguments but the first. */
static struct str detail(struct arena *a, const struct passed *p)
{
	struct str d = STR("");
	for (size_t i = 1; i < p->count; i++)
		d = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(d), i > 1 ? " " : "", STR_ARG(p->arguments[i]));
	return d;
}

int auth_change_finish(struct auth_call *c, struct auth_change *ch)
{
	int r = auth_change_commit(ch);
	if (ch->reason.n)
		auth_refuse(c, STR_FMT, STR_ARG(ch->reason));
	else if (r == E_STALE)
		auth_refuse(c, "somebody else changed the same thing; try again");
	else if (r == OK && ch->json.n)
		c->json = json_loadb(ch->json.p, ch->json.n, 0, NULL);
	ipc_release(&ch->hold);
	auth_age_forget();
	return r;
}

static void begin(struct auth_call *c, struct passed *p, struct auth_change *ch)
{
	auth_change_begin(ch, c->by, c->from, p->op, p->arguments[0]);
	ch->detail = detail(c->a, p);
	ch->op = p->op;
	ch->arguments = p->arguments;
	ch->count = p->count;
}

int auth_op_directory(struct auth_call *c)
{
	struct passed p;
	struct auth_change ch;
	int r = take(c, &p);
	if (r != OK)
		return r;
	begin(c, &p, &ch);
	return auth_change_finish(c, &ch);
}

/* What auth keeps of the person goes with the account. */
int auth_op_account_delete(struct auth_call *c)
{
	struct passed p;
	struct auth_change ch;
	char key[AUTH_KEY_MAX];
	int r = take(c, &p);
	if (r != OK)
		return r;
	begin(c, &p, &ch);
	records_remove(&ch.batch, auth_key("pw/", p.arguments[0], key), RECORDS_ANY);
	return auth_change_finish(c, &ch);
}

int auth_op_domain_delete(struct auth_call *c)
{
	struct passed p;
	struct auth_change ch;
	char key[AUTH_KEY_MAX], logo[AUTH_KEY_MAX];
	int r = take(c, &p);
	if (r != OK)
		return r;
	begin(c, &p, &ch);
	records_remove(&ch.batch, auth_key("policy/", p.arguments[0], key), RECORDS_ANY);
	records_remove(&ch.batch, auth_key("bimi/", p.arguments[0], logo), RECORDS_ANY);
	return auth_change_finish(c, &ch);
}
