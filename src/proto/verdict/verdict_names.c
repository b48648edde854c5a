#include "proto/verdict/verdict.h"

const char *verdict_action_name(enum verdict_action action)
{
	static const char *const names[] = { "accept", "junk", "reject", "defer" };
	return names[action];
}

/* As in aggregate reports (RFC 9990, PolicyOverrideType), where there is a word for it. */
const char *verdict_override_name(enum verdict_override override)
{
	static const char *const names[] = { "", "trusted_forwarder", "mailing_list", "mailing_list", "local_policy" };
	return names[override];
}

const char *verdict_mark_name(enum verdict_mark mark)
{
	static const char *const names[] = {
		[VERDICT_FROM_MISSING] = "from-missing", [VERDICT_FROM_REPEATED] = "from-repeated", [VERDICT_FROM_SEVERAL] = "from-several",
		[VERDICT_FROM_MALFORMED] = "from-malformed", [VERDICT_FROM_NO_DOMAIN] = "from-no-domain", [VERDICT_FROM_ENCODED] = "from-encoded",
		[VERDICT_NAME_ADDRESS] = "name-address", [VERDICT_NAME_HIDDEN] = "name-hidden", [VERDICT_NAME_COLLEAGUE] = "name-colleague",
		[VERDICT_LOOKALIKE_OWN] = "lookalike-own", [VERDICT_LOOKALIKE_KNOWN] = "lookalike-known", [VERDICT_OWN_UNPROVEN] = "own-unproven",
		[VERDICT_REPLY_ELSEWHERE] = "reply-elsewhere", [VERDICT_FIRST_TIME] = "first-time", [VERDICT_CORRESPONDENT] = "correspondent",
		[VERDICT_FIELD_REPEATED] = "field-repeated", [VERDICT_FIELD_ADDED] = "field-added", [VERDICT_BODY_OPEN] = "body-open",
		[VERDICT_KEY_WEAK] = "key-weak", [VERDICT_SPF_BROAD] = "spf-broad", [VERDICT_SIGNATURES_MANY] = "signatures-many",
		[VERDICT_DNS_EXHAUSTED] = "dns-exhausted", [VERDICT_UNCERTAIN] = "uncertain",
	};
	_Static_assert(VERDICT_MARK_COUNT <= 32, "marks are bits of a word");
	return names[mark];
}
