/* Devices without a keyboard (RFC 8628): the device asks, a person types its code into a browser and decides. */
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/auth/auth_oauth.h"

enum { OPEN_MOST = 5000, TRIES_SLOTS = 1024, TRIES_MOST = 10, TRIES_SECONDS = 600, USER_CODE_VALUE = OAUTH_ID + 8 };

/* How many flows began in the last ten minutes: who asks for ever more fills nothing but this. */
static struct { int64_t since; unsigned count; } begun;

static bool too_many(int64_t now_ms)
{
	if (now_ms - begun.since > OAUTH_DEVICE_SECONDS * 1000) {
		begun.since = now_ms;
		begun.count = 0;
	}
	return ++begun.count > OPEN_MOST;
}

static enum oauth_outcome judge(struct arena *a, const struct ipc_oauth_device_begin_req *q, int *ret_err)
{
	struct oauth_client c;
	*ret_err = auth_get_client(a, q->client, &c);
	if (*ret_err != OK)
		return OAUTH_INVALID_CLIENT;
	if (!(c.flags & OAUTH_CLIENT_DEVICE))
		return OAUTH_UNAUTHORIZED_CLIENT;
	return q->scope && !(q->scope & ~c.scope) ? OAUTH_OK : OAUTH_INVALID_SCOPE;
}

static int make_device(struct arena *a, const struct ipc_oauth_device_begin_req *q, char device_code[OAUTH_TOKEN_TEXT], char user_code[OAUTH_USER_CODE_TEXT])
{
	struct oauth_token t;
	struct records_batch b;
	uint8_t random[OAUTH_USER_CODE_RANDOM], value[USER_CODE_VALUE];
	char letters[OAUTH_USER_CODE];
	struct oauth_device d = { .client = q->client, .peer = q->peer, .scope = q->scope, .interval = OAUTH_INTERVAL, .until = clock_real() + OAUTH_DEVICE_SECONDS };
	auth_token_new(OAUTH_DEVICE, 0, &t);
	oauth_token_hash(&t, d.hash);
	oauth_token_write(&t, device_code);
	random_bytes(random, sizeof random);
	oauth_user_code_make(random, user_code);
	memcpy(value, t.id, OAUTH_ID);
	put_le64(value + OAUTH_ID, (uint64_t)d.until);
	int r = oauth_user_code_read(str_c(user_code), letters);
	if (r != OK)
		return r;
	records_begin(&b);
	auth_put_device(&b, auth_device_key(a, t.id), RECORDS_NONE, &d);
	records_set(&b, auth_user_code_key(a, letters), RECORDS_NONE, (struct str){ (const char *)value, sizeof value });
	secret_wipe(&t, sizeof t);
	return records_commit(&b);
}

/* Two flows at once with the same user code can't be: the second one takes another. */
static int begin(struct arena *a, const struct ipc_oauth_device_begin_req *q, char device_code[OAUTH_TOKEN_TEXT], char user_code[OAUTH_USER_CODE_TEXT])
{
	int r = too_many(clock_mono_ms()) ? E_BUSY : E_STALE;
	for (int i = 0; i < AUTH_OAUTH_TRIES && r == E_STALE; i++)
		r = make_device(a, q, device_code, user_code);
	return r;
}

void auth_on_oauth_device_begin(const struct ipc_request *rq, const struct ipc_oauth_device_begin_req *q)
{
	struct arena a;
	char device_code[OAUTH_TOKEN_TEXT] = "", user_code[OAUTH_USER_CODE_TEXT] = "";
	int r;
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	enum oauth_outcome outcome = judge(&a, q, &r);
	if (r == OK && outcome == OAUTH_OK)
		r = begin(&a, q, device_code, user_code);
	r = r == E_NOTFOUND ? OK : r;
	struct ipc_oauth_device_begin_rep rep = { .outcome = outcome, .device_code = str_c(device_code), .user_code = str_c(user_code),
		.expires = OAUTH_DEVICE_SECONDS, .interval = OAUTH_INTERVAL };
	ipc_reply_oauth_device_begin(rq, r, r == OK ? &rep : NULL);
	secret_wipe(device_code, sizeof device_code);
	arena_done(&a);
}

/* ---- the person */

/* Wrong codes of an account within ten minutes; slots are shared by chance (RFC 8628 5.1). With ten tries in ten minutes, 34 bits are enough. */
static struct { uint32_t account; unsigned wrong; int64_t since; } tries[TRIES_SLOTS];

static bool tried_enough(uint32_t account, int64_t now_ms)
{
	unsigned i = account % TRIES_SLOTS;
	return tries[i].account == account && tries[i].wrong >= TRIES_MOST && now_ms - tries[i].since < TRIES_SECONDS * 1000;
}

static void count_wrong(uint32_t account, int64_t now_ms)
{
	unsigned i = account % TRIES_SLOTS;
	if (tries[i].account != account || now_ms - tries[i].since >= TRIES_SECONDS * 1000) {
		tries[i].account = account;
		tries[i].wrong = 0;
		tries[i].since = now_ms;
	}
	tries[i].wrong++;
}

struct asked { struct str code_key, key; struct oauth_device device; uint64_t version; };

/* E_NOTFOUND: no flow of this code that is still open. */
static int find_asked(struct arena *a, struct str typed, struct asked *ret)
{
	char letters[OAUTH_USER_CODE];
	struct str value;
	uint64_t version;
	if (oauth_user_code_read(typed, letters) != OK)
		return E_NOTFOUND;
	ret->code_key = auth_user_code_key(a, letters);
	int r = records_get(a, ret->code_key, &value, &version);
	if (r != OK)
		return r;
	if (value.n != USER_CODE_VALUE)
		return E_CORRUPT;
	ret->key = auth_device_key(a, (const uint8_t *)value.p);
	r = auth_get_device(a, ret->key, &ret->device, &ret->version);
	return r == OK && !oauth_device_open(&ret->device, clock_real()) ? E_NOTFOUND : r;
}

/* The gate of both questions: a session, and not too many wrong codes. */
static int find_for(struct arena *a, struct str session, struct str typed, struct oauth_session *s, struct asked *ret)
{
	int r = auth_session_find(a, session, s);
	if (r != OK)
		return r;
	if (tried_enough(s->account, clock_mono_ms()))
		return E_BUSY;
	r = find_asked(a, typed, ret);
	if (r == E_NOTFOUND) {
		count_wrong(s->account, clock_mono_ms());
		log_event(LOG_WARNING, "auth.user_code", LOG_S("user", s->address), LOG_S("peer", s->peer), LOG_END);
	}
	return r;
}

void auth_on_oauth_device_find(const struct ipc_request *rq, const struct ipc_oauth_device_find_req *q)
{
	struct arena a;
	struct oauth_session s;
	struct asked found;
	struct oauth_client c = { 0 };
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = find_for(&a, q->session, q->user_code, &s, &found);
	if (r == OK)
		r = auth_get_client(&a, found.device.client, &c);
	struct ipc_oauth_device_find_rep rep = { 0 };
	if (r == OK)
		rep = (struct ipc_oauth_device_find_rep){ .client = c.id, .name = c.name, .scope = found.device.scope, .asked_from = found.device.peer };
	ipc_reply_oauth_device_find(rq, r, r == OK ? &rep : NULL);
	arena_done(&a);
}

/* The code is used up by this, whatever the answer. */
static int decide(const struct oauth_session *s, struct asked *found, bool allow)
{
	struct records_batch b;
	struct oauth_device *d = &found->device;
	d->state = allow ? OAUTH_DEVICE_ALLOWED : OAUTH_DEVICE_DENIED;
	d->account = s->account;
	d->address = s->address;
	records_begin(&b);
	auth_put_device(&b, found->key, found->version, d);
	records_remove(&b, found->code_key, RECORDS_ANY);
	return records_commit(&b);
}

void auth_on_oauth_device_decide(const struct ipc_request *rq, const struct ipc_oauth_device_decide_req *q)
{
	struct arena a;
	struct oauth_session s;
	struct asked found;
	struct ipc_oauth_device_decide_rep rep;
	int r = E_STALE;
	memset(&rep, 0, sizeof rep);
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	for (int i = 0; i < AUTH_OAUTH_TRIES && r == E_STALE; i++) {
		r = find_for(&a, q->session, q->user_code, &s, &found);
		if (r == OK)
			r = decide(&s, &found, q->allow == 1);
	}
	if (r == OK)
		log_event(LOG_INFO, q->allow ? "auth.allowed" : "auth.device_denied", LOG_S("user", s.address), LOG_S("client", found.device.client),
			LOG_U("scope", found.device.scope), LOG_S("peer", s.peer), LOG_END);
	ipc_reply_oauth_device_decide(rq, r, &rep);
	arena_done(&a);
}
