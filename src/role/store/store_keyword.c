/* The keyword table of an account: names are given bits and keep them. */
#include "role/store/store_internal.h"

/* A keyword is an atom (RFC 9051 section 9); JMAP's rule is a part of it (RFC 8621 section 4.1.1). */
static bool valid(struct str name)
{
	if (!name.n || name.n > STORE_KEYWORD_MAX || !str_is_ascii(name) || str_has_control(name))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (strchr("(){ %*\"\\]", name.p[i]))
			return false;
	return true;
}

static int bit_of(struct store *st, struct store_account *a, struct str name, uint64_t *flags)
{
	size_t i = 0;
	while (i < a->keywords && !str_ieq(a->keyword[i], name))
		i++;
	if (i == COUNT_OF(a->keyword))
		return E_FULL;
	if (i == a->keywords) {
		char *p = mem_alloc(name.n + 1);
		memcpy(p, name.p, name.n);
		a->keyword[a->keywords++] = (struct str){ p, name.n };
		a->keywords_dirty = true;
		store_account_touch(st, a);
	}
	*flags |= 1ull << (STORE_SYSTEM_FLAGS + i);
	return OK;
}

static int add(struct store *st, uint32_t account, const struct str *name, size_t n, uint64_t *flags)
{
	struct store_account *a;
	int r = store_account_open(st, account, &a);
	for (size_t i = 0; r == OK && i < n; i++)
		r = valid(name[i]) ? bit_of(st, a, name[i], flags) : E_SYNTAX;
	return r;
}

int store_keywords_add(struct store *st, uint32_t account, const struct str *name, size_t n, uint64_t *ret_flags)
{
	uint64_t flags = 0;
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, add(st, account, name, n, &flags));
	if (r == OK)
		*ret_flags = flags;
	return r;
}
