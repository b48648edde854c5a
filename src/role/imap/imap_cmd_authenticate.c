/* AUTHENTICATE PLAIN (RFC 4616), LOGIN, OAUTHBEARER (RFC 7628), XOAUTH2 and SCRAM-SHA-256 with and without -PLUS (RFC 7677). Each attempt begins with nothing of an earlier one (A14); data that does
 * not decode costs this client its command and nobody else anything (A15). */
#include "role/imap/imap_cmd.h"

#include "base/base64.h"
#include "proto/imap/imap_write.h"
#include "proto/sasl/sasl_bearer.h"

struct exchange {
	bool initial_given;
	struct str initial;             /* base64; "=" for empty (RFC 4959) */
};

static int decode(struct imap_session *s, struct str text, struct str *ret)
{
	struct buf b = imap_buf_in(&s->command, text.n);
	int r = base64_decode(&b, text);
	if (r == OK)
		*ret = buf_str(&b);
	return r;
}

/* The client's answer to a challenge, decoded into the command's arena. E_SYNTAX: "*" or not base64. */
static int ask(struct imap_session *s, const char *challenge, struct str *ret)
{
	struct str line;
	imap_reader_next(&s->reader);
	int r = imap_continue(s, challenge);
	if (r == OK)
		r = imap_read_line(s, s->env->now() + s->conf->login_ms, &line);
	if (r != OK)
		return r;
	r = decode(s, line, ret);
	return r == OK ? OK : E_SYNTAX;
}

static int first_answer(struct imap_session *s, const struct exchange *x, struct str *ret)
{
	if (!x->initial_given)
		return ask(s, "", ret);
	if (str_eq(x->initial, STR("="))) {
		*ret = STR("");
		return OK;
	}
	return decode(s, x->initial, ret) == OK ? OK : E_SYNTAX;
}

/* message = [authzid] UTF8NUL authcid UTF8NUL passwd; acting for somebody else is not offered. */
static int plain(struct imap_session *s, const struct exchange *x)
{
	struct str message;
	int r = first_answer(s, x, &message);
	if (r != OK)
		return r;
	struct str authzid = str_until(&message, '\0'), authcid = str_until(&message, '\0');
	if (str_find(message, '\0') != STR_NPOS)
		return E_SYNTAX;
	if (authzid.n && !str_eq(authzid, authcid))
		return imap_no(s, "AUTHORIZATIONFAILED", "acting for another user is not possible");
	return imap_sign_in(s, authcid, message);
}

static int login(struct imap_session *s, const struct exchange *x)
{
	struct str user, password;
	int r = x->initial_given ? first_answer(s, x, &user) : ask(s, "VXNlcm5hbWU6", &user);
	if (r == OK)
		r = ask(s, "UGFzc3dvcmQ6", &password);
	return r == OK ? imap_sign_in(s, user, password) : r;
}

/* RFC 7628 3.2.3: what is wrong, as a challenge; the client answers with nothing in it, and only then it has failed. */
static int tell_error(struct imap_session *s)
{
	struct str nothing;
	struct buf error = imap_buf_in(&s->command, 256);
	int r = sasl_bearer_error(&error, "imap");
	if (r == OK)
		r = ask(s, arena_dup(&s->command, buf_str(&error)).p, &nothing);
	return r == E_SYNTAX ? OK : r;          /* whatever it said, it has failed */
}

static int oauthbearer(struct imap_session *s, const struct exchange *x)
{
	struct str message, user, token;
	int r = first_answer(s, x, &message);
	if (r == OK)
		r = sasl_oauthbearer_parse(&s->command, message, &user, &token);
	if (r != OK)
		return r == E_TOOBIG ? E_SYNTAX : r;
	return imap_token_sign_in(s, user, token, tell_error);
}

static int xoauth2(struct imap_session *s, const struct exchange *x)
{
	struct str message, user, token;
	int r = first_answer(s, x, &message);
	if (r == OK)
		r = sasl_xoauth2_parse(message, &user, &token);
	if (r != OK)
		return r == E_TOOBIG ? E_SYNTAX : r;
	return imap_token_sign_in(s, user, token, tell_error);
}

static int ask_scram(struct imap_session *s, struct str message, struct str *ret)
{
	struct buf b = imap_buf_in(&s->command, 2 * SCRAM_MESSAGE_MAX);
	int r = base64_encode(&b, message);
	return r == OK ? ask(s, arena_dup(&s->command, buf_str(&b)).p, ret) : r;
}

static int scram_as(struct imap_session *s, const struct exchange *x, struct str mechanism)
{
	struct str first;
	if (!s->conf->scram)
		return imap_no(s, "CANNOT", "mechanism is not offered");
	int r = first_answer(s, x, &first);
	return r == OK ? imap_scram_sign_in(s, mechanism, first, ask_scram) : r;
}

static int scram(struct imap_session *s, const struct exchange *x) { return scram_as(s, x, STR(SCRAM_MECHANISM)); }

static int scram_plus(struct imap_session *s, const struct exchange *x)
{
	return s->has_exporter ? scram_as(s, x, STR(SCRAM_MECHANISM_PLUS)) : imap_no(s, "CANNOT", "mechanism is not offered");
}

static const struct { struct str name; int (*run)(struct imap_session *s, const struct exchange *x); } mechanisms[] = {
	{ STR_INIT("PLAIN"), plain },
	{ STR_INIT("LOGIN"), login },
	{ STR_INIT("OAUTHBEARER"), oauthbearer },
	{ STR_INIT("XOAUTH2"), xoauth2 },
	{ STR_INIT(SCRAM_MECHANISM), scram },
	{ STR_INIT(SCRAM_MECHANISM_PLUS), scram_plus },
};

static int parse(struct imap_args *a, struct str *ret_name, struct exchange *x)
{
	int r = imap_sp(a);
	if (r == OK)
		r = imap_atom(a, ret_name);
	x->initial_given = r == OK && str_take_char(&a->rest, ' ');
	if (x->initial_given)
		x->initial = str_take_n(&a->rest, a->rest.n);
	return r == OK ? imap_args_end(a) : r;
}

/* Reading answers replaces the command in the reader: what the tagged response needs of it is kept. */
static int run(struct imap_session *s, size_t i, struct exchange *x)
{
	struct imap_command kept = { .tag = arena_dup(&s->command, s->reader.command.tag), .name = mechanisms[i].name };
	x->initial = arena_dup(&s->command, x->initial);
	int r = mechanisms[i].run(s, x);
	s->reader.command = kept;
	return r == E_SYNTAX ? imap_bad(s, "that is not a SASL answer") : r;
}

int imap_cmd_authenticate(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct exchange x = { 0 };
	struct str name;
	int r = parse(&a, &name, &x);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	for (size_t i = 0; i < COUNT_OF(mechanisms); i++)
		if (str_ieq(mechanisms[i].name, name))
			return run(s, i, &x);
	return imap_no(s, "CANNOT", "mechanism is not offered");
}
