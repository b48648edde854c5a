/* Any message as a chain; then sealed. What we add to a chain that held holds, with one set more; a broken one never passes again. */
#include "proto/arc/arc.h"
#include "proto/dkim/test_dkim.h"

enum { NOW = 1700000000, MESSAGE_MAX = 8192 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static EVP_PKEY *secret_key(void)
{
	static EVP_PKEY *key;
	if (!key)
		key = test_rfc8463_key();
	return key;
}

static void check_result(const struct arc_result *r)
{
	require(r->reason.n > 0 && str_is_ascii(r->reason) && !str_has_control(r->reason));
	require(r->instances <= ARC_SETS_MAX && r->oldest_pass <= r->instances);
	require(r->code != ARC_PASS || (r->instances > 0 && r->sealer.n && r->selector.n && !r->closed));
	require(r->code == ARC_PASS || (r->sealer.n == 0 && r->payload.n == 0 && r->oldest_pass == 0));
}

/* Verifies and seals; the message goes behind the new set. E_DENIED and the like: nothing was added. */
static struct arc_result handle(struct arena *a, struct dns_zone *zone, struct str message, struct buf *out, int *ret_sealed)
{
	struct dkim_message m;
	struct arc_verify v;
	struct arc_seal seal;
	struct dns_env dns;
	struct dkim_signer signer = { STR("example.org"), STR("k"), DKIM_ED25519_SHA256, test_sign_callback, secret_key() };
	size_t end = header_end(message);
	dns_env_init(&dns, a, dns_zone_source(zone), DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(&m, a, str_first(message, end));
	arc_verify_begin(&v, &m);
	*ret_sealed = arc_seal_begin(&seal, &m, NULL, 0);
	dkim_message_body(&m, str_skip(message, end));
	dkim_message_body_end(&m);
	arc_verify_end(&v, &dns, NOW);
	check_result(&v.result);
	if (*ret_sealed == OK)
		*ret_sealed = arc_seal_end(&seal, &v, STR("mx.example.org; spf=pass"), &signer, NOW, out);
	require(buf_put_str(out, message) == OK);
	dkim_message_done(&m);
	return v.result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct dns_zone zone;
	struct buf once, twice;
	int r;
	if (n > MESSAGE_MAX)
		return 0;
	arena_init(&a, 256 << 20, NULL, NULL);
	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	dns_zone_init(&zone, &a);
	require(dns_zone_add(&zone, STR("k._domainkey.example.org"), DNS_TXT, STR(TEST_RFC8463_RECORD)) == OK);
	struct arc_result before = handle(&a, &zone, (struct str){ (const char *)data, n }, &once, &r);
	if (r == OK) {
		struct arc_result after = handle(&a, &zone, buf_str(&once), &twice, &r);
		require(after.code == (before.code == ARC_FAIL ? ARC_FAIL : ARC_PASS));
		require(after.instances == before.instances + 1 && after.closed == (before.code == ARC_FAIL));
		require(before.code != ARC_FAIL || r == E_DENIED);
	}
	buf_done(&once);
	buf_done(&twice);
	arena_done(&a);
	return 0;
}
