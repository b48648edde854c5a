/* Clients of the authorisation server, and what people allowed them.
 *   client.add      {"id": …, "name": …, "redirects": [URI, …], "device": true, "scope": "imap smtp"}
 *   client.list     {}      client.remove   {"id": …}
 *   tokens.list     {"address": …}
 *   tokens.revoke   {"address": …, "id": … or absent: all} */
#include "os/clock.h"
#include "role/auth/auth_admin.h"
#include "role/auth/auth_oauth.h"

#include <sodium.h>

enum { STORE_MS = 10000, VALUE_MAX = 8 << 10 };

static int take_redirects(struct auth_call *c, struct oauth_client *client)
{
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(c->arguments, "redirects"), i, one) {
		struct str uri = { json_string_value(one), json_string_length(one) };
		if (client->redirect_count == OAUTH_REDIRECTS_MAX)
			return auth_refuse(c, "at most %d redirect URIs", OAUTH_REDIRECTS_MAX);
		if (!oauth_redirect_valid(uri))
			return auth_refuse(c, STR_FMT " can't be a redirect URI: https, http to 127.0.0.1, [::1] or localhost, or a private scheme as "
				"com.example.app:/path; no fragment", STR_ARG(uri));
		client->redirects[client->redirect_count++] = uri;
	}
	return OK;
}

static int take_client(struct auth_call *c, struct oauth_client *client)
{
	int r = auth_need(c, "id", &client->id);
	if (r == OK)
		r = auth_need(c, "name", &client->name);
	if (r == OK)
		r = take_redirects(c, client);
	if (r != OK)
		return r;
	if (!oauth_client_id_valid(client->id))
		return auth_refuse(c, "an id has letters, digits, hyphens, dots and underscores, at most %d", OAUTH_CLIENT_ID_MAX);
	if (!oauth_client_name_valid(client->name))
		return auth_refuse(c, "a name is what people are shown: text of at most %d bytes", OAUTH_CLIENT_NAME_MAX);
	if (oauth_scope_read(auth_arg(c, "scope"), OAUTH_SCOPE_ALL, OAUTH_SCOPE_ALL, &client->scope) != OK)
		return auth_refuse(c, "scopes are imap, smtp, pop3, sieve and jmap");
	client->flags = (client->redirect_count ? OAUTH_CLIENT_CODE : 0u) | (auth_arg_is(c, "device") ? OAUTH_CLIENT_DEVICE : 0u);
	return client->flags ? OK : auth_refuse(c, "a client needs a redirect URI, or the device flow");
}

int auth_op_client_add(struct auth_call *c)
{
	struct oauth_client client = { .created = clock_real() };
	struct buf value;
	int r = take_client(c, &client);
	if (r != OK)
		return r;
	buf_init(&value, VALUE_MAX);
	r = oauth_client_encode(&value, &client);
	if (r == OK)
		r = records_put(auth_client_key(c->a, client.id), RECORDS_NONE, buf_str(&value));
	buf_done(&value);
	return r == E_STALE ? auth_refuse(c, "there is a client " STR_FMT " already", STR_ARG(client.id)) : r;
}

static int list_client(void *ctx, const struct records_item *item)
{
	struct auth_call *c = ctx;
	struct oauth_client client;
	char text[OAUTH_SCOPE_TEXT];
	int r = oauth_client_decode(item->value, &client);
	if (r != OK)
		return r;
	json_t *redirects = json_array();
	for (size_t i = 0; i < client.redirect_count; i++)
		json_array_append_new(redirects, auth_string(client.redirects[i]));
	json_array_append_new(c->json, json_pack("{s:o, s:o, s:o, s:b, s:o, s:I}", "id", auth_string(client.id), "name", auth_string(client.name),
		"scope", auth_string(oauth_scope_write(client.scope, text)), "device", (client.flags & OAUTH_CLIENT_DEVICE) != 0,
		"redirects", redirects, "created", (json_int_t)client.created));
	return OK;
}

int auth_op_client_list(struct auth_call *c)
{
	c->json = json_array();
	return records_each(STR("oauth/client/"), list_client, c);
}

/* Its tokens stay good until somebody revokes them or they end; they can't be renewed any more. */
int auth_op_client_remove(struct auth_call *c)
{
	struct str id, value;
	struct records_batch b;
	uint64_t version;
	int r = auth_need(c, "id", &id);
	if (r != OK)
		return r;
	if (!oauth_client_id_valid(id) || records_get(c->a, auth_client_key(c->a, id), &value, &version) == E_NOTFOUND)
		return auth_refuse(c, "there is no client " STR_FMT, STR_ARG(id));
	records_begin(&b);
	records_remove(&b, auth_client_key(c->a, id), RECORDS_ANY);
	return records_commit(&b);
}

int auth_account_of(struct auth_call *c, uint32_t *ret)
{
	struct ipc_hold hold = IPC_HOLD;
	json_t *first = json_array_get(c->arguments, 0);
	struct ipc_credential_req q = { .address = first ? (struct str){ json_string_value(first), json_string_length(first) } : auth_arg(c, "address") };
	struct ipc_credential_rep found;
	int r = ipc_call_credential(NULL, &q, &found, &hold, STORE_MS);
	*ret = r == OK ? found.account : 0;
	ipc_release(&hold);
	return r == E_NOTFOUND ? OK : r;
}

static int find_account(struct auth_call *c, uint32_t *ret)
{
	struct str address;
	int r = auth_need(c, "address", &address);
	if (r == OK)
		r = auth_account_of(c, ret);
	return r == OK && !*ret ? auth_refuse(c, "there is no account " STR_FMT, STR_ARG(address)) : r;
}

static struct str last_part(struct str key)
{
	return str_skip(key, str_rfind(key, '/') + 1);
}

static int list_grant(void *ctx, const struct records_item *item)
{
	struct auth_call *c = ctx;
	struct oauth_grant g;
	char text[OAUTH_SCOPE_TEXT];
	int r = oauth_grant_decode(item->value, &g);
	if (r != OK)
		return r;
	json_array_append_new(c->json, json_pack("{s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I}", "id", auth_string(last_part(item->key)), "kind", "client",
		"client", auth_string(g.client), "scope", auth_string(oauth_scope_write(g.scope, text)), "from", auth_string(g.peer),
		"created", (json_int_t)g.created, "used", (json_int_t)g.used, "until", (json_int_t)g.until));
	return OK;
}

static int list_session(void *ctx, const struct records_item *item)
{
	struct auth_call *c = ctx;
	struct oauth_session s;
	int r = oauth_session_decode(item->value, &s);
	if (r != OK)
		return r;
	json_array_append_new(c->json, json_pack("{s:o, s:s, s:o, s:s, s:o, s:I, s:I, s:I}", "id", auth_string(last_part(item->key)), "kind", "browser",
		"client", auth_string(s.agent), "scope", "", "from", auth_string(s.peer), "created", (json_int_t)s.created, "used", (json_int_t)s.used,
		"until", (json_int_t)(s.created + OAUTH_SESSION_SECONDS)));
	return OK;
}

int auth_op_tokens_list(struct auth_call *c)
{
	uint32_t account;
	int r = find_account(c, &account);
	if (r != OK)
		return r;
	c->json = json_array();
	r = records_each(auth_grant_prefix(c->a, account), list_grant, c);
	return r == OK ? records_each(auth_session_prefix(c->a, account), list_session, c) : r;
}

static int revoke_one(struct auth_call *c, uint32_t account, struct str id)
{
	uint8_t bytes[OAUTH_ID];
	size_t n;
	struct str value;
	uint64_t version;
	if (sodium_hex2bin(bytes, sizeof bytes, id.p, id.n, NULL, &n, NULL) != 0 || n != OAUTH_ID || id.n != 2 * OAUTH_ID)
		return auth_refuse(c, STR_FMT " is no id; `user tokens` lists them", STR_ARG(id));
	struct str keys[] = { auth_grant_key(c->a, account, bytes), auth_session_key(c->a, account, bytes) };
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		int r = records_get(c->a, keys[i], &value, &version);
		if (r == E_NOTFOUND)
			continue;
		struct records_batch b;
		records_begin(&b);
		records_remove(&b, keys[i], RECORDS_ANY);
		r = records_commit(&b);
		auth_sessions_end(account);
		return r;
	}
	return auth_refuse(c, "there is no token " STR_FMT, STR_ARG(id));
}

int auth_op_tokens_revoke(struct auth_call *c)
{
	uint32_t account;
	int r = find_account(c, &account);
	if (r != OK)
		return r;
	struct str id = auth_arg(c, "id");
	return id.n ? revoke_one(c, account, id) : auth_tokens_revoke(account);
}
