/* SCRAM-SHA-256: the RFC's exchange, channel binding (A70), unknown names (A68), malformed messages. */
#include "base/base64.h"
#include "proto/second_factor/scram.h"
#include "proto/second_factor/test_cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

enum { MEMORY = 1 << 20 };

static const uint8_t randomness[SCRAM_RANDOM] = { 1, 2, 3 };
static const char exporter[SCRAM_EXPORTER + 1] = "exporter of this very connection";
static const uint8_t salt[SCRAM_SALT] = { 0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81 };
static struct scram_keys keys[3];
static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, MEMORY, NULL, NULL);
	return scram_keys_make(STR("other"), salt, SCRAM_ITERATIONS, &keys[0]) | scram_keys_make(STR("pencil"), salt, SCRAM_ITERATIONS, &keys[1]) |
		scram_keys_make(STR("third"), salt, SCRAM_ITERATIONS, &keys[2]);
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static struct scram_account account(size_t count)
{
	struct scram_account a = { .iterations = SCRAM_ITERATIONS, .keys = keys, .count = count };
	memcpy(a.salt, salt, sizeof salt);
	return a;
}

/* RFC 7677 3. The server's part of the nonce and its first message are put in place of ours. */
static void test_rfc7677(void **state)
{
	struct scram_account a = account(3);
	struct scram s;
	size_t index = 99;
	(void)state;
	assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
	assert_int_equal(scram_client_first(&s, STR("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")), OK);
	assert_true(str_eq(s.user, STR("user")));
	assert_int_equal(scram_challenge(&s, &a, randomness), OK);
	assert_true(str_starts(s.reply, STR("r=rOprNGfwEbeRWgbNEkqO")) && str_ends(s.reply, STR(",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")));
	s.nonce = STR("rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
	s.server_first = STR("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	assert_int_equal(scram_client_final(&s, STR("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
		"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="), &index), OK);
	assert_true(str_eq(s.reply, STR("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")));
	assert_int_equal(index, 1);
	assert_int_equal(scram_client_final(&s, STR("c=biws,r=x,p=x"), &index), E_PROTO);
}

/* ---- a client of our own ---- */

static struct str base64_text(struct str bytes)
{
	struct buf b;
	buf_init(&b, 4096);
	assert_int_equal(base64_encode(&b, bytes), OK);
	struct str s = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return s;
}

static void mac(const uint8_t key[32], struct str text, uint8_t out[32])
{
	unsigned n;
	assert_non_null(HMAC(EVP_sha256(), key, 32, (const unsigned char *)text.p, text.n, out, &n));
}

static struct str client_final(const char *password, struct str header, struct str data, struct str bare, struct str server_first,
	struct str nonce)
{
	uint8_t salted[32], client[32], stored[32], signature[32];
	struct str bound = arena_printf(&arena, STR_FMT STR_FMT, STR_ARG(header), STR_ARG(data));
	struct str without = arena_printf(&arena, "c=" STR_FMT "," STR_FMT, STR_ARG(base64_text(bound)), STR_ARG(nonce));
	struct str auth = arena_printf(&arena, STR_FMT "," STR_FMT "," STR_FMT, STR_ARG(bare), STR_ARG(server_first), STR_ARG(without));
	assert_int_equal(PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, sizeof salt, SCRAM_ITERATIONS, EVP_sha256(), 32, salted), 1);
	mac(salted, STR("Client Key"), client);
	SHA256(client, 32, stored);
	mac(stored, auth, signature);
	for (int i = 0; i < 32; i++)
		client[i] ^= signature[i];
	return arena_printf(&arena, STR_FMT ",p=" STR_FMT, STR_ARG(without), STR_ARG(base64_text((struct str){ (char *)client, 32 })));
}

struct attempt { const char *mechanism, *server_data, *header, *client_data, *password; int first, final; const char *reply; };

static void try(const struct attempt *t, size_t count)
{
	struct scram_account a = account(count);
	struct scram s;
	size_t index;
	struct str bare = STR("n=anna@example.test,r=abcdefgh"), header = str_c(t->header);
	assert_int_equal(scram_begin(&s, &arena, str_c(t->mechanism), str_c(t->server_data)), OK);
	assert_int_equal(scram_client_first(&s, arena_printf(&arena, STR_FMT STR_FMT, STR_ARG(header), STR_ARG(bare))), t->first);
	if (t->first == OK) {
		assert_int_equal(scram_challenge(&s, &a, randomness), OK);
		struct str data = str_c(t->client_data), rest = s.reply, nonce = str_until(&rest, ',');
		assert_int_equal(scram_client_final(&s, client_final(t->password, header, data, bare, s.reply, nonce), &index), t->final);
	}
	assert_true(str_starts(s.reply, str_c(t->reply)));
	assert_int_equal(scram_client_first(&s, STR("n,,n=x,r=y")), E_PROTO);
}

static void test_A70_channel_binding(void **state)
{
	static const char foreign[SCRAM_EXPORTER + 1] = "exporter of the man in the middl";
#define PLAIN "SCRAM-SHA-256"
#define PLUS "SCRAM-SHA-256-PLUS"
	static const struct attempt rows[] = {
		{ PLAIN, "", "n,,", "", "pencil", OK, OK, "v=" },
		{ PLAIN, exporter, "n,,", "", "pencil", OK, OK, "v=" },                 /* a client that knows no binding */
		{ PLAIN, "", "y,,", "", "pencil", OK, OK, "v=" },                       /* it knows, we offered none */
		{ PLAIN, exporter, "y,,", "", "pencil", E_DENIED, 0, "e=server-does-support-channel-binding" },       /* somebody hid ours */
		{ PLUS, exporter, "p=tls-exporter,,", exporter, "pencil", OK, OK, "v=" },
		{ PLUS, exporter, "p=tls-exporter,,", foreign, "pencil", OK, E_DENIED, "e=channel-bindings-dont-match" },
		{ PLUS, exporter, "p=tls-exporter,,", "", "pencil", OK, E_DENIED, "e=channel-bindings-dont-match" },
		{ PLUS, exporter, "p=tls-unique,,", exporter, "pencil", E_DENIED, 0, "e=unsupported-channel-binding-type" },
		{ PLUS, exporter, "n,,", "", "pencil", E_DENIED, 0, "e=channel-bindings-dont-match" },
		{ PLUS, exporter, "y,,", "", "pencil", E_DENIED, 0, "e=server-does-support-channel-binding" },
		{ PLAIN, exporter, "p=tls-exporter,,", exporter, "pencil", E_DENIED, 0, "e=channel-binding-not-supported" },
		{ PLAIN, "", "p=tls-exporter,,", exporter, "pencil", E_DENIED, 0, "e=channel-binding-not-supported" },
		{ PLAIN, "", "n,,", exporter, "pencil", OK, E_DENIED, "e=channel-bindings-dont-match" },
		{ PLAIN, "", "n,,", "", "Pencil", OK, E_DENIED, "e=invalid-proof" },
		{ PLAIN, "", "n,a=anna@example.test,", "", "pencil", OK, OK, "v=" },
		{ PLAIN, "", "n,a=bob@example.test,", "", "pencil", E_DENIED, 0, "e=other-error" },    /* A71: to act for another */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		try(&rows[i], 3);
	static const struct attempt revoked = { PLAIN, "", "n,,", "", "pencil", OK, E_DENIED, "e=invalid-proof" };
	try(&revoked, 1);
	try(&revoked, 0);
	struct scram s;
	assert_int_equal(scram_begin(&s, &arena, STR(PLUS), STR("")), E_UNSUPPORTED);
	assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-1"), STR("")), E_UNSUPPORTED);
	assert_int_equal(scram_begin(&s, &arena, STR(PLAIN), STR("short")), E_UNSUPPORTED);
}

/* Right in all, but the client leaves the server's part of the nonce out: the proof would then be good for ever (A65). */
static void test_A65_nonce_of_both(void **state)
{
	static const struct { struct str nonce; int want; } rows[] = {
		{ STR_INIT("r=xAQIDAAAAAAAAAAAAAAAAAAAA"), OK }, { STR_INIT("r=x"), E_DENIED }, { STR_INIT("r=xAQIDAAAAAAAAAAAAAAAAAAA"), E_DENIED },
		{ STR_INIT("r=AQIDAAAAAAAAAAAAAAAAAAAA"), E_DENIED },
	};
	struct scram_account a = account(3);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scram s;
		size_t index;
		assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
		assert_int_equal(scram_client_first(&s, STR("n,,n=user,r=x")), OK);
		assert_int_equal(scram_challenge(&s, &a, randomness), OK);
		struct str final = client_final("pencil", STR("n,,"), STR(""), STR("n=user,r=x"), s.reply, rows[i].nonce);
		assert_int_equal(scram_client_final(&s, final, &index), rows[i].want);
	}
}

static void test_first_messages(void **state)
{
	static const struct { struct str message; int want; struct str user; } rows[] = {
		{ STR_INIT("n,,n=a=2Cb=3Dc,r=x"), OK, STR_INIT("a,b=c") }, { STR_INIT("n,,n=user,r=x,e=1,f=2"), OK, STR_INIT("user") },
		{ STR_INIT("n,,n=J\xc3\xbcrg,r=x"), OK, STR_INIT("J\xc3\xbcrg") },
		{ STR_INIT("n,,n=a=2cb,r=x"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a=b,r=x"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=,r=x"), E_SYNTAX, { 0 } },
		{ STR_INIT("n,,n=\xff,r=x"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a\nb,r=x"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a\0b,r=x"), E_SYNTAX, { 0 } },
		{ STR_INIT("n,,n=a,r="), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a,r=\x7f"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a,r=x y"), E_SYNTAX, { 0 } },
		{ STR_INIT("n,,n=a"), E_SYNTAX, { 0 } }, { STR_INIT("n,,r=x,n=a"), E_SYNTAX, { 0 } }, { STR_INIT("n,,m=x,n=a,r=x"), E_DENIED, { 0 } },
		{ STR_INIT("n,,n=a,r=x,m=1"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a,r=x,1=2"), E_SYNTAX, { 0 } }, { STR_INIT("n,,n=a,r=x,e"), E_SYNTAX, { 0 } },
		{ STR_INIT("n,b=x,n=a,r=x"), E_SYNTAX, { 0 } }, { STR_INIT("n,n=a"), E_SYNTAX, { 0 } }, { STR_INIT("n"), E_SYNTAX, { 0 } },
		{ STR_INIT(""), E_SYNTAX, { 0 } }, { STR_INIT("x,,n=a,r=x"), E_SYNTAX, { 0 } }, { STR_INIT("N,,n=a,r=x"), E_SYNTAX, { 0 } },
		{ STR_INIT("p=,,n=a,r=x"), E_DENIED, { 0 } },
	};
	char longest[SCRAM_MESSAGE_MAX + 1];
	struct scram s;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(scram_begin(&s, &arena, STR("scram-sha-256"), STR("")), OK);
		assert_int_equal(scram_client_first(&s, rows[i].message), rows[i].want);
		assert_true(rows[i].want != OK || str_eq(s.user, rows[i].user));
		assert_true(rows[i].want == OK || str_starts(s.reply, STR("e=")));
	}
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "n,,n=a,r=", 9);
	assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
	assert_int_equal(scram_client_first(&s, (struct str){ longest, sizeof longest }), E_SYNTAX);
}

static void test_final_messages(void **state)
{
#define PROOF "p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	static const struct { const char *message; int want; } rows[] = {
		{ "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA," PROOF, E_DENIED }, { "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA,e=x," PROOF, E_DENIED },
		{ "c=biws,r=x," PROOF, E_DENIED }, { "c=biws,r=," PROOF, E_DENIED }, { "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAB," PROOF, E_DENIED },
		{ "c=eSws,r=xAQIDAAAAAAAAAAAAAAAAAAAA," PROOF, E_DENIED }, { "c=,r=xAQIDAAAAAAAAAAAAAAAAAAAA," PROOF, E_DENIED },
		{ "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA,p=AAAA", E_SYNTAX }, { "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA,p=", E_SYNTAX },
		{ "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA,p=!", E_SYNTAX }, { "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA", E_SYNTAX },
		{ "c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA,m=x," PROOF, E_SYNTAX }, { "r=x,c=biws," PROOF, E_SYNTAX }, { PROOF, E_SYNTAX },
		{ "", E_SYNTAX }, { ",,,", E_SYNTAX },
	};
	struct scram_account a = account(3);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct scram s;
		size_t index = 99;
		assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
		assert_int_equal(scram_client_first(&s, STR("n,,n=user,r=x")), OK);
		assert_int_equal(scram_challenge(&s, &a, randomness), OK);
		assert_true(str_starts(s.reply, STR("r=xAQIDAAAAAAAAAAAAAAAAAAAA,")));
		assert_int_equal(scram_client_final(&s, str_c(rows[i].message), &index), rows[i].want);
		assert_true(index == 99 && str_starts(s.reply, STR("e=")));
	}
}

/* ---- A68 ---- */

static void test_A68_unknown_looks_known(void **state)
{
	struct scram_account a, again, other, elsewhere;
	struct scram s;
	size_t index;
	(void)state;
	assert_int_equal(scram_account_unknown(STR("secret"), STR("nobody@example.test"), &a), OK);
	assert_int_equal(scram_account_unknown(STR("secret"), STR("nobody@example.test"), &again), OK);
	assert_int_equal(scram_account_unknown(STR("secret"), STR("nobodz@example.test"), &other), OK);
	assert_int_equal(scram_account_unknown(STR("Secret"), STR("nobody@example.test"), &elsewhere), OK);
	assert_memory_equal(a.salt, again.salt, sizeof a.salt);
	assert_memory_not_equal(a.salt, other.salt, sizeof a.salt);
	assert_memory_not_equal(a.salt, elsewhere.salt, sizeof a.salt);
	assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
	assert_int_equal(scram_client_first(&s, STR("n,,n=nobody@example.test,r=x")), OK);
	assert_int_equal(scram_challenge(&s, &a, randomness), OK);
	struct str known = STR("r=xAQIDAAAAAAAAAAAAAAAAAAAA,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
	assert_int_equal(s.reply.n, known.n);
	assert_int_equal(scram_client_final(&s, STR("c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA," PROOF), &index), E_DENIED);
	assert_true(str_eq(s.reply, STR("e=invalid-proof")));   /* never unknown-user */
}

static int64_t cost_of(bool known)
{
	struct scram_account a = account(known ? 3 : 0);
	struct arena own;
	struct scram s;
	size_t index;
	arena_init(&own, MEMORY, NULL, NULL);
	assert_int_equal(scram_begin(&s, &own, STR("SCRAM-SHA-256"), STR("")), OK);
	assert_int_equal(scram_client_first(&s, STR("n,,n=user,r=x")), OK);
	assert_int_equal(scram_challenge(&s, &a, randomness), OK);
	int64_t start = test_cost_now();
	assert_int_equal(scram_client_final(&s, STR("c=biws,r=xAQIDAAAAAAAAAAAAAAAAAAAA," PROOF), &index), E_DENIED);
	int64_t cost = test_cost_now() - start;
	arena_done(&own);
	return cost;
}

/* Unknown against known with three keys. */
static void test_A68_same_work(void **state)
{
	(void)state;
	assert_true(test_costs_alike(cost_of));
}

static void test_too_many_keys(void **state)
{
	struct scram_account a = account(SCRAM_KEYS_MOST + 1);
	struct scram s;
	struct scram_keys k;
	(void)state;
	assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
	assert_int_equal(scram_challenge(&s, &a, randomness), E_PROTO);
	assert_int_equal(scram_begin(&s, &arena, STR("SCRAM-SHA-256"), STR("")), OK);
	assert_int_equal(scram_client_first(&s, STR("n,,n=user,r=x")), OK);
	assert_int_equal(scram_challenge(&s, &a, randomness), E_TOOBIG);
	assert_int_equal(scram_keys_make(STR("caf\xc3\xa9"), salt, 4096, &k), E_SYNTAX);
	assert_int_equal(scram_keys_make(STR(""), salt, 4096, &k), E_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rfc7677, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_A70_channel_binding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_A65_nonce_of_both, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_first_messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_final_messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_A68_unknown_looks_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_A68_same_work, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many_keys, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
