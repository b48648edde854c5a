/* app.add: {"address": …, "name": …, "scope": "imap,smtp", "network": "192.0.2.0/24", "days": 90}. app.list: {"address": …}. app.revoke: {"address": …,
 * "id": …}. */
#include "os/clock.h"
#include "os/random.h"
#include "role/auth/auth_oauth.h"
#include "role/auth/auth_op_factor.h"

enum { DAYS_MOST = 3650, SCOPE_TEXT = 128 };

static bool taken(const struct factors *f, const char id[APP_PASSWORD_ID])
{
	for (size_t i = 0; i < f->app_count; i++)
		if (memcmp(f->apps[i].id, id, APP_PASSWORD_ID) == 0)
			return true;
	return false;
}

static int describe(struct auth_call *c, struct app_password *p)
{
	struct str network = auth_arg(c, "network"), scope = auth_arg(c, "scope");
	json_t *days = json_object_get(c->arguments, "days");
	*p = (struct app_password){ .name = auth_arg(c, "name"), .created = clock_real() };
	if (!p->name.n || p->name.n > APP_PASSWORD_NAME_MAX || str_has_control(p->name))
		return auth_refuse(c, "it needs a name of up to %d bytes, by which its owner knows it again: \"phone\"", APP_PASSWORD_NAME_MAX);
	if (app_scope_parse(scope, &p->scope) != OK)
		return auth_refuse(c, "scope: of imap, pop3, smtp, sieve, dav, jmap, or all; with commas between");
	p->has_network = network.n > 0;
	if (network.n && app_network_parse(network, &p->network, &p->network_bits) != OK)
		return auth_refuse(c, "network: an address or a network as 192.0.2.0/24, not \"" STR_FMT "\"", STR_ARG(network));
	if (days && (json_integer_value(days) < 1 || json_integer_value(days) > DAYS_MOST))
		return auth_refuse(c, "days: 1 to %d", DAYS_MOST);
	p->expires = days ? p->created + json_integer_value(days) * FACTORS_DAY : 0;
	return OK;
}

static int make(struct auth_call *c, struct auth_factor *x, struct app_password *p, char text[APP_PASSWORD_TEXT])
{
	uint8_t random[APP_PASSWORD_LETTERS];
	int r;
	(void)c;
	do {
		random_bytes(random, sizeof random);
		r = app_password_new(random, x->f.scram_salt, p, text);
	} while (r == OK && taken(&x->f, p->id));
	secret_wipe(random, sizeof random);
	if (r != OK)
		return r;
	x->f.apps[x->f.app_count++] = *p;
	return auth_factor_save(x);
}

int auth_op_app_add(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	struct app_password p;
	char text[APP_PASSWORD_TEXT];
	int r = auth_op_person(c, &who, &x);
	if (r == OK)
		r = describe(c, &p);
	if (r == OK && x->f.app_count == FACTORS_APPS_MAX)
		return auth_refuse(c, "there are %d already: revoke one that is not used", FACTORS_APPS_MAX);
	if (r == OK)
		r = make(c, x, &p, text);
	if (r == OK)
		c->json = json_pack("{s:s, s:s%}", "password", text, "id", p.id, (size_t)APP_PASSWORD_ID);
	secret_wipe(text, sizeof text);
	return r;
}

static json_t *shown(const struct app_password *p)
{
	struct buf scope;
	char address[IP_TEXT_MAX];
	buf_init(&scope, SCOPE_TEXT);
	json_t *j = json_pack("{s:s%, s:o, s:I, s:I, s:I}", "id", p->id, (size_t)APP_PASSWORD_ID, "name", auth_string(p->name), "created",
		(json_int_t)p->created, "expires", (json_int_t)p->expires, "last_used", (json_int_t)p->last_used);
	if (app_scope_write(&scope, p->scope) == OK)
		json_object_set_new(j, "scope", auth_string(buf_str(&scope)));
	if (p->has_network) {
		struct str network = ip_format(p->network, address);
		json_object_set_new(j, "network", json_sprintf("%.*s/%u", (int)network.n, network.p, p->network_bits));
	}
	buf_done(&scope);
	return j;
}

int auth_op_app_list(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	int r = auth_op_person(c, &who, &x);
	if (r != OK)
		return r;
	c->json = json_array();
	for (size_t i = 0; i < x->f.app_count; i++)
		json_array_append_new(c->json, shown(&x->f.apps[i]));
	return OK;
}

int auth_op_app_revoke(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	struct str id = STR("");
	size_t i = 0;
	int r = auth_op_person(c, &who, &x);
	if (r == OK)
		r = auth_need(c, "id", &id);
	if (r != OK)
		return r;
	while (i < x->f.app_count && !str_eq(id, (struct str){ x->f.apps[i].id, APP_PASSWORD_ID }))
		i++;
	if (i == x->f.app_count)
		return auth_refuse(c, STR_FMT " has no app password with the id " STR_FMT, STR_ARG(who.address), STR_ARG(id));
	for (; i + 1 < x->f.app_count; i++)
		x->f.apps[i] = x->f.apps[i + 1];
	x->f.app_count--;
	r = auth_factor_save(x);
	if (r == OK)
		auth_sessions_end(who.account);         /* they were let in by what no longer opens (A69) */
	return r;
}
