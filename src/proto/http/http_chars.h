/* Character classes of HTTP (RFC 9110 5.5, 5.6) and of URIs (RFC 3986 2, 3). */
#ifndef HTTP_CHARS_H
#define HTTP_CHARS_H

#include "base/base.h"

bool http_is_tchar(char c);             /* of a token */
bool http_is_token(struct str s);       /* at least one tchar, and nothing else */
bool http_is_value(struct str s);       /* field-value: no control byte but HTAB; obs-text is allowed */
bool http_is_unreserved(char c);
bool http_is_pchar(char c);             /* without "%", which is the caller's to look at */
struct str http_trim(struct str s);     /* without OWS (SP, HTAB) at both ends */

#endif
