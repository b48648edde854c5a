/* The authorisation request (RFC 6749 4.1.1, 7636 4.3, 9207): is it one, and where does the answer go? */
#ifndef OAUTH_AUTHORIZE_H
#define OAUTH_AUTHORIZE_H

#include "proto/http/http_percent.h"
#include "proto/oauth/oauth_client.h"
#include "proto/oauth/oauth_outcome.h"

struct oauth_authorize { struct str client, redirect, state, challenge; unsigned scope; };

/* The client that is named; empty when it is named twice or not at all. */
struct str oauth_authorize_client(const struct http_form *f);
/* Where an answer may go: E_DENIED: nowhere, the person is to be told (4.1.2.1: never redirect to what is not registered). */
must_use int oauth_authorize_redirect(const struct http_form *f, const struct oauth_client *c, struct str *ret);
/* The rest. On OAUTH_OK all of *ret is set; on any other outcome client, redirect and state, which is what an error answer needs. */
enum oauth_outcome oauth_authorize_check(const struct http_form *f, const struct oauth_client *c, struct oauth_authorize *ret);

/* "redirect?code=…&state=…&iss=…" in the arena: what goes back. name: "code" or "error". */
struct str oauth_authorize_answer(struct arena *a, const struct oauth_authorize *r, struct str name, struct str value, struct str issuer);

#endif
