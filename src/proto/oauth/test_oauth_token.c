#include "proto/oauth/oauth_outcome.h"
#include "proto/oauth/oauth_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct oauth_token sample(enum oauth_kind kind)
{
	struct oauth_token t = { .kind = kind, .account = 0x01020304 };
	for (size_t i = 0; i < OAUTH_ID; i++)
		t.id[i] = (uint8_t)i;
	for (size_t i = 0; i < OAUTH_SECRET; i++)
		t.secret[i] = (uint8_t)(0xff - i);
	return t;
}

static void there_and_back(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < OAUTH_KIND_COUNT; kind++) {
		struct oauth_token t = sample((enum oauth_kind)kind), again;
		char text[OAUTH_TOKEN_TEXT];
		oauth_token_write(&t, text);
		assert_int_equal(strlen(text), 3 + 70);
		assert_int_equal(oauth_token_read(str_c(text), t.kind, &again), OK);
		assert_true(again.account == t.account && memcmp(again.id, t.id, OAUTH_ID) == 0 && memcmp(again.secret, t.secret, OAUTH_SECRET) == 0);
		for (unsigned other = 0; other < OAUTH_KIND_COUNT; other++)
			assert_int_equal(oauth_token_read(str_c(text), (enum oauth_kind)other, &again), other == kind ? OK : E_SYNTAX);
	}
}

static void junk(void **state)
{
	(void)state;
	struct oauth_token t = sample(OAUTH_ACCESS), again;
	char text[OAUTH_TOKEN_TEXT];
	oauth_token_write(&t, text);
	for (size_t n = 0; n < 73; n++)
		assert_int_equal(oauth_token_read(str_first(str_c(text), n), OAUTH_ACCESS, &again), E_SYNTAX);
	text[10] = '+';
	assert_int_equal(oauth_token_read(str_c(text), OAUTH_ACCESS, &again), E_SYNTAX);
	assert_int_equal(oauth_token_read(STR("ca_"), OAUTH_ACCESS, &again), E_SYNTAX);
}

/* A64: every part counts, its kind as well. */
static void hashes(void **state)
{
	(void)state;
	struct oauth_token t = sample(OAUTH_ACCESS), other;
	uint8_t hash[OAUTH_HASH];
	oauth_token_hash(&t, hash);
	assert_true(oauth_token_is(&t, hash));
	other = t;
	other.secret[31] ^= 1;
	assert_false(oauth_token_is(&other, hash));
	other = t;
	other.account ^= 1;
	assert_false(oauth_token_is(&other, hash));
	other = t;
	other.id[0] ^= 1;
	assert_false(oauth_token_is(&other, hash));
	other = t;
	other.kind = OAUTH_REFRESH;
	assert_false(oauth_token_is(&other, hash));
}

/* RFC 7636 appendix B */
static void pkce(void **state)
{
	static const struct str challenge = STR_INIT("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	(void)state;
	assert_true(oauth_challenge_valid(challenge));
	assert_true(oauth_verifier_matches(STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), challenge));
	assert_false(oauth_verifier_matches(STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"), challenge));
	assert_false(oauth_verifier_matches(challenge, challenge));             /* "plain" */
	assert_false(oauth_verifier_matches(STR(""), challenge));
	assert_false(oauth_verifier_matches(STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX"), challenge));
	assert_false(oauth_challenge_valid(STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c")));
	assert_false(oauth_challenge_valid(STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=")));
	assert_false(oauth_challenge_valid(STR("")));
}

static void user_codes(void **state)
{
	static const struct { struct str typed; const char *code; } rows[] = {
		{ STR_INIT("WDJB-MJHT"), "WDJBMJHT" }, { STR_INIT("wdjbmjht"), "WDJBMJHT" }, { STR_INIT(" wd jb_mj.ht "), "WDJBMJHT" },
		{ STR_INIT("WDJB-MJH"), NULL }, { STR_INIT("WDJB-MJHTT"), NULL }, { STR_INIT("WDJB-MJHA"), NULL }, { STR_INIT("WDJB-MJH0"), NULL }, { STR_INIT(""), NULL },
	};
	char code[OAUTH_USER_CODE];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int r = oauth_user_code_read(rows[i].typed, code);
		assert_int_equal(r, rows[i].code ? OK : E_SYNTAX);
		assert_true(!rows[i].code || memcmp(code, rows[i].code, OAUTH_USER_CODE) == 0);
	}
}

static void made_user_codes(void **state)
{
	(void)state;
	uint8_t random[OAUTH_USER_CODE_RANDOM] = { 0, 1, 255, 250, 19, 20, 239, 240, 241, 2, 3, 4 };
	char text[OAUTH_USER_CODE_TEXT], code[OAUTH_USER_CODE];
	oauth_user_code_make(random, text);
	assert_string_equal(text, "BCZB-ZDFG");         /* 255, 250, 240 and 241 would favour letters */
	assert_int_equal(oauth_user_code_read(str_c(text), code), OK);
	memset(random, 255, sizeof random);
	oauth_user_code_make(random, text);
	assert_int_equal(oauth_user_code_read(str_c(text), code), OK);
}

static void outcomes(void **state)
{
	(void)state;
	assert_true(str_eq(oauth_error(OAUTH_INVALID_GRANT), STR("invalid_grant")) && str_eq(oauth_error(OAUTH_REUSED), STR("invalid_grant")));
	assert_true(str_eq(oauth_error(OAUTH_OK), STR("server_error")) && str_eq(oauth_error(1000), STR("server_error")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back), cmocka_unit_test(junk), cmocka_unit_test(hashes), cmocka_unit_test(pkce), cmocka_unit_test(user_codes),
		cmocka_unit_test(made_user_codes), cmocka_unit_test(outcomes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
