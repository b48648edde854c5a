#include "proto/password/password_hash.h"
#include "proto/password/password_patterns.h"

enum { NAME_LEAST = 4 };

static bool holds_name(struct str password, struct str address)
{
	size_t at = str_rfind(address, '@');
	struct str local = str_first(address, at), domain = at == STR_NPOS ? STR("") : str_skip(address, at + 1);
	struct str label = str_until(&domain, '.');
	return (local.n >= NAME_LEAST && str_isearch(password, local) != STR_NPOS) ||
		(label.n >= NAME_LEAST && str_isearch(password, label) != STR_NPOS);
}

static const char *fault(struct str password, struct str address)
{
	if (password_characters(password) < PASSWORD_CHARACTERS_LEAST)
		return "it needs at least 12 characters; three or four unrelated words make a good one";
	if (password_has_few_different(password))
		return "it repeats too few different characters";
	if (password_is_row(password))
		return "it is a plain row of characters";
	if (password_is_common(password))
		return "it is one of those that are tried first";
	if (holds_name(password, address))
		return "it holds a name from the address";
	return NULL;
}

bool password_acceptable(struct str password, struct str address, const char **reterr_why)
{
	char normal[PASSWORD_BYTES_MAX];
	size_t n;
	int r = password_normalize(password, normal, &n);
	const char *why = r == E_TOOBIG ? "it is longer than 1024 bytes" : r != OK ? "it holds characters that cannot be typed everywhere" :
		fault((struct str){ normal, n }, address);
	secret_wipe(normal, sizeof normal);
	if (why)
		*reterr_why = why;
	return !why;
}
