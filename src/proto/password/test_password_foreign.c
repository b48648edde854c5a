/* Hashes by other programs. Where no source is named: made by Dovecot 2.3 (doveadm pw) or Python's hashlib from "Korrekt-Pferd 9". */
#include "proto/password/password_foreign.h"
#include "proto/password/password_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#define OURS STR_INIT("Korrekt-Pferd 9")

static const struct { struct str stored, password; } good[] = {
	/* openssl passwd; the specification of SHA-crypt; the tests of crypt_blowfish */
	{ STR_INIT("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"), STR_INIT("Hello world!") },
	{ STR_INIT("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"), STR_INIT("Hello world!") },
	{ STR_INIT("$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"), STR_INIT("Hello world!") },
	{ STR_INIT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), STR_INIT("U*U") },
	/* RFC 6070 2, third vector; its SHA-256 companion */
	{ STR_INIT("{PBKDF2}$1$salt$4096$4b007901b765489abead49d926f721d065a429c1"), STR_INIT("password") },
	{ STR_INIT("pbkdf2_sha256$4096$salt$xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o="), STR_INIT("password") },
	{ STR_INIT("{PBKDF2}$1$cA2Y.4avvR/XNf3u$5000$4f55dc1e75e4f0c790c6a85a14653fe1606d2638"), OURS },
	{ STR_INIT("{SSHA}TFSmTswkvTAox/U3dL1QJx13Eq7/LYxF"), OURS },
	{ STR_INIT("{ssha}TFSmTswkvTAox/U3dL1QJx13Eq7/LYxF"), OURS },
	{ STR_INIT("{SSHA256}2VE2HlcesZLn9m9BdBTO/eJPjBPqzoXCXQ8zfzfBaJtD5fOM"), OURS },
	{ STR_INIT("{SSHA512}ULDDXRpo5G8rV1TGcEZUvkHHcM5mtA0LqraLpEV59BnixTx3Qg+o4rfc/c1dUsEUUJ/uhlXQSWsY0PP7I2IRP7gqYGw="), OURS },
	{ STR_INIT("{SHA}+xAH6CcOokmTq8Vtuydj0XPbWOU="), OURS },
	{ STR_INIT("{SHA256}rUQCseJnL2Nm4P//0KWd67l72Eic9tMU+v7kio06eR8="), OURS },
	{ STR_INIT("{SHA512}3EL6OMvYV8HhedVy3uUEzY7auXA0qFsFIn9MiQdaj69tk6i4t3bbuDyRoUcDlcVhec5JJguHXWV8XHtsE/N0hg=="), OURS },
	{ STR_INIT("{MD5-CRYPT}$1$BDkWmwff$.fin5b34gYNAESQLogxWn/"), OURS },
	{ STR_INIT("{SHA256-CRYPT}$5$yo4bCdA2n/bshdc6$nCxbDpWtcWNNQSFEYN5X3PNL7rTmkJWcLNDFJakfnp."), OURS },
	{ STR_INIT("{SHA512-CRYPT}$6$Izq9cg.yHgI3qsGK$dwkwoL8mpM9.HBanNjgfwR9GzTTrpMeKvxWrskFDY9OMqGfyKf4RnwWEB/pROU8RecY/Uj4zBRQHB6Gk4Sl.41"), OURS },
	{ STR_INIT("{BLF-CRYPT}$2y$05$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa"), OURS },
	{ STR_INIT("{CRYPT}$2b$05$mSWYWCFDoIhZoa.i9w0NCeNxACb0EDFpW1zaIBLSRQFfW7aPkwo2e"), OURS },
	{ STR_INIT("$5$rounds=2000$abcdefgh$eca0yjw0oE7Wq39rfJWJZOT1uSgaKQIjW.uVdc71boA"), OURS },
	{ STR_INIT("$1$abcdefgh$mMHqEMOaqSLMrCw6Ed/aj."), OURS },
	{ STR_INIT("$y$j9T$abcdefgh$Y0J06/NSneuLgfMewQhjG5gdZhSeadP5iTGQ2peQyh0"), OURS },
	{ STR_INIT("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$pC8FANFfyPMU/D7qOeWeqw$ahO8b2c035S5+N/USoZ7gHojco2F93R1P/5m9iuxNQ8"), OURS },
	{ STR_INIT("{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$bkaV7SHYqPFR5rlUawAXvA$pLHKJknmDHUicdr4B9hwt1I8fjjj5Oa2FUUB1BJ5TwY"), OURS },
	{ STR_INIT("{SMD5}wQ6InW/efbCC7yWQP5BhMXxGRss="), OURS },
	{ STR_INIT("{LDAP-MD5}B21DQHRS6UaYv9FjwJnf8Q=="), OURS },
	{ STR_INIT("{PLAIN-MD5}076d43407452e94698bfd163c099dff1"), OURS },
	{ STR_INIT("{SSHA.HEX}3d4500a0166b4f28c4d5d60bb2ada84bf361395d3eed0038"), OURS },
	{ STR_INIT("{SSHA.B64}IZJakzYEYuWFpt4UoU7Jblzu9sMSz6Th"), OURS },
	{ STR_INIT("pbkdf2_sha256$1000$saltsalt$+VC2fMzUowNrQRKhB//a7eZeW//LHRUTJ4nyBlGU10w="), OURS },
	{ STR_INIT("$pbkdf2-sha512$1000$AAECAwQFBgcICQoLDA0ODw$ePNWEgK54FBtgrDqcIYJxx.FSZbFPBY68ql0ineKdBjJXdMBl7hQlYQwjQh1oePJRq7zFG.p4sT7gy0r3fPwvQ"), OURS },
	{ STR_INIT("{PBKDF2-SHA256}1000$AAECAwQFBgcICQoLDA0ODw$1KaTbeKjCl1eYtO2D1nk/.ZSHat4aLCQuOCMdJxgK08"), OURS },
};

static void test_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (password_foreign_verify(good[i].stored, good[i].password) != OK)
			fail_msg("%s", good[i].stored.p);
		assert_int_equal(password_foreign_check(good[i].stored), OK);
		assert_int_equal(password_foreign_verify(good[i].stored, STR("Korrekt-Pferd 8")), E_DENIED);
		assert_int_equal(password_foreign_verify(good[i].stored, STR("")), E_DENIED);
		/* the same through the one door of sign-in, which then makes it ours */
		assert_int_equal(password_verify(good[i].stored, good[i].password), OK);
	}
}

/* What is cut off at the end of a stored hash never makes it easier: nothing, or no match. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct str s = good[i].stored;
		for (size_t n = s.n > 12 ? s.n - 12 : 0; n < s.n - 2; n++)
			assert_int_not_equal(password_foreign_verify(str_first(s, n), good[i].password), OK);
	}
}

static void test_refused(void **state)
{
	static const struct { struct str stored; int want; } rows[] = {
		{ STR_INIT(""), E_SYNTAX }, { STR_INIT("password"), E_SYNTAX }, { STR_INIT("{PLAIN}password"), E_SYNTAX },
		{ STR_INIT("{CLEARTEXT}password"), E_SYNTAX }, { STR_INIT("{SSHA}"), E_SYNTAX }, { STR_INIT("{SSHA"), E_SYNTAX },
		{ STR_INIT("{SSHA}+xAH6CcOokmTq8Vtuydj0XPbWOU="), E_SYNTAX },         /* no salt */
		{ STR_INIT("{SHA}TFSmTswkvTAox/U3dL1QJx13Eq7/LYxF"), E_SYNTAX },      /* a salt */
		{ STR_INIT("{SSHA.ROT13}TFSmTswkvTAox/U3dL1QJx13Eq7/LYxF"), E_SYNTAX },
		{ STR_INIT("{SSHA.HEX}3d4500a0166b4f28c4d5d60bb2ada84bf361395d3eed003"), E_SYNTAX },
		{ STR_INIT("ab1w.rRJSmXbE"), E_SYNTAX },                                /* DES: eight characters count */
		{ STR_INIT("$2y$05$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8hi"), E_SYNTAX },
		{ STR_INIT("$2y$15$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa"), E_TOOBIG },
		{ STR_INIT("$2y$31$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa"), E_TOOBIG },
		{ STR_INIT("$5$rounds=999999999$abcdefgh$eca0yjw0oE7Wq39rfJWJZOT1uSgaKQIjW.uVdc71boA"), E_TOOBIG },
		{ STR_INIT("$y$jFT$abcdefgh$Y0J06/NSneuLgfMewQhjG5gdZhSeadP5iTGQ2peQyh0"), E_TOOBIG },
		{ STR_INIT("$y$j9T5$abcdefgh$Y0J06/NSneuLgfMewQhjG5gdZhSeadP5iTGQ2peQyh0"), E_SYNTAX },
		{ STR_INIT("$argon2id$v=19$m=4194304,t=3,p=1$pC8FANFfyPMU/D7qOeWeqw$ahO8b2c035S5"), E_TOOBIG },
		{ STR_INIT("{PBKDF2}$1$salt$99999999$4b007901b765489abead49d926f721d065a429c1"), E_TOOBIG },
		{ STR_INIT("{PBKDF2}$1$salt$0$4b007901b765489abead49d926f721d065a429c1"), E_SYNTAX },
		{ STR_INIT("{PBKDF2}$1$salt$4096$4b00"), E_SYNTAX },                    /* a key so short is found by guessing */
		{ STR_INIT("$6$salt\nstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1"), E_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (password_foreign_check(rows[i].stored) != rows[i].want)
			fail_msg("%s", rows[i].stored.p);
		assert_int_equal(password_foreign_verify(rows[i].stored, STR("password")), rows[i].want);
		assert_int_equal(password_verify(rows[i].stored, STR("password")), E_SYNTAX);
	}
}

/* The costliest that is taken ends within a few seconds even here. */
static void test_bounded(void **state)
{
	static const struct str rows[] = {
		STR_INIT("$2y$14$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa"),
		STR_INIT("$6$rounds=1000000$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"),
		STR_INIT("$y$jBT$abcdefgh$Y0J06/NSneuLgfMewQhjG5gdZhSeadP5iTGQ2peQyh0"),
		STR_INIT("{PBKDF2}$1$salt$2000000$4b007901b765489abead49d926f721d065a429c1"),
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		clock_t before = clock();
		assert_int_equal(password_foreign_verify(rows[i], STR("wrong")), E_DENIED);
		assert_true((double)(clock() - before) / CLOCKS_PER_SEC < 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify), cmocka_unit_test(test_cut), cmocka_unit_test(test_refused), cmocka_unit_test(test_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
