#include "proto/second_factor/scram.h"

#include "base/base64.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

static struct str key_str(const uint8_t key[SCRAM_KEY])
{
	return (struct str){ (const char *)key, SCRAM_KEY };
}

static int hmac(struct str key, struct str text, uint8_t out[SCRAM_KEY])
{
	unsigned n = 0;
	return HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, &n) && n == SCRAM_KEY ? OK : E_IO;
}

static struct str base64(struct arena *a, struct str bytes)
{
	struct buf b;
	buf_init(&b, SCRAM_MESSAGE_MAX);
	struct str text = base64_encode(&b, bytes) == OK ? arena_dup(a, buf_str(&b)) : STR("");
	buf_done(&b);
	return text;
}

/* ---- keys: RFC 5802 3 ---- */

int scram_keys_make(struct str password, const uint8_t salt[SCRAM_SALT], uint32_t iterations, struct scram_keys *ret)
{
	uint8_t salted[SCRAM_KEY], client[SCRAM_KEY];
	struct scram_keys keys;
	if (!password.n || password.n > SCRAM_MESSAGE_MAX || !str_is_ascii(password) || str_has_control(password))
		return E_SYNTAX;
	int r = PKCS5_PBKDF2_HMAC(password.p, (int)password.n, salt, SCRAM_SALT, (int)iterations, EVP_sha256(), SCRAM_KEY, salted) == 1 ? OK : E_IO;
	if (r == OK)
		r = hmac(key_str(salted), STR("Client Key"), client);
	if (r == OK)
		r = hmac(key_str(salted), STR("Server Key"), keys.server);
	if (r == OK) {
		SHA256(client, sizeof client, keys.stored);
		*ret = keys;
	}
	secret_wipe(salted, sizeof salted);
	secret_wipe(client, sizeof client);
	return r;
}

int scram_account_unknown(struct str secret, struct str user, struct scram_account *ret)
{
	static const char use[] = "ceralacca scram salt";
	uint8_t key[SCRAM_KEY], mac[SCRAM_KEY];
	int r = hmac(secret, (struct str){ use, sizeof use - 1 }, key);
	if (r == OK)
		r = hmac(key_str(key), user, mac);
	if (r != OK)
		return r;
	*ret = (struct scram_account){ .iterations = SCRAM_ITERATIONS };
	memcpy(ret->salt, mac, sizeof ret->salt);
	return OK;
}

/* ---- parts of messages: RFC 5802 7 ---- */

static int refuse(struct scram *s, int err, struct str error)
{
	s->state = SCRAM_ENDED;
	s->reply = error;
	return err;
}

static int malformed(struct scram *s)
{
	return refuse(s, E_SYNTAX, STR("e=invalid-encoding"));
}

/* printable = %x21-2B / %x2D-7E */
static bool is_nonce(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0;
}

/* saslname: "=2C" and "=3D" stand for comma and equals sign; no other "=" */
static int saslname(struct arena *a, struct str s, struct str *ret)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	while (s.n) {
		if (str_take(&s, STR("=2C")))
			p[n++] = ',';
		else if (str_take(&s, STR("=3D")))
			p[n++] = '=';
		else if (s.p[0] == '=')
			return E_SYNTAX;
		else
			p[n++] = str_take_n(&s, 1).p[0];
	}
	struct str name = { p, n };
	if (!n || n > SCRAM_USER_MAX || str_has_control(name) || !utf8_valid(name))
		return E_SYNTAX;
	*ret = name;
	return OK;
}

/* Extensions at the end: we know none, and none that is not "m" may stop us. */
static bool are_extensions(struct str rest)
{
	while (rest.n) {
		struct str one = str_until(&rest, ',');
		if (one.n < 3 || !ascii_is_alpha(one.p[0]) || one.p[1] != '=' || one.p[0] == 'm')
			return false;
	}
	return true;
}

/* ---- client-first-message ---- */

int scram_begin(struct scram *s, struct arena *a, struct str mechanism, struct str exporter)
{
	bool plus = str_ieq(mechanism, STR(SCRAM_MECHANISM_PLUS));
	if ((!plus && !str_ieq(mechanism, STR(SCRAM_MECHANISM))) || (exporter.n && exporter.n != SCRAM_EXPORTER) || (plus && !exporter.n))
		return E_UNSUPPORTED;
	*s = (struct scram){ .arena = a, .plus = plus, .exporter = exporter.n ? arena_dup(a, exporter) : STR("") };
	return OK;
}

/* gs2-cbind-flag = ("p=" cb-name) / "n" / "y" */
static int check_binding_flag(struct scram *s, struct str flag)
{
	if (str_take(&flag, STR("p="))) {
		if (!s->plus)
			return refuse(s, E_DENIED, STR("e=channel-binding-not-supported"));
		return str_eq(flag, STR("tls-exporter")) ? OK : refuse(s, E_DENIED, STR("e=unsupported-channel-binding-type"));
	}
	if (str_eq(flag, STR("y")) && s->exporter.n)
		return refuse(s, E_DENIED, STR("e=server-does-support-channel-binding"));
	if (!str_eq(flag, STR("n")) && !str_eq(flag, STR("y")))
		return malformed(s);
	return s->plus ? refuse(s, E_DENIED, STR("e=channel-bindings-dont-match")) : OK;
}

/* client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions] */
static int take_bare(struct scram *s, struct str bare)
{
	struct str user, nonce;
	s->client_first_bare = bare;
	if (str_starts(bare, STR("m=")))
		return refuse(s, E_DENIED, STR("e=extensions-not-supported"));
	user = str_until(&bare, ',');
	nonce = str_until(&bare, ',');
	if (!str_take(&user, STR("n=")) || !str_take(&nonce, STR("r=")) || !is_nonce(nonce) || !are_extensions(bare))
		return malformed(s);
	s->client_nonce = nonce;
	return saslname(s->arena, user, &s->user) == OK ? OK : refuse(s, E_SYNTAX, STR("e=invalid-username-encoding"));
}

/* gs2-header = gs2-cbind-flag "," [ authzid ] "," */
int scram_client_first(struct scram *s, struct str message)
{
	struct str authzid, as = STR("");
	if (s->state != SCRAM_WANT_FIRST)
		return refuse(s, E_PROTO, STR("e=other-error"));
	if (message.n > SCRAM_MESSAGE_MAX)
		return malformed(s);
	struct str copy = arena_dup(s->arena, message), rest = copy, flag = str_until(&rest, ',');
	int r = check_binding_flag(s, flag);
	if (r != OK)
		return r;
	if (str_find(rest, ',') == STR_NPOS)
		return malformed(s);
	authzid = str_until(&rest, ',');
	s->gs2_header = str_range(copy.p, rest.p);
	if (authzid.n && (!str_take(&authzid, STR("a=")) || saslname(s->arena, authzid, &as) != OK))
		return malformed(s);
	r = take_bare(s, rest);
	if (r == OK && as.n && !str_eq(as, s->user))
		return refuse(s, E_DENIED, STR("e=other-error"));
	if (r == OK)
		s->state = SCRAM_WANT_CHALLENGE;
	return r;
}

/* ---- server-first-message ---- */

int scram_challenge(struct scram *s, const struct scram_account *account, const uint8_t random[SCRAM_RANDOM])
{
	if (s->state != SCRAM_WANT_CHALLENGE)
		return refuse(s, E_PROTO, STR("e=other-error"));
	if (account->count > SCRAM_KEYS_MOST)
		return refuse(s, E_TOOBIG, STR("e=no-resources"));
	struct scram_keys *keys = arena_new_array(s->arena, struct scram_keys, SCRAM_KEYS_MOST);
	if (account->count)
		memcpy(keys, account->keys, account->count * sizeof *keys);
	s->account = *account;
	s->account.keys = keys;
	struct str own = base64(s->arena, (struct str){ (const char *)random, SCRAM_RANDOM });
	struct str salt = base64(s->arena, (struct str){ (const char *)account->salt, SCRAM_SALT });
	struct buf b;
	struct bufw w = { &b, OK };
	buf_init(&b, 2 * SCRAM_MESSAGE_MAX);
	bufw_str(&w, s->client_nonce);
	bufw_str(&w, own);
	s->nonce = arena_dup(s->arena, buf_str(&b));
	buf_clear(&b);
	bufw_c(&w, "r=");
	bufw_str(&w, s->nonce);
	bufw_c(&w, ",s=");
	bufw_str(&w, salt);
	bufw_printf(&w, ",i=%u", account->iterations);
	s->server_first = arena_dup(s->arena, buf_str(&b));
	buf_done(&b);
	if (w.err != OK)
		return refuse(s, w.err, STR("e=other-error"));
	s->state = SCRAM_WANT_FINAL;
	s->reply = s->server_first;
	return OK;
}

/* ---- client-final-message ---- */

static bool binding_matches(struct scram *s, struct str given)
{
	struct buf b;
	struct bufw w = { &b, OK };
	buf_init(&b, SCRAM_MESSAGE_MAX + SCRAM_EXPORTER);
	bufw_str(&w, s->gs2_header);
	if (s->plus)
		bufw_str(&w, s->exporter);
	bool same = w.err == OK && secret_eq(given, base64(s->arena, buf_str(&b)));
	buf_done(&b);
	return same;
}

static int read_proof(struct str text, uint8_t out[SCRAM_KEY])
{
	struct buf b;
	buf_init(&b, SCRAM_MESSAGE_MAX);
	int r = base64_decode(&b, text);
	if (r == OK && b.n != SCRAM_KEY)
		r = E_SYNTAX;
	if (r == OK)
		memcpy(out, b.p, SCRAM_KEY);
	buf_done(&b);
	return r;
}

static int proof_fits(const struct scram_keys *k, struct str auth, const uint8_t proof[SCRAM_KEY], bool *ret)
{
	uint8_t signature[SCRAM_KEY], client[SCRAM_KEY], stored[SCRAM_KEY];
	int r = hmac(key_str(k->stored), auth, signature);
	if (r != OK)
		return r;
	for (size_t i = 0; i < SCRAM_KEY; i++)
		client[i] = proof[i] ^ signature[i];
	SHA256(client, sizeof client, stored);
	*ret = secret_eq(key_str(stored), key_str(k->stored));
	secret_wipe(client, sizeof client);
	return OK;
}

/* As many as there may be, so that time tells nothing of how many there are. */
static int try_keys(const struct scram *s, struct str auth, const uint8_t proof[SCRAM_KEY], size_t *ret)
{
	size_t found = SCRAM_KEYS_MOST;
	for (size_t i = 0; i < SCRAM_KEYS_MOST; i++) {
		bool fits;
		int r = proof_fits(&s->account.keys[i], auth, proof, &fits);
		if (r != OK)
			return r;
		if (fits && i < s->account.count)
			found = i;
	}
	*ret = found;
	return found == SCRAM_KEYS_MOST ? E_DENIED : OK;
}

/* AuthMessage = client-first-message-bare "," server-first-message "," client-final-message-without-proof */
static struct str auth_message(struct scram *s, struct str without_proof)
{
	const struct str parts[] = { s->client_first_bare, STR(","), s->server_first, STR(","), without_proof };
	size_t n = 0, at = 0;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		n += parts[i].n;
	char *p = arena_alloc(s->arena, n);
	for (size_t i = 0; i < COUNT_OF(parts); at += parts[i++].n)
		memcpy(p + at, parts[i].p, parts[i].n);
	return (struct str){ p, n };
}

static int accept(struct scram *s, struct str auth, size_t index, size_t *ret_index)
{
	uint8_t signature[SCRAM_KEY];
	if (hmac(key_str(s->account.keys[index].server), auth, signature) != OK)
		return refuse(s, E_IO, STR("e=other-error"));
	s->reply = arena_printf(s->arena, "v=" STR_FMT, STR_ARG(base64(s->arena, key_str(signature))));
	s->state = SCRAM_ENDED;
	*ret_index = index;
	return OK;
}

/* client-final-message = channel-binding "," nonce ["," extensions] "," proof */
int scram_client_final(struct scram *s, struct str message, size_t *ret_index)
{
	uint8_t proof[SCRAM_KEY];
	size_t index;
	if (s->state != SCRAM_WANT_FINAL)
		return refuse(s, E_PROTO, STR("e=other-error"));
	size_t last = str_rfind(message, ',');
	if (message.n > SCRAM_MESSAGE_MAX || last == STR_NPOS)
		return malformed(s);
	struct str without_proof = str_first(message, last), proof_text = str_skip(message, last + 1), rest = without_proof;
	struct str binding = str_until(&rest, ','), nonce = str_until(&rest, ',');
	if (!str_take(&binding, STR("c=")) || !str_take(&nonce, STR("r=")) || !are_extensions(rest) || !str_take(&proof_text, STR("p=")) ||
	    read_proof(proof_text, proof) != OK)
		return malformed(s);
	if (!binding_matches(s, binding))
		return refuse(s, E_DENIED, STR("e=channel-bindings-dont-match"));
	if (!secret_eq(nonce, s->nonce))
		return refuse(s, E_DENIED, STR("e=other-error"));
	struct str auth = auth_message(s, without_proof);
	int r = try_keys(s, auth, proof, &index);
	if (r != OK)
		return refuse(s, r, r == E_DENIED ? STR("e=invalid-proof") : STR("e=other-error"));
	return accept(s, auth, index, ret_index);
}
