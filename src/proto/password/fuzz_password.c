/* By the first byte: 'f' a filter file, 'l' lines of a list of hashes, 'b' keys to build a filter from, 'p' a stored profile, 's' a
 * stored state, 'r' a stored rule, 'c' a password to check, behind a line that is the person's address. */
#include "proto/password/password_breached.h"
#include "proto/password/password_hash.h"
#include "proto/password/password_policy.h"
#include "proto/password/password_rule.h"
#include "proto/password/password_state.h"
#include "proto/password/password_variants.h"

#include <stdlib.h>

enum { FILE_MAX = 4 << 20, MEMORY = 1 << 20 };

static void filter_file(struct str in)
{
	struct breached b;
	if (breached_open(in, &b) != OK)
		return;
	for (uint64_t i = 0; i < 64; i++)
		(void)breached_has_key(&b, i * 0x0404040404040404u);
	if (!b.entries && breached_has(&b, in))
		abort();
	if (breached_verify(in) > OK)
		abort();
}

static void lines(struct str in)
{
	struct str prefix = str_until(&in, '\n');
	while (in.n) {
		uint64_t key;
		struct str line = str_until(&in, '\n');
		if (breached_line(prefix, line, &key) == OK && prefix.n + line.n < 40)
			abort();
	}
}

static void build(struct str in)
{
	size_t n = in.n / sizeof(uint64_t);
	uint64_t *keys = mem_new_array(uint64_t, n + 1);
	struct buf file;
	struct breached b;
	for (size_t i = 0; i < n; i++)
		keys[i] = get_le64(in.p + i * sizeof(uint64_t));
	buf_init(&file, FILE_MAX);
	if (breached_build(keys, n, &file) != OK || breached_verify(buf_str(&file)) != OK || breached_open(buf_str(&file), &b) != OK)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!breached_has_key(&b, get_le64(in.p + i * sizeof(uint64_t))))
			abort();
	buf_done(&file);
	mem_free(keys);
}

static void profile(struct str in)
{
	struct password_profile p, again;
	struct buf a, b;
	if (password_profile_read(in, &p) != OK)
		return;
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	if (password_profile_write(&a, &p) != OK || password_profile_read(buf_str(&a), &again) != OK || password_profile_write(&b, &again) != OK ||
	    !str_eq(buf_str(&a), buf_str(&b)))
		abort();
	for (size_t i = 0; i < password_knob_count; i++)
		if (password_knob_get(&p, &password_knobs[i]) > password_knobs[i].most)
			abort();
	buf_done(&a);
	buf_done(&b);
}

static void state(struct str in)
{
	struct password_state s, again;
	struct buf b;
	if (password_state_read(in, &s) != OK)
		return;
	buf_init(&b, 64 << 10);
	if (password_state_write(&b, &s) != OK || password_state_read(buf_str(&b), &again) != OK || again.history_count != s.history_count)
		abort();
	password_state_retire(&s, STR("new"), 4);
	if (s.history_count > 4 || !str_eq(s.history[0], STR("new")))
		abort();
	buf_done(&b);
}

static void rule(struct str in)
{
	struct password_rule p, again;
	struct buf b;
	if (password_rule_read(in, &p) != OK)
		return;
	buf_init(&b, 64 << 10);
	if (password_rule_write(&b, &p) != OK || password_rule_read(buf_str(&b), &again) != OK || again.word_count != p.word_count ||
	    !str_eq(p.company, again.company))
		abort();
	buf_done(&b);
}

static void check(struct str in)
{
	static struct password_variants v;
	struct str address = str_until(&in, '\n');
	struct password_check c = {
		.profile = &password_profile_default, .person = { .name = address, .address = address, .company = STR("Kettenwerk") },
		.breached = breached_starter(), .current = address, .changed_at = 1, .now = 2,
	};
	struct password_reasons r;
	struct arena a;
	unsigned seen = 0;
	arena_init(&a, MEMORY, NULL, NULL);
	password_policy_check(&a, &c, in, &r);
	for (size_t i = 0; i < r.count; i++) {
		if (seen & 1u << r.list[i].fault || !utf8_valid(r.list[i].text))
			abort();
		seen |= 1u << r.list[i].fault;
	}
	if (in.n <= PASSWORD_BYTES_MAX) {
		password_variants(in, &v);
		if (v.count > PASSWORD_VARIANTS_MAX || (in.n > 0) != (v.count > 0))
			abort();
	}
	arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct { char letter; void (*run)(struct str in); } rows[] = {
		{ 'f', filter_file }, { 'l', lines }, { 'b', build }, { 'p', profile }, { 's', state }, { 'r', rule }, { 'c', check },
	};
	struct str in = { (const char *)data, size };
	struct str letter = str_take_n(&in, 1);
	for (size_t i = 0; letter.n && i < COUNT_OF(rows); i++)
		if (rows[i].letter == letter.p[0])
			rows[i].run(in);
	return 0;
}
