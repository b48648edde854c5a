/* The log: one line an event on standard error, written in one go, for people or as JSON. Roles log; libraries do not.
 *
 *    log_event(LOG_INFO, "smtp.delivered", LOG_S("from", sender), LOG_U("bytes", n), LOG_END);
 *
 * Values are escaped (controls, quotes, what turns the direction of text; A91), cut at 512 bytes. Never log a password, a body, a key. */
#ifndef OS_LOG_H
#define OS_LOG_H

#include "base/base.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_kind { LOG_KIND_END, LOG_KIND_STR, LOG_KIND_U64, LOG_KIND_I64 };
struct log_field { const char *name; enum log_kind kind; struct str s; uint64_t u; };

#define LOG_S(name, value) ((struct log_field){ name, LOG_KIND_STR, value, 0 })
#define LOG_C(name, value) ((struct log_field){ name, LOG_KIND_STR, str_c(value), 0 })
#define LOG_U(name, value) ((struct log_field){ name, LOG_KIND_U64, { NULL, 0 }, (uint64_t)(value) })
#define LOG_I(name, value) ((struct log_field){ name, LOG_KIND_I64, { NULL, 0 }, (uint64_t)(value) })
#define LOG_E(err) LOG_C("error", err_name(err))
#define LOG_END ((struct log_field){ NULL, LOG_KIND_END, { NULL, 0 }, 0 })

void log_setup(const char *who, bool json);             /* who: role and number, as "smtp-1" */
void log_detail(enum log_level most);                   /* events above this level are left out; LOG_INFO at first */
void log_event(enum log_level level, const char *event, ...);   /* fields, then LOG_END */

#endif
