/* RCPT (RFC 5321 section 4.1.1.3): who the recipient is, is known here or the client is told to come again. */
#include "role/smtp/smtp.h"

#include "proto/addr/addr_normal.h"

/* Wrong addresses are commoner and more harmless than wrong commands, yet not free (A68). */
enum { UNKNOWN_PER_ERROR = 5 };

static bool is_there(const struct smtp_tx *tx, struct str address)
{
	for (size_t i = 0; i < tx->count; i++)
		if (str_eq(tx->recipients[i].address, address))
			return true;
	return false;
}

/* A recipient named twice is kept once. In LMTP each accepted RCPT has an answer of its own at the end, so there it is
 * kept as it came. */
static int add(struct smtp_session *s, const struct smtp_rcpt *p, struct str normalised, bool local, uint32_t relation)
{
	struct smtp_tx *tx = &s->tx;
	struct str address = local ? normalised : smtp_path_keep(s, &p->path);
	s->state = SMTP_RCPT;
	if (!smtp_is_lmtp(s) && is_there(tx, address))
		return smtp_answer(s, 250, STR("2.1.5"), STR("Ok"));
	struct smtp_recipient *r = arena_push(&s->tx_memory, &tx->recipients, &tx->count, &tx->cap, sizeof *r);
	*r = (struct smtp_recipient){ .address = local ? arena_dup(&s->tx_memory, address) : address,
				      .local = local,
				      .relation = relation,
				      .notify = p->notify };
	if (p->orcpt_type.n)
		r->orcpt = arena_printf(&s->tx_memory, STR_FMT ";" STR_FMT, STR_ARG(p->orcpt_type), STR_ARG(p->orcpt));
	tx->all_local = tx->all_local && local;
	return smtp_answer(s, 250, STR("2.1.5"), STR("Ok"));
}

static int unknown(struct smtp_session *s)
{
	if (++s->unknown_recipients >= UNKNOWN_PER_ERROR * s->conf->smtp.errors)
		return smtp_answer_close(s, 421, STR("4.7.0"), STR("Too many unknown recipients, closing"));
	return smtp_answer(s, 550, STR("5.1.1"), STR("No such mailbox here"));
}

/* Asks the directory for local@domain. */
static int ask(struct smtp_session *s, struct str local, struct str domain, struct str *ret_address, struct ipc_recipient_rep *ret)
{
	*ret = (struct ipc_recipient_rep){ .kind = RECIPIENT_UNKNOWN };
	if (addr_normalize(&s->cmd, local, domain, ret_address) != OK) {
		*ret_address = local;
		return OK;
	}
	struct ipc_recipient_req q = { .grant = s->grant, .address = *ret_address, .sender = smtp_is_stranger(s) ? s->tx.sender : STR("") };
	return s->env->recipient(s->ctx, &q, ret);
}

/* "<postmaster>" is the postmaster of this host (RFC 5321 section 4.5.1), or of the nearest domain above it that is
 * ours. */
static int ask_postmaster(struct smtp_session *s, struct str local, struct str *ret_address, struct ipc_recipient_rep *ret)
{
	struct str domain = str_c(s->conf->server.hostname);
	int r;
	do {
		r = ask(s, local, domain, ret_address, ret);
		str_until(&domain, '.');
	} while (r == OK && ret->kind == RECIPIENT_FOREIGN && domain.n);
	return r;
}

static void tell_guard(const struct smtp_session *s, uint32_t kind, struct str address)
{
	static const struct { uint32_t recipient; enum guard_kind kind; } kinds[] = {
		{ RECIPIENT_LOCAL, GUARD_RCPT_OK }, { RECIPIENT_FULL, GUARD_RCPT_OK }, { RECIPIENT_UNKNOWN, GUARD_RCPT_UNKNOWN },
		{ RECIPIENT_FOREIGN, GUARD_RELAY_DENIED },
	};
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].recipient == kind)
			smtp_saw_value(s, kinds[i].kind, address);
}

/* Only the store's definite "no" is permanent (B02, B04). */
static int judge(struct smtp_session *s, const struct smtp_rcpt *p)
{
	struct str address;
	struct ipc_recipient_rep found;
	int r = p->path.postmaster ? ask_postmaster(s, p->path.local, &address, &found)
	                           : ask(s, p->path.local, p->path.domain, &address, &found);
	if (r == E_FULL)
		return smtp_answer(s, 452, STR("4.3.1"), STR("No room for mail now, try again later"));
	if (r != OK)
		return smtp_answer(s, 451, STR("4.3.0"), STR("Cannot check the recipient now, try again later"));
	tell_guard(s, found.kind, p->path.postmaster ? STR("") : address);
	switch (found.kind) {
	case RECIPIENT_LOCAL:
		return add(s, p, address, true, found.relation);
	case RECIPIENT_UNKNOWN:
		return unknown(s);
	case RECIPIENT_FULL:
		return smtp_answer(s, 452, STR("4.2.2"), STR("Mailbox full, try again later"));
	case RECIPIENT_FOREIGN:
		if (s->grant && !p->path.postmaster)
			return add(s, p, address, false, SENDER_UNKNOWN);
		return smtp_answer_error(s, 550, STR("5.7.1"),
					 STR("Relaying needs authentication on the submission port"));
	default:
		return smtp_answer(s, 451, STR("4.3.0"), STR("Cannot check the recipient now, try again later"));
	}
}

int smtp_cmd_rcpt(struct smtp_session *s, struct str args)
{
	struct smtp_rcpt p;
	struct str parameter;
	int r = smtp_rcpt_parse(&s->cmd, args, s->tx.smtputf8, &p, &parameter);
	if (r != OK)
		return smtp_answer_syntax(s, r, parameter, STR("5.1.3"), STR("Syntax: RCPT TO:<address>"));
	if (s->tx.count >= smtp_recipients_max(s))
		return smtp_answer(s, 452, STR("4.5.3"), STR("Too many recipients, send the rest in another message"));
	return judge(s, &p);
}
