/* Any message. Its canonical streams equal those of a plain reference, in whatever pieces it comes; what we sign verifies, and no longer does
 * with another From above it. */
#include "proto/dkim/test_dkim.h"
#include "proto/dkim/test_dkim_reference.h"

enum { NOW = 1700000000, MESSAGE_MAX = 8192 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_canon(struct arena *a, struct str message, size_t piece)
{
	struct str header = str_first(message, header_end(message)), body = str_skip(message, header.n);
	struct header_field f;
	for (enum dkim_canon c = DKIM_SIMPLE; c <= DKIM_RELAXED; c++) {
		struct str want = reference_body(a, c, body);
		require(str_eq(collect_body(a, c, body, piece), want));
		require(str_eq(collect_body(a, c, want, piece), want));    /* once is enough */
	}
	while (header_next(&header, &f)) {
		for (enum dkim_canon c = DKIM_SIMPLE; c <= DKIM_RELAXED; c++) {
			struct str want = reference_field(a, c, f.name, f.whole, f.value);
			require(str_eq(collect_field(a, c, &f), arena_printf(a, "%.*s\r\n", (int)want.n, want.p)) || str_find(want, '\0') != STR_NPOS);
		}
	}
}

static EVP_PKEY *secret_key(void)
{
	static EVP_PKEY *key;
	if (!key)
		key = test_rfc8463_key();
	return key;
}

static void check_results(const struct dkim_verify *v)
{
	require(v->count <= DKIM_SIGNATURES_MAX && (v->skipped == 0 || v->count == DKIM_SIGNATURES_MAX));
	for (size_t i = 0; i < v->count; i++) {
		const struct dkim_result *r = &v->results[i];
		require(r->reason.n > 0 && str_is_ascii(r->reason) && !str_has_control(r->reason));
		require(r->code != DKIM_NONE && (r->code != DKIM_PASS || (r->domain.n && r->key_bits >= DKIM_RSA_BITS_MIN) || r->key_bits == 256));
		require(r->unsigned_bytes == 0 || (r->code == DKIM_PASS && !dkim_result_counts(r)));
	}
}

static void check_round(struct arena *a, struct str message, struct dns_source source, size_t piece)
{
	struct dkim_signer signer = { STR("example.org"), STR("k"), DKIM_ED25519_SHA256, test_sign_callback, secret_key() };
	struct dkim_verify v;
	struct buf out;
	buf_init(&out, 1 << 20);
	if (test_sign(a, message, &signer, 1, NOW, 60, &out) == OK) {
		test_verify(a, buf_str(&out), source, NOW, piece, &v);
		check_results(&v);
		require(v.count > 0 && v.results[0].code == DKIM_PASS && dkim_result_counts(&v.results[0]));
		struct str forged = arena_printf(a, "From: x@evil.example\r\n%.*s", (int)out.n, out.p);
		if (forged.n == out.n + 22) {           /* no NUL in it */
			test_verify(a, forged, source, NOW, piece, &v);
			require(v.results[0].code == DKIM_FAIL || v.results[0].code == DKIM_POLICY);
		}
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct dns_zone zone;
	struct dkim_verify v;
	if (n < 1 || n > MESSAGE_MAX)
		return 0;
	struct str message = { (const char *)data + 1, n - 1 };
	size_t piece = data[0] % 64 + 1u;
	arena_init(&a, 256 << 20, NULL, NULL);
	dns_zone_init(&zone, &a);
	require(dns_zone_add(&zone, STR("k._domainkey.example.org"), DNS_TXT, STR(TEST_RFC8463_RECORD)) == OK);
	check_canon(&a, message, piece);
	test_verify(&a, message, dns_zone_source(&zone), NOW, piece, &v);
	check_results(&v);
	check_round(&a, message, dns_zone_source(&zone), piece);
	arena_done(&a);
	return 0;
}
