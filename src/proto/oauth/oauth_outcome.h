/* How a request to the token endpoint and its like ends: the error codes of RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5. */
#ifndef OAUTH_OUTCOME_H
#define OAUTH_OUTCOME_H

#include "base/base.h"

enum oauth_outcome {
	OAUTH_OK, OAUTH_INVALID_REQUEST, OAUTH_INVALID_CLIENT, OAUTH_INVALID_GRANT, OAUTH_UNAUTHORIZED_CLIENT, OAUTH_UNSUPPORTED_GRANT_TYPE,
	OAUTH_UNSUPPORTED_RESPONSE_TYPE, OAUTH_INVALID_SCOPE, OAUTH_ACCESS_DENIED, OAUTH_AUTHORIZATION_PENDING, OAUTH_SLOW_DOWN, OAUTH_EXPIRED_TOKEN,
	OAUTH_REUSED,           /* something that was spent came again: whoever has it, all that came from it ends (told as invalid_grant) */
	OAUTH_OUTCOME_COUNT
};
struct str oauth_error(unsigned outcome);       /* "invalid_grant"; "server_error" for what is none of these */

#endif
