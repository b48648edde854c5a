#include "proto/addr/addr_normal.h"

#include "proto/addr/addr_domain.h"

#include <idn2.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum { WIDE_MAX = 4 * ADDR_LOCAL_MAX }; /* UTF-16 units: folding and composing of 64 octets stay far below */

struct wide {
	UChar p[WIDE_MAX];
	int32_t n;
};

static struct str lower_ascii(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	return (struct str){ p, s.n };
}

static bool normalize_with(const UNormalizer2 *form, struct wide *w, UErrorCode *err)
{
	struct wide in = *w;
	w->n = unorm2_normalize(form, in.p, in.n, w->p, WIDE_MAX, err);
	return U_SUCCESS(*err);
}

static bool fold_case(struct wide *w, UErrorCode *err)
{
	struct wide in = *w;
	w->n = u_strFoldCase(w->p, WIDE_MAX, in.p, in.n, U_FOLD_CASE_DEFAULT, err);
	return U_SUCCESS(*err);
}

static bool all_assigned(struct str text)
{
	while (text.n) {
		int8_t type = u_charType((UChar32)utf8_take(&text));
		if (type == U_UNASSIGNED || type == U_CONTROL_CHAR || type == U_SURROGATE || type == U_PRIVATE_USE_CHAR)
			return false;
	}
	return true;
}

static bool is_stable(const UNormalizer2 *form, const struct wide *w, UErrorCode *err)
{
	struct wide again = *w;
	return normalize_with(form, &again, err) && again.n == w->n && u_memcmp(again.p, w->p, w->n) == 0;
}

static bool normalize_wide(struct wide *w, UErrorCode *err)
{
	const UNormalizer2 *nfc = unorm2_getNFCInstance(err);
	const UNormalizer2 *nfkc_fold = unorm2_getNFKCCasefoldInstance(err);
	return U_SUCCESS(*err) && normalize_with(nfc, w, err) && fold_case(w, err) && normalize_with(nfc, w, err) &&
	       is_stable(nfkc_fold, w, err);
}

static int normalize_utf8(struct arena *a, struct str local, struct str *ret)
{
	struct wide w;
	char out[3 * WIDE_MAX];
	int32_t n = 0;
	UErrorCode err = U_ZERO_ERROR;
	u_strFromUTF8(w.p, WIDE_MAX, &w.n, local.p, (int32_t)local.n, &err);
	if (U_FAILURE(err) || !all_assigned(local) || !normalize_wide(&w, &err))
		return E_SYNTAX;
	u_strToUTF8(out, sizeof out, &n, w.p, w.n, &err);
	if (U_FAILURE(err))
		return E_SYNTAX;
	if (n > ADDR_LOCAL_MAX)
		return E_TOOBIG;
	*ret = arena_dup(a, (struct str){ out, (size_t)n });
	return OK;
}

int addr_local_normalize(struct arena *a, struct str local, struct str *ret)
{
	if (local.n > ADDR_LOCAL_MAX)
		return E_TOOBIG;
	if (local.n == 0 || str_has_control(local) || !utf8_valid(local))
		return E_SYNTAX;
	if (!str_is_ascii(local))
		return normalize_utf8(a, local, ret);
	*ret = lower_ascii(a, local);
	return OK;
}

/* U-labels to A-labels. The whole of libidn2's answer is checked again: its mapping could bring in a dot or worse. */
static int to_a_labels(struct arena *a, struct str domain, struct str *ret)
{
	uint8_t name[ADDR_DOMAIN_MAX + 1];
	uint8_t *found = NULL;
	int r = str_to_c(domain, (char *)name, sizeof name);
	if (r != OK)
		return r;
	int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES;
	r = idn2_lookup_u8(name, &found, flags) == IDN2_OK ? OK : E_SYNTAX;
	if (r == OK && !addr_domain_valid(str_c((char *)found), false))
		r = E_SYNTAX;
	char copy[ADDR_DOMAIN_MAX + 1];
	if (r == OK)
		r = str_to_c(str_c((char *)found), copy, sizeof copy);
	idn2_free(found); /* before the arena is asked: it may not return */
	if (r == OK)
		*ret = lower_ascii(a, str_c(copy));
	return r;
}

/* ASCII is taken as it is, "xn--" labels included: DNS does not decode them, so neither does identity. */
int addr_domain_normalize(struct arena *a, struct str domain, struct str *ret)
{
	if (domain.n > ADDR_DOMAIN_MAX)
		return E_TOOBIG;
	if (!addr_domain_valid(domain, true) && !addr_literal_valid(domain))
		return E_SYNTAX;
	if (!str_is_ascii(domain))
		return to_a_labels(a, domain, ret);
	*ret = lower_ascii(a, domain);
	return OK;
}

int addr_normalize(struct arena *a, struct str local, struct str domain, struct str *ret)
{
	struct str user, host;
	int r = addr_local_normalize(a, local, &user);
	if (r == OK)
		r = addr_domain_normalize(a, domain, &host);
	if (r != OK)
		return r;
	char *key = arena_alloc(a, user.n + host.n + 2);
	memcpy(key, user.p, user.n);
	key[user.n] = '@';
	memcpy(key + user.n + 1, host.p, host.n);
	*ret = (struct str){ key, user.n + 1 + host.n };
	return OK;
}

struct str addr_domain_unicode(struct arena *a, struct str domain)
{
	char name[ADDR_DOMAIN_MAX + 1], text[4 * ADDR_DOMAIN_MAX];
	char *found = NULL;
	struct str lower = lower_ascii(a, domain), shown, back;
	if (!addr_domain_valid(lower, false) || str_to_c(lower, name, sizeof name) != OK)
		return lower;
	bool fits = idn2_to_unicode_8z8z(name, &found, 0) == IDN2_OK && str_to_c(str_c(found), text, sizeof text) == OK;
	idn2_free(found);
	if (!fits)
		return lower;
	/* Only what encodes to the same name again is shown: a label that is made to look like another does not. */
	shown = arena_dup(a, str_c(text));
	return addr_domain_normalize(a, shown, &back) == OK && str_eq(back, lower) ? shown : lower;
}
