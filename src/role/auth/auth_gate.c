#include "os/clock.h"
#include "os/log.h"
#include "role/auth/auth_factor.h"

enum { USED_EVERY = 3600 };

/* What may be seen of it: only who knew the right password reads these. */
#define NEEDS_APP "This account has a second factor: use an app password here (made with `user app-password add` or on the account page)"
#define SUSPECTED "This sign-in looks unusual, and the account has no second factor to tell you by: ask your administrator"
#define OVERDUE "A second factor is required for this account and is not set up: ask your administrator"

static const struct { uint32_t grant; enum app_scope scope; } scopes[] = {
	{ GRANT_IMAP, APP_IMAP }, { GRANT_SUBMIT, APP_SMTP }, { GRANT_POP, APP_POP3 }, { GRANT_SIEVE, APP_SIEVE }, { GRANT_JMAP, APP_JMAP },
};

static enum app_scope scope_of(uint32_t grant)
{
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		if (scopes[i].grant == grant)
			return scopes[i].scope;
	return (enum app_scope)0;
}

/* When it was first asked for is kept: the grace is counted from there. A lost race means that somebody else kept it. */
static void keep_asked(struct auth_factor *x, int64_t now)
{
	if (x->f.asked_at)
		return;
	x->f.asked_at = now;
	int r = auth_factor_save(x);
	if (r != OK && r != E_STALE)
		log_event(LOG_WARNING, "auth.grace", LOG_U("account", x->account), LOG_E(r), LOG_END);
}

static struct str days_left(struct arena *a, int64_t until, int64_t now)
{
	long long days = (long long)((until - now + FACTORS_DAY - 1) / FACTORS_DAY);
	return arena_printf(a, "Set up a second factor within %lld day%s; afterwards the password alone opens nothing", days, days == 1 ? "" : "s");
}

static int demand_of(struct arena *a, const struct auth_person_id *who, enum factor_demand *ret, struct str *ret_warning)
{
	struct auth_factor *x;
	struct factor_rule rule;
	int64_t now = clock_real(), until = 0;
	int r = auth_factor_load(a, who->account, &x);
	if (r == OK)
		r = auth_factor_rule(a, who->address, &rule);
	if (r != OK)
		return r;
	*ret = factor_demand_of(&x->f, &rule, who->administrator, now, &until);
	if (*ret == FACTOR_GRACE || *ret == FACTOR_OVERDUE)
		keep_asked(x, now);
	*ret_warning = *ret == FACTOR_GRACE ? days_left(a, until, now) : STR("");
	return OK;
}

int auth_gate_password(struct arena *a, const struct auth_person_id *who, struct auth_gate *ret)
{
	enum factor_demand demand;
	struct str warning;
	int r = demand_of(a, who, &demand, &warning);
	if (r != OK)
		return r;
	if (demand == FACTOR_HAS)
		*ret = (struct auth_gate){ SIGN_IN_APP_PASSWORD, STR(NEEDS_APP) };
	else if (demand == FACTOR_OVERDUE)
		*ret = (struct auth_gate){ SIGN_IN_APP_PASSWORD, STR(OVERDUE) };
	else if (who->suspected)
		*ret = (struct auth_gate){ SIGN_IN_APP_PASSWORD, STR(SUSPECTED) };
	else
		*ret = (struct auth_gate){ SIGN_IN_OPENED, warning };
	return OK;
}

int auth_gate_interactive(struct arena *a, const struct auth_person_id *who, struct str code, struct str *ret_text)
{
	enum factor_demand demand;
	int r = demand_of(a, who, &demand, ret_text);
	if (r != OK)
		return r;
	if (demand == FACTOR_OVERDUE || (demand != FACTOR_HAS && who->suspected)) {
		*ret_text = demand == FACTOR_OVERDUE ? STR(OVERDUE) : STR(SUSPECTED);
		return E_CANCELLED;
	}
	if (demand != FACTOR_HAS)
		return OK;
	return code.n ? auth_factor_spend(a, who->account, code) : E_AGAIN;
}

/* ---- app passwords ---- */

static const char *const verdicts[] = {
	[APP_PASSWORD_EXPIRED] = "This app password has expired: make a new one",
	[APP_PASSWORD_WRONG_SCOPE] = "This app password is for other services: make one for this",
	[APP_PASSWORD_WRONG_NETWORK] = "This app password is not for use from this network",
};

static enum app_password_verdict may(const struct app_password *p, const struct auth_app_try *q, int64_t now)
{
	struct ip_address from;
	if (ip_parse(q->peer, &from) != OK)
		return p->has_network ? APP_PASSWORD_WRONG_NETWORK : app_password_may(p, scope_of(q->scope), (struct ip_address){ 0 }, now);
	return app_password_may(p, scope_of(q->scope), from, now);
}

/* Kept once an hour, not at each sign-in: a phone comes every minute. */
static void keep_used(struct auth_factor *x, struct app_password *p, int64_t now)
{
	if (now - p->last_used < USED_EVERY)
		return;
	p->last_used = now;
	int r = auth_factor_save(x);
	if (r != OK && r != E_STALE)
		log_event(LOG_WARNING, "auth.app_password_use", LOG_U("account", x->account), LOG_E(r), LOG_END);
}

static void judge(struct auth_factor *x, struct app_password *p, const struct auth_app_try *q, struct auth_gate *ret, struct str *ret_name)
{
	int64_t now = clock_real();
	enum app_password_verdict verdict = may(p, q, now);
	*ret_name = p->name;
	*ret = verdict == APP_PASSWORD_GOOD ? (struct auth_gate){ SIGN_IN_OPENED, STR("") } : (struct auth_gate){ SIGN_IN_APP_PASSWORD, str_c(verdicts[verdict]) };
	if (verdict == APP_PASSWORD_GOOD)
		keep_used(x, p, now);
}

int auth_gate_app(struct arena *a, const struct auth_app_try *q, struct auth_gate *ret, struct str *ret_name)
{
	struct auth_factor *x;
	size_t at;
	int r = auth_factor_load(a, q->account, &x);
	if (r == OK)
		r = app_password_find(x->f.apps, x->f.app_count, q->password, &at);
	if (r != OK)
		return r == E_SYNTAX ? E_DENIED : r;
	judge(x, &x->f.apps[at], q, ret, ret_name);
	return OK;
}

int auth_gate_scram(struct arena *a, const struct auth_app_try *q, const struct scram_keys *keys, struct auth_gate *ret, struct str *ret_name)
{
	struct auth_factor *x;
	int r = auth_factor_load(a, q->account, &x);
	if (r != OK)
		return r;
	for (size_t i = 0; i < x->f.app_count; i++) {
		struct app_password *p = &x->f.apps[i];
		if (!secret_eq((struct str){ (const char *)p->scram.stored, SCRAM_KEY }, (struct str){ (const char *)keys->stored, SCRAM_KEY }))
			continue;
		judge(x, p, q, ret, ret_name);
		return OK;
	}
	return E_DENIED;
}
