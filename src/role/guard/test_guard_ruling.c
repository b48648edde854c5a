#include "role/guard/guard_ruling.h"

#include "base/base64.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>

#include <cmocka.h>

static const char rules_text[] = "rule one\n\tevents vrfy\n\tkey client\n\tmeasure count\n\tlimit 1 in 1m\n\taction ban for 30s\n";

struct world { struct conf conf; uint8_t secret[crypto_sign_SECRETKEYBYTES]; char key[64]; struct guard_rules *rules; struct buf why; };

static void begin(struct world *w)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	struct buf b;
	crypto_sign_keypair(public, w->secret);
	buf_init(&b, 64);
	assert_int_equal(base64_encode(&b, (struct str){ (const char *)public, sizeof public }), OK);
	assert_int_equal(str_to_c(buf_str(&b), w->key, sizeof w->key), OK);
	buf_done(&b);
	conf_defaults(&w->conf);
	mem_free(w->conf.guard.rules_key);
	w->conf.guard.rules_key = w->key;
	w->rules = mem_new(struct guard_rules);
	buf_init(&w->why, 512);
}

static void end(struct world *w)
{
	w->conf.guard.rules_key = NULL;
	conf_done(&w->conf);
	mem_free(w->rules);
	buf_done(&w->why);
}

static int check(struct world *w, struct str text, const char *signed_text, size_t bytes)
{
	uint8_t signature[crypto_sign_BYTES];
	crypto_sign_detached(signature, NULL, (const uint8_t *)signed_text, strlen(signed_text), w->secret);
	buf_clear(&w->why);
	return ruling_check(&w->conf, text, (struct str){ (const char *)signature, bytes }, w->rules, &w->why);
}

static void test_signature(void **state)
{
	(void)state;
	struct world w;
	begin(&w);
	assert_int_equal(check(&w, STR(""), rules_text, 64), E_DENIED);
	assert_int_equal(check(&w, str_c(rules_text), "rule other\n", 64), E_DENIED);
	assert_int_equal(check(&w, str_c(rules_text), rules_text, 63), E_DENIED);
	assert_true(w.why.n > 0 && w.rules->count == 0);
	assert_int_equal(check(&w, str_c(rules_text), rules_text, 64), OK);
	assert_int_equal(w.rules->count, 1);
	/* signed, and wrong */
	assert_int_equal(check(&w, STR("rule one\n"), "rule one\n", 64), E_SYNTAX);
	assert_true(str_starts(buf_str(&w.why), STR("line 1: ")));
	end(&w);
}

static void test_keys(void **state)
{
	(void)state;
	static char bad[][64] = { "", "AAAA", "not base64", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
	struct world w;
	begin(&w);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		w.conf.guard.rules_key = bad[i];
		assert_int_equal(check(&w, str_c(rules_text), rules_text, 64), E_DENIED);
		assert_true(w.why.n > 0);
	}
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_signature), cmocka_unit_test(test_keys) };
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
