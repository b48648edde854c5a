#include "proto/sasl/sasl.h"

#include "base/base64.h"
#include "proto/addr/addr_normal.h"
#include "proto/sasl/sasl_bearer.h"

struct sasl_mechanism { struct str name, first_challenge; int (*step)(struct sasl *s, struct str answer); };

static bool is_text(struct str s) { return str_find(s, '\0') == STR_NPOS && utf8_valid(s); }

static int take_user(struct sasl *s, struct str user)
{
	if (!user.n || !is_text(user))
		return E_SYNTAX;
	if (user.n > SASL_USER_MAX)
		return E_TOOBIG;
	s->user = arena_dup(s->arena, user);
	return OK;
}

static int take_password(struct sasl *s, struct str password)
{
	if (!password.n || !is_text(password))
		return E_SYNTAX;
	if (password.n > SASL_PASSWORD_MAX)
		return E_TOOBIG;
	s->password = arena_dup(s->arena, password);
	return OK;
}

/* message = [authzid] UTF8NUL authcid UTF8NUL passwd */
static int plain(struct sasl *s, struct str answer)
{
	size_t first = str_find(answer, '\0');
	struct str authzid = str_first(answer, first), rest = first == STR_NPOS ? STR("") : str_skip(answer, first + 1);
	size_t second = str_find(rest, '\0');
	if (first == STR_NPOS || second == STR_NPOS)
		return E_SYNTAX;
	struct str authcid = str_first(rest, second);
	int r = take_user(s, authcid);
	if (r == OK && !is_text(authzid))
		r = E_SYNTAX;
	if (r == OK)
		r = take_password(s, str_skip(rest, second + 1));
	return r == OK && authzid.n && !str_eq(authzid, authcid) ? E_DENIED : r;
}

static int login(struct sasl *s, struct str answer)
{
	if (s->step++)
		return take_password(s, answer);
	int r = take_user(s, answer);
	if (r != OK)
		return r;
	s->challenge = STR("UGFzc3dvcmQ6");     /* "Password:" */
	return E_AGAIN;
}

static int bearer(struct sasl *s, int r, struct str user, struct str token)
{
	s->bearer = true;
	if (r == OK)
		r = take_password(s, token);
	if (r == OK)
		s->user = arena_dup(s->arena, user);
	return r;
}

static int oauthbearer(struct sasl *s, struct str answer)
{
	struct str user = STR(""), token = STR("");
	int r = sasl_oauthbearer_parse(s->arena, answer, &user, &token);
	return bearer(s, r, user, token);
}

static int xoauth2(struct sasl *s, struct str answer)
{
	struct str user = STR(""), token = STR("");
	int r = sasl_xoauth2_parse(answer, &user, &token);
	return bearer(s, r, user, token);
}

static const struct sasl_mechanism mechanisms[] = {
	{ STR_INIT("PLAIN"), STR_INIT(""), plain },
	{ STR_INIT("LOGIN"), STR_INIT("VXNlcm5hbWU6"), login },        /* "Username:" */
	{ STR_INIT("OAUTHBEARER"), STR_INIT(""), oauthbearer },
	{ STR_INIT("XOAUTH2"), STR_INIT(""), xoauth2 },
};

int sasl_begin(struct sasl *s, struct arena *a, struct str mechanism)
{
	for (size_t i = 0; i < COUNT_OF(mechanisms); i++) {
		if (!str_ieq(mechanism, mechanisms[i].name))
			continue;
		*s = (struct sasl){ .mechanism = &mechanisms[i], .arena = a, .challenge = mechanisms[i].first_challenge };
		return OK;
	}
	return E_UNSUPPORTED;
}

int sasl_answer(struct sasl *s, struct str base64)
{
	struct buf b;
	if (str_eq(base64, STR("*")))
		return E_CANCELLED;
	if (base64.n > SASL_LINE_MAX)
		return E_TOOBIG;
	if (str_eq(base64, STR("=")))
		base64 = STR("");
	buf_init(&b, SASL_LINE_MAX);
	int r = buf_reserve(&b, SASL_LINE_MAX);         /* once: growing would leave copies behind */
	if (r == OK)
		r = base64_decode(&b, base64);
	if (r == OK)
		r = s->mechanism->step(s, buf_str(&b));
	secret_wipe(b.p, b.cap);
	buf_done(&b);
	return r;
}

void sasl_done(struct sasl *s)
{
	if (s->password.n)
		secret_wipe((char *)s->password.p, s->password.n);
	*s = (struct sasl){ 0 };
}

int sasl_user_normalize(struct arena *a, struct str user, struct str *ret)
{
	size_t at = str_rfind(user, '@');
	if (user.n > SASL_USER_MAX)
		return E_TOOBIG;
	if (at == STR_NPOS || at == 0 || at + 1 == user.n || str_has_control(user) || !utf8_valid(user))
		return E_SYNTAX;
	return addr_normalize(a, str_first(user, at), str_skip(user, at + 1), ret);
}
