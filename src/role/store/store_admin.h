/* Operations of the administrator (messages.def `admin`). Each is a row of the table in store_admin.c; it takes strings
 * and gives JSON, or refuses with a sentence. */
#ifndef STORE_ADMIN_H
#define STORE_ADMIN_H

#include "role/store/store_serve.h"

#include <jansson.h>

struct admin_call {
	struct store *st;
	const struct str *arg;
	size_t args;
	struct arena *a;
	json_t *json;                   /* out; NULL: nothing to give */
	struct buf *reason;             /* out: why it was refused */
	int64_t now;
};

/* Writes the reason; returns E_DENIED. */
int admin_refuse(struct admin_call *c, const char *fmt, ...) printf_like(2, 3);
/* The command line brings addresses to their normal form (proto/addr); here it is only seen whether that was done. */
must_use int admin_address_ok(struct admin_call *c, struct str address);
json_t *admin_string(struct str s);     /* bytes that are not UTF-8 become '?' */

typedef int admin_fn(struct admin_call *c);
admin_fn admin_account_add, admin_account_list, admin_account_passwd, admin_account_lock, admin_account_unlock,
    admin_account_delete, admin_account_quota, admin_account_end, admin_domain_add, admin_domain_delete, admin_domain_list,
    admin_domain_catchall, admin_alias_add, admin_alias_delete, admin_alias_list, admin_queue_list, admin_queue_show,
    admin_queue_hold, admin_queue_release, admin_queue_retry, admin_queue_cancel, admin_check, admin_stats;

#endif
