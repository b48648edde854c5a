/* A new password: whether it may be taken, its hash (both in the pool), and the commit. */
#include "role/auth/auth_password.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/password/password_foreign.h"
#include "role/auth/auth_op.h"
#include "role/auth/auth_breached.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_token.h"

enum { STORE_MS = 10000, GENERATE_TRIES = 8, REASONS_BYTES = 1024 };

/* What is known of the account, and the rule for it. */
struct setting {
	struct auth_call *c;
	struct auth_new_password *n;
	uint32_t account;
	struct password_rule rule;
	struct str scope;
	struct password_state state;
	uint64_t version;
	struct str history[PASSWORD_HISTORY_MAX + 1];       /* the present hash first */
	size_t history_count;
	struct password_reasons reasons;
	char hash[PASSWORD_HASH_MAX];
};

/* ---- the check ---- */

struct checking { struct arena *a; struct password_check check; struct str password; struct password_reasons *out; };

static void check_job(void *arg)
{
	struct checking *k = arg;
	password_policy_check(k->a, &k->check, k->password, k->out);
}

static int check(struct setting *s, struct str password)
{
	struct checking k = {
		.a = s->c->a, .password = password, .out = &s->reasons,
		.check = {
			.profile = &s->rule.profile, .breached = auth_breached(), .current = s->n->current, .history = s->history,
			.history_count = s->history_count, .changed_at = s->n->by_owner ? s->state.changed_at : 0, .now = clock_real(),
			.person = { .address = s->n->address, .company = s->rule.company, .words = s->rule.words, .word_count = s->rule.word_count },
		},
	};
	return auth_in_pool(check_job, &k);
}

static int refuse(struct setting *s)
{
	struct buf b;
	buf_init(&b, REASONS_BYTES);
	struct bufw w = { .b = &b };
	for (size_t i = 0; i < s->reasons.count; i++) {
		bufw_char(&w, ' ');
		bufw_str(&w, s->reasons.list[i].text);
	}
	auth_refuse(s->c, "the password is not accepted:" STR_FMT, STR_ARG(buf_str(&b)));
	buf_done(&b);
	return E_DENIED;
}

static int check_given(struct setting *s)
{
	int r = check(s, s->n->password);
	return r == OK && s->reasons.count ? refuse(s) : r;
}

/* Letters and digits that cannot be mistaken for each other: 115 bits. */
static void generate(char ret[AUTH_GENERATED])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	for (size_t i = 0; i < AUTH_GENERATED - 1;) {
		unsigned char c;
		random_bytes(&c, 1);
		if (c < 4 * (sizeof letters - 1))
			ret[i++] = letters[c % (sizeof letters - 1)];
	}
	ret[AUTH_GENERATED - 1] = '\0';
}

/* By chance it may hold a word of the address; a rule that asks for signs is never met. */
static int check_generated(struct setting *s)
{
	int r = OK;
	for (int i = 0; i < GENERATE_TRIES; i++) {
		generate(s->n->generated);
		r = check(s, str_c(s->n->generated));
		if (r != OK || !s->reasons.count)
			break;
	}
	s->n->password = str_c(s->n->generated);
	return r == OK && s->reasons.count ? refuse(s) : r;
}

static int check_and_hash(struct setting *s)
{
	int r = s->n->password.n ? check_given(s) : check_generated(s);
	return r == OK ? auth_rehash(s->n->password, s->hash) : r;
}

/* ---- the account ---- */

static int load_rule(struct setting *s)
{
	int r = auth_rule_for(s->c->a, s->n->address, &s->rule, &s->scope);
	return r == OK ? OK : auth_refuse(s->c, "the policy cannot be read: %s", err_name(r));
}

static int load_account(struct setting *s)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_credential_req q = { .address = s->n->address };
	struct ipc_credential_rep a;
	int r = ipc_call_credential(NULL, &q, &a, &hold, STORE_MS);
	if (r == OK) {
		s->n->address = arena_dup(s->c->a, a.canonical);
		s->account = a.account;
		s->history[s->history_count++] = arena_dup(s->c->a, a.hash);
	}
	ipc_release(&hold);
	if (r == E_NOTFOUND)
		return auth_refuse(s->c, "no such account: " STR_FMT, STR_ARG(s->n->address));
	return r;
}

static int load_state(struct setting *s)
{
	int r = auth_state_get(s->c->a, s->n->address, &s->state, &s->version);
	for (size_t i = 0; r == OK && i < s->state.history_count; i++)
		s->history[s->history_count++] = s->state.history[i];
	return r == E_NOTFOUND ? OK : r;
}

/* ---- commits ---- */

static int write_state(struct setting *s, struct auth_change *ch, int64_t now)
{
	size_t most = (size_t)s->rule.profile.history;
	password_state_retire(&s->state, s->history_count ? s->history[0] : STR(""), most);
	s->state.changed_at = now;
	s->state.warned_at = 0;
	s->state.flags = (s->n->by_owner ? 0 : PASSWORD_BY_ADMIN) | (s->n->must_change ? PASSWORD_MUST_CHANGE : 0);
	return auth_state_set(&ch->batch, s->n->address, &s->state, s->version);
}

static int set(struct setting *s)
{
	struct auth_change ch;
	const struct str arguments[] = { s->n->address, str_c(s->hash) };
	auth_change_begin(&ch, s->c->by, s->c->from, s->n->act, s->n->address);
	ch.detail = s->n->detail;
	ch.op = "account.passwd";
	ch.arguments = arguments;
	ch.count = COUNT_OF(arguments);
	if (s->n->spent.n)
		records_remove(&ch.batch, s->n->spent, RECORDS_ANY);
	int r = write_state(s, &ch, clock_real());
	if (r == OK)
		return auth_change_finish(s->c, &ch);
	auth_change_drop(&ch);
	return r;
}

int auth_password_set(struct auth_call *c, struct auth_new_password *n)
{
	struct setting *s = arena_new(c->a, struct setting);
	s->c = c;
	s->n = n;
	int r = load_account(s);
	if (r == OK)
		r = load_state(s);
	if (r == OK)
		r = load_rule(s);
	if (r == OK)
		r = check_and_hash(s);
	if (r == OK)
		r = set(s);
	secret_wipe(s->hash, sizeof s->hash);
	/* what the old one had let in ends with it, whoever changed it (A69) */
	if (r == OK && auth_tokens_revoke(s->account) != OK)
		log_event(LOG_WARNING, "auth.tokens-left", LOG_S("user", n->address), LOG_END);
	return r;
}

static int create(struct setting *s, struct str hash, struct str flags)
{
	struct auth_change ch;
	const struct str arguments[] = { s->n->address, hash, flags };
	auth_change_begin(&ch, s->c->by, s->c->from, "account.add", s->n->address);
	ch.detail = s->n->detail.n ? s->n->detail : flags;
	ch.op = "account.add";
	ch.arguments = arguments;
	ch.count = COUNT_OF(arguments);
	s->version = RECORDS_ANY;           /* what an account of this name left before counts no more */
	int r = write_state(s, &ch, clock_real());
	if (r == OK)
		return auth_change_finish(s->c, &ch);
	auth_change_drop(&ch);
	return r;
}

int auth_password_create(struct auth_call *c, struct auth_new_password *n, struct str flags)
{
	struct setting *s = arena_new(c->a, struct setting);
	s->c = c;
	s->n = n;
	int r = load_rule(s);
	if (r == OK)
		r = check_and_hash(s);
	if (r == OK)
		r = create(s, str_c(s->hash), flags);
	secret_wipe(s->hash, sizeof s->hash);
	return r;
}

int auth_password_import(struct auth_call *c, struct str address, struct str hash, struct str flags)
{
	struct auth_new_password n = { .address = address, .detail = STR("with a hash made elsewhere") };
	struct setting *s = arena_new(c->a, struct setting);
	s->c = c;
	s->n = &n;
	int r = password_foreign_check(hash);
	if (r != OK)
		return auth_refuse(c, r == E_TOOBIG ? "a verification of this hash would cost more than is allowed" :
			"not a hash of a form that is known here");
	return create(s, hash, flags);
}

int auth_password_judge(struct auth_call *c, struct str address, struct str password, json_t **ret, double *ret_bits)
{
	struct auth_new_password n = { .address = address };
	struct setting *s = arena_new(c->a, struct setting);
	s->c = c;
	s->n = &n;
	int r = load_rule(s);
	if (r == OK)
		r = check(s, password);
	if (r != OK)
		return r;
	*ret = json_array();
	*ret_bits = s->reasons.bits;
	for (size_t i = 0; i < s->reasons.count; i++)
		json_array_append_new(*ret, json_pack("{s:s, s:o}", "fault", password_fault_name(s->reasons.list[i].fault), "text",
			auth_string(s->reasons.list[i].text)));
	return OK;
}
