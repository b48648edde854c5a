#include "proto/guard/guard_event.h"

#include <sodium.h>

static const char *const kinds[GUARD_KINDS] = {
#define GUARD_NAME(name, text) [GUARD_##name] = text,
	GUARD_EVENTS(GUARD_NAME)
#undef GUARD_NAME
};

const char *guard_kind_name(enum guard_kind kind) { return kind < GUARD_KINDS ? kinds[kind] : "?"; }

int guard_kind_parse(struct str name, enum guard_kind *ret)
{
	for (unsigned i = 0; i < GUARD_KINDS; i++) {
		if (!str_eq(name, str_c(kinds[i])))
			continue;
		*ret = (enum guard_kind)i;
		return OK;
	}
	return E_NOTFOUND;
}

uint64_t guard_hash(const uint8_t key[16], struct str bytes)
{
	uint8_t out[crypto_shorthash_BYTES];
	_Static_assert(crypto_shorthash_KEYBYTES == 16, "key");
	crypto_shorthash(out, (const uint8_t *)(bytes.p ? bytes.p : ""), bytes.n, key);
	return get_le64(out);
}

static int take_time(struct str word, int64_t *ret)
{
	uint64_t s, ms = 0;
	int r = str_take_u64(&word, (uint64_t)1 << 40, &s);
	if (r != OK)
		return r;
	if (str_take_char(&word, '.')) {
		size_t decimals = word.n;
		if (decimals < 1 || decimals > 3 || str_u64(word, 999, &ms) != OK)
			return E_SYNTAX;
		for (; decimals < 3; decimals++)
			ms *= 10;
	} else if (word.n) {
		return E_SYNTAX;
	}
	*ret = (int64_t)(s * 1000 + ms);
	return OK;
}

enum field_form { FORM_HASH, FORM_NUMBER, FORM_ADDRESS };

static const struct { const char *name; enum field_form form; size_t offset; } fields[] = {
	{ "from", FORM_ADDRESS, offsetof(struct guard_event, source) },
	{ "account", FORM_HASH, offsetof(struct guard_event, account) },
	{ "secret", FORM_HASH, offsetof(struct guard_event, secret) },
	{ "helo", FORM_HASH, offsetof(struct guard_event, helo) },
	{ "domain", FORM_HASH, offsetof(struct guard_event, domain) },
	{ "value", FORM_HASH, offsetof(struct guard_event, value) },
	{ "number", FORM_NUMBER, offsetof(struct guard_event, number) },
	{ "fresh", FORM_NUMBER, offsetof(struct guard_event, fresh) },
	{ "asn", FORM_NUMBER, offsetof(struct guard_event, asn) },
};

static int take_value(size_t i, struct str value, const uint8_t key[16], struct guard_event *e)
{
	char *at = (char *)e + fields[i].offset;
	struct ip_address a;
	uint64_t number;
	int r = OK;
	switch (fields[i].form) {
	case FORM_ADDRESS:
		r = ip_parse(value, &a);
		if (r == OK)
			memcpy(at, &a, sizeof a);
		break;
	case FORM_NUMBER:
		r = str_u64(value, UINT32_MAX, &number);
		if (r == OK)
			memcpy(at, &(uint32_t){ (uint32_t)number }, sizeof(uint32_t));
		break;
	case FORM_HASH:
		number = guard_hash(key, value) | 1;            /* never 0, which means none */
		memcpy(at, &number, sizeof number);
		break;
	}
	return r;
}

static int take_field(struct str word, const uint8_t key[16], unsigned *seen, struct guard_event *e)
{
	if (str_eq(word, STR("admin"))) {
		if (e->flags & GUARD_ADMIN)
			return E_SYNTAX;
		e->flags |= GUARD_ADMIN;
		return OK;
	}
	struct str name = str_until(&word, '=');
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (!str_eq(name, str_c(fields[i].name)))
			continue;
		if (!word.n || *seen >> i & 1)
			return E_SYNTAX;
		*seen |= 1u << i;
		return take_value(i, word, key, e);
	}
	return E_SYNTAX;
}

int guard_event_parse(struct str line, const uint8_t key[16], int64_t *ret_ms, struct guard_event *ret)
{
	struct guard_event e = { .flags = 0 };
	int64_t ms;
	unsigned seen = 0;
	int r = take_time(str_word(&line), &ms);
	if (r == OK && guard_kind_parse(str_word(&line), &e.kind) != OK)
		r = E_SYNTAX;
	for (struct str word = str_word(&line); r == OK && word.n; word = str_word(&line))
		r = take_field(word, key, &seen, &e);
	if (r != OK)
		return r;
	/* the same word tried for two accounts is two secrets */
	if (e.secret)
		e.secret ^= e.account * 0x9e3779b97f4a7c15u;
	*ret_ms = ms;
	*ret = e;
	return OK;
}
