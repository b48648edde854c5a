#include "proto/password/password_hash.h"
#include "proto/password/password_foreign.h"

#include <sodium.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum { MEMORY_LEAST_KIB = 8 << 10, MEMORY_MOST_KIB = 1 << 20, PASSES_MOST = 16 };

const struct password_params password_params_default = { 19456, 2 };

bool password_params_ok(const struct password_params *p)
{
	return p->memory_kib >= MEMORY_LEAST_KIB && p->memory_kib <= MEMORY_MOST_KIB && p->passes >= 1 && p->passes <= PASSES_MOST;
}

_Static_assert(PASSWORD_HASH_MAX == crypto_pwhash_STRBYTES, "room for a hash");

/* ---- normal form ---- */

/* RFC 8264 4.3: what the FreeformClass leaves out. Joiners would need the context rules of RFC 5892; they are left out too. */
static bool allowed(UChar32 c)
{
	switch (u_charType(c)) {
	case U_CONTROL_CHAR: case U_UNASSIGNED: case U_SURROGATE: case U_PRIVATE_USE_CHAR:
	case U_LINE_SEPARATOR: case U_PARAGRAPH_SEPARATOR:
		return false;
	default:
		return !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
	}
}

static bool all_allowed(struct str s)
{
	while (s.n)
		if (!allowed((UChar32)utf8_take(&s)))
			return false;
	return true;
}

/* All of Zs lies in the basic plane: one unit each. */
static void map_spaces(UChar *text, int32_t n)
{
	for (int32_t i = 0; i < n; i++)
		if (u_charType(text[i]) == U_SPACE_SEPARATOR)
			text[i] = ' ';
}

struct wide { UChar in[PASSWORD_BYTES_MAX], out[PASSWORD_BYTES_MAX]; };

static int normalize_wide(struct wide *w, struct str password, char *out, size_t *ret)
{
	UErrorCode e = U_ZERO_ERROR;
	int32_t n, bytes;
	u_strFromUTF8(w->in, COUNT_OF(w->in), &n, password.p, (int32_t)password.n, &e);
	if (U_FAILURE(e))
		return E_SYNTAX;
	map_spaces(w->in, n);
	const UNormalizer2 *nfc = unorm2_getNFCInstance(&e);
	n = unorm2_normalize(nfc, w->in, n, w->out, COUNT_OF(w->out), &e);
	if (U_SUCCESS(e))
		u_strToUTF8(out, PASSWORD_BYTES_MAX, &bytes, w->out, n, &e);
	if (U_FAILURE(e))
		return e == U_BUFFER_OVERFLOW_ERROR ? E_TOOBIG : E_SYNTAX;
	*ret = (size_t)bytes;
	return OK;
}

int password_normalize(struct str password, char out[PASSWORD_BYTES_MAX], size_t *ret)
{
	if (password.n > PASSWORD_BYTES_MAX)
		return E_TOOBIG;
	if (!password.n || str_has_control(password) || !utf8_valid(password))
		return E_SYNTAX;
	if (str_is_ascii(password)) {
		memcpy(out, password.p, password.n);
		*ret = password.n;
		return OK;
	}
	if (!all_allowed(password))
		return E_SYNTAX;
	struct wide *w = mem_new(struct wide);
	int r = normalize_wide(w, password, out, ret);
	secret_wipe(w, sizeof *w);
	mem_free(w);
	return r;
}

/* ---- argon2id ---- */

static bool ready(void)
{
	return sodium_init() >= 0;
}

int password_hash(struct str password, const struct password_params *params, char out[PASSWORD_HASH_MAX])
{
	char normal[PASSWORD_BYTES_MAX];
	size_t n;
	int r = ready() ? password_normalize(password, normal, &n) : E_IO;
	size_t memory = (size_t)params->memory_kib << 10;
	if (r == OK && crypto_pwhash_str_alg(out, normal, n, params->passes, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		r = E_IO;
	secret_wipe(normal, sizeof normal);
	return r;
}

/* "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH" */
static int stored_params(struct str s, struct password_params *ret)
{
	uint64_t memory, passes;
	if (!str_take(&s, STR("$argon2id$v=19$m=")) || str_take_u64(&s, MEMORY_MOST_KIB, &memory) != OK || !str_take(&s, STR(",t=")) ||
	    str_take_u64(&s, PASSES_MOST, &passes) != OK || !str_take(&s, STR(",p=1$")))
		return E_SYNTAX;
	*ret = (struct password_params){ (uint32_t)memory, (uint32_t)passes };
	return OK;
}

int password_verify(struct str stored, struct str password)
{
	char normal[PASSWORD_BYTES_MAX], hash[PASSWORD_HASH_MAX] = { 0 };
	struct password_params params;
	size_t n = 0;
	if (stored_params(stored, &params) != OK) {
		int r = password_foreign_verify(stored, password);
		return r == E_TOOBIG ? E_SYNTAX : r;
	}
	if (!ready() || str_to_c(stored, hash, sizeof hash) != OK)
		return E_SYNTAX;
	/* one without a normal form was never set; the work is done all the same, on what is no password */
	bool normalized = password_normalize(password, normal, &n) == OK;
	int right = crypto_pwhash_str_verify(hash, normalized ? normal : "", normalized ? n : 0);
	secret_wipe(normal, sizeof normal);
	return normalized && right == 0 ? OK : E_DENIED;
}

bool password_needs_rehash(struct str stored, const struct password_params *params)
{
	struct password_params has;
	return stored_params(stored, &has) != OK || has.memory_kib < params->memory_kib || has.passes < params->passes;
}
