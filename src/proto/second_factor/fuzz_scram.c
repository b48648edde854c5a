/* First line: '+' offers channel binding and asks for -PLUS, 'o' offers it only. Then the client's first and final message. */
#include "proto/second_factor/scram.h"

#include <stdlib.h>

enum { MEMORY = 1 << 17 };

static const struct scram_keys keys[2];
static const uint8_t randomness[SCRAM_RANDOM];

static void check_refused(const struct scram *s)
{
	if (s->state != SCRAM_ENDED || !str_starts(s->reply, STR("e=")))
		abort();
}

static void final(struct scram *s, struct str message)
{
	size_t index = 99;
	int r = scram_client_final(s, message, &index);
	/* the stored keys are zeros: nobody has a proof for them */
	if (r == OK || index != 99)
		abort();
	check_refused(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size }, mode = str_until(&in, '\n'), first = str_until(&in, '\n');
	bool plus = str_eq(mode, STR("+")), offered = plus || str_eq(mode, STR("o"));
	struct scram_account account = { .iterations = SCRAM_ITERATIONS, .keys = keys, .count = COUNT_OF(keys) };
	struct arena a;
	struct scram s;
	arena_init(&a, MEMORY, NULL, NULL);
	if (scram_begin(&s, &a, plus ? STR("SCRAM-SHA-256-PLUS") : STR("SCRAM-SHA-256"), offered ? STR("0123456789abcdef0123456789abcdef") : STR("")) != OK)
		abort();
	if (scram_client_first(&s, first) != OK) {
		check_refused(&s);
	} else {
		if (!s.user.n || s.user.n > SCRAM_USER_MAX || str_has_control(s.user) || !utf8_valid(s.user))
			abort();
		/* A70 */
		if (plus != str_starts(first, STR("p=tls-exporter,")) || (offered && first.p[0] == 'y'))
			abort();
		if (scram_challenge(&s, &account, randomness) != OK || !str_starts(s.reply, STR("r=")) || str_has_control(s.reply))
			abort();
		final(&s, in);
	}
	arena_done(&a);
	return 0;
}
