#include "role/keys/keys.h"
#include "role/keys/keys_serve_mail.h"

#include "io/loop.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"

#include <openssl/crypto.h>

enum { SIGNATURE_MAX = 1024, DAY = 86400, EXPIRY_WARNING_DAYS = 14, CHECK_MS = DAY * 1000 };

static struct keys keys;

static void on_tls_certificate(const struct ipc_request *rq, const struct ipc_tls_certificate_req *q)
{
	const struct keys_entry *e = keys_by_name(&keys, q->name);
	if (!e) {
		ipc_reply_tls_certificate(rq, E_NOTFOUND, NULL);
		return;
	}
	uint8_t tickets[2 * KEYS_TICKET];
	struct ipc_tls_certificate_rep a = {
		.chain = buf_str(&e->pair.chain), .key = e->pair.id, .type = e->pair.type, .serial = keys.serial,
	};
	if (!q->name.n) {
		keys_ticket_get(str_c(role_name(rq->peer)), tickets);
		a.tickets = (struct str){ (const char *)tickets, sizeof tickets };
		a.names = buf_str(&keys.names);
	}
	ipc_reply_tls_certificate(rq, OK, &a);
	secret_wipe(tickets, sizeof tickets);
}

struct job { const struct keys_entry *entry; const struct ipc_tls_sign_req *q; struct buf signature; int err; };

static void sign_job(void *arg)
{
	struct job *j = arg;
	j->err = keys_sign(&j->entry->pair, j->q->digest, j->q->padding, j->q->message, &j->signature);
}

/* RSA takes half a millisecond and goes to the pool; the curves take less than the way there. */
static void on_tls_sign(const struct ipc_request *rq, const struct ipc_tls_sign_req *q)
{
	struct job j = { .entry = keys_by_id(&keys, q->key), .q = q };
	buf_init(&j.signature, SIGNATURE_MAX);
	if (!j.entry)
		j.err = E_NOTFOUND;
	else if (j.entry->pair.type == X509_RSA)
		pool_run(sign_job, &j);
	else
		sign_job(&j);
	if (j.err == E_DENIED)
		log_event(LOG_ERROR, "keys.refused", LOG_C("peer", role_name(rq->peer)), LOG_U("worker", rq->peer_index),
			LOG_U("bytes", q->message.n), LOG_S("digest", q->digest), LOG_U("padding", q->padding), LOG_END);
	struct ipc_tls_sign_rep a = { .signature = buf_str(&j.signature) };
	ipc_reply_tls_sign(rq, j.err, &a);
	buf_done(&j.signature);
}

static void on_bad(struct str name, int err)
{
	log_event(LOG_ERROR, "keys.broken", LOG_S("name", name), LOG_E(err), LOG_END);
}

/* The system's OpenSSL configuration has no say here. */
static void setup(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static int prepare(const struct conf *c, int dir)
{
	struct keys fresh;
	(void)c;
	int r = dir >= 0 ? keys_load(dir, on_bad, &fresh) : E_NOTFOUND;
	if (r != OK) {
		on_bad(STR("default"), r);
		return r;
	}
	keys_done(&keys);
	keys = fresh;
	keys_mail_prepare(dir, on_bad);
	return OK;
}

static int open_keys(const struct conf *c)
{
	(void)c;
	keys_ticket_rotate();
	keys_ticket_rotate();
	return OK;
}

static void check_expiry(void *ctx)
{
	int64_t now = clock_real();
	(void)ctx;
	for (size_t i = 0; i < keys.count; i++) {
		int64_t days = (keys.entries[i].pair.not_after - now) / DAY;
		if (days < EXPIRY_WARNING_DAYS)
			log_event(days < 0 ? LOG_ERROR : LOG_WARNING, "keys.expiry",
				LOG_C("name", i ? keys.entries[i].name : "default"), LOG_I("days", days), LOG_END);
	}
}

static void rotate(void *ctx)
{
	(void)ctx;
	keys_ticket_rotate();
}

static void started(const struct conf *c)
{
	log_event(LOG_INFO, "keys.loaded", LOG_U("certificates", keys.count), LOG_END);
	check_expiry(NULL);
	if (loop_timer(CHECK_MS, CHECK_MS, check_expiry, NULL) != OK ||
	    loop_timer(KEYS_TICKET_PERIOD_MS, KEYS_TICKET_PERIOD_MS, rotate, NULL) != OK)
		role_failed("timer", E_IO);
	keys_mail_start(c);
}

static const struct ipc_service services[] = {
	IPC_SERVE(tls_certificate, on_tls_certificate),
	IPC_SERVE_FIBER(tls_sign, on_tls_sign),
	IPC_SERVE(dkim_signers, keys_on_dkim_signers),
	IPC_SERVE(dkim_keys, keys_on_dkim_keys),
	IPC_SERVE_FIBER(dkim_sign, keys_on_dkim_sign),
	IPC_SERVE_FIBER(dkim_key_act, keys_on_dkim_key_act),
	IPC_SERVE_FIBER(dkim_key_seen, keys_on_dkim_key_seen),
};

const struct role_spec keys_role = {
	.role = ROLE_KEYS,
	.policy = { .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.setup = setup,
	.prepare = prepare,
	.open = open_keys,
	.started = started,
};
