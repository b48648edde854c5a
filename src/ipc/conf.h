/* The configuration as a struct, made from conf.def. Read once by the parent; each role gets a copy with its part only (secrets of
 * other roles are emptied). All strings are heap memory that the struct owns; conf_defaults then conf_done. */
#ifndef IPC_CONF_H
#define IPC_CONF_H

#include "base/base.h"
#include "ipc/role.h"

#include "ipc/conf.def"

enum { CONF_LIST_MAX = 64 };

#define CONF_U64(name, standard, least, most, what) uint64_t name;
#define CONF_BOOL(name, standard, what) bool name;
#define CONF_STR(name, most, standard, what) char *name;
#define CONF_LIST(name, what) char **name; unsigned name##_count;
#define CONF_SECTION(section, fields) struct { fields(CONF_U64, CONF_BOOL, CONF_STR, CONF_LIST) } section;
struct conf { CONF_SECTIONS(CONF_SECTION) };
#undef CONF_U64
#undef CONF_BOOL
#undef CONF_STR
#undef CONF_LIST
#undef CONF_SECTION

void conf_defaults(struct conf *c);
void conf_done(struct conf *c);
must_use int conf_encode(const struct conf *c, enum role for_role, struct buf *out);
must_use int conf_decode(struct str bytes, struct conf *ret);       /* E_PROTO; checks each limit again */
/* The first value that is out of its range, as "section.name: what is wrong"; OK when all are in range. */
must_use int conf_check(const struct conf *c, struct buf *reterr);

/* What listens. The standard port is added to server.port_base. */
enum conf_service { SERVICE_SMTP = 1, SERVICE_SUBMISSION, SERVICE_SUBMISSIONS, SERVICE_LMTP, SERVICE_IMAP, SERVICE_IMAPS, SERVICE_HTTP, SERVICE_HTTPS, SERVICE_CONTROL, SERVICE_COUNT };
struct conf_service_info { const char *name; uint16_t port; enum role role; bool tls, standard, greets /* speaks first */; };
extern const struct conf_service_info conf_services[SERVICE_COUNT];
bool conf_service_wanted(const struct conf *c, enum conf_service s);       /* whether server.services asks for it */

#endif
