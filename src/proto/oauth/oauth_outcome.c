#include "proto/oauth/oauth_outcome.h"

static const struct str names[OAUTH_OUTCOME_COUNT] = {
	[OAUTH_INVALID_REQUEST] = STR_INIT("invalid_request"),
	[OAUTH_INVALID_CLIENT] = STR_INIT("invalid_client"),
	[OAUTH_INVALID_GRANT] = STR_INIT("invalid_grant"),
	[OAUTH_UNAUTHORIZED_CLIENT] = STR_INIT("unauthorized_client"),
	[OAUTH_UNSUPPORTED_GRANT_TYPE] = STR_INIT("unsupported_grant_type"),
	[OAUTH_UNSUPPORTED_RESPONSE_TYPE] = STR_INIT("unsupported_response_type"),
	[OAUTH_INVALID_SCOPE] = STR_INIT("invalid_scope"),
	[OAUTH_ACCESS_DENIED] = STR_INIT("access_denied"),
	[OAUTH_AUTHORIZATION_PENDING] = STR_INIT("authorization_pending"),
	[OAUTH_SLOW_DOWN] = STR_INIT("slow_down"),
	[OAUTH_EXPIRED_TOKEN] = STR_INIT("expired_token"),
	[OAUTH_REUSED] = STR_INIT("invalid_grant"),
};

struct str oauth_error(unsigned outcome)
{
	return outcome < OAUTH_OUTCOME_COUNT && names[outcome].n ? names[outcome] : STR("server_error");
}
