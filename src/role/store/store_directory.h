/* Who exists: domains, accounts, aliases, credentials, and where an address leads. Addresses and domains are given
 * normalised (proto/addr): lower case where that is right, NFC, A-labels. */
#ifndef STORE_DIRECTORY_H
#define STORE_DIRECTORY_H

#include "role/store/store.h"

enum {
	STORE_ADDRESS_MAX = 320,
	STORE_DOMAIN_MAX = 255,
	STORE_CREDENTIAL_MAX = 4096,
	STORE_ALIAS_TARGETS = 256,
	STORE_RESOLVE_MAX = 256,            /* recipients that one address may lead to */
	STORE_RESOLVE_DEPTH = 8
};

enum store_account_flag { STORE_ACCOUNT_ADMIN = 1 << 0, STORE_ACCOUNT_LOCKED = 1 << 1 };

struct store_account_info {
	uint32_t id;
	struct str address;
	struct str credential;              /* opaque: argon2id in its text form; may be empty */
	uint32_t flags;
	uint64_t quota;                     /* bytes; 0: none */
	int64_t created;
};

/* E_EXISTS, E_NOTFOUND (the domain is not ours), E_TOOBIG. Makes the mailboxes INBOX, Drafts, Sent, Trash, Junk,
 * Archive. */
must_use int store_account_create(struct store *st, const struct store_account_info *info, uint32_t *ret_id);
/* Frees the address at once; what the account held goes with store_purge. */
must_use int store_account_delete(struct store *st, uint32_t id);
must_use int store_account_get(struct store *st, uint32_t id, struct arena *a, struct store_account_info *ret);
must_use int store_account_find(struct store *st, struct str address, struct arena *a, struct store_account_info *ret);
must_use int store_account_credential(struct store *st, uint32_t id, struct str credential);
must_use int store_account_flags(struct store *st, uint32_t id, uint32_t flags);
must_use int store_account_quota(struct store *st, uint32_t id, uint64_t quota);
/* Accounts with an id above `after`, in order, at most max; *ret_n of them. */
must_use int store_account_list(struct store *st, uint32_t after, size_t max, struct arena *a,
                                struct store_account_info **ret, size_t *ret_n);

struct store_domain_info { struct str name, catch_all; int64_t created; };      /* catch_all: an address, or empty */
must_use int store_domain_put(struct store *st, const struct store_domain_info *info);      /* makes or changes */
/* E_BUSY: an account or alias still lives in it. */
must_use int store_domain_delete(struct store *st, struct str name);
must_use int store_domain_get(struct store *st, struct str name, struct arena *a, struct store_domain_info *ret);
must_use int store_domain_list(struct store *st, struct str after, size_t max, struct arena *a,
                               struct store_domain_info **ret, size_t *ret_n);

struct store_alias_info { struct str address; struct str *target; size_t targets; };
/* E_EXISTS: an account has this address. E_NOTFOUND: the domain is not ours. Targets may be local or remote. */
must_use int store_alias_put(struct store *st, const struct store_alias_info *info);
must_use int store_alias_delete(struct store *st, struct str address);
must_use int store_alias_list(struct store *st, struct str after, size_t max, struct arena *a,
                              struct store_alias_info **ret, size_t *ret_n);

/* Where an address leads. */
enum store_route { STORE_ROUTE_LOCAL, STORE_ROUTE_REMOTE, STORE_ROUTE_REPORT };
struct store_target {
	enum store_route route;
	uint32_t account;                   /* of a local one */
	struct str address;                 /* the account's, or the remote address */
	struct str tag;                     /* user+tag@domain: tag */
};
struct store_resolved { struct store_target *v; size_t n; };

/* OK: at least one target, each once. E_NOTFOUND: our domain, nobody of that name. E_UNSUPPORTED: not our domain.
 * E_TOOBIG: the aliases fan out too far. Looks, in this order, for the address, the address without its tag, the
 * addresses for reports of other servers, the domain's catch-all. A locked account receives. postmaster leads to an administrator when no such address exists
 * (RFC 5321 section 4.5.1). */
must_use int store_resolve(struct store *st, struct str address, struct arena *a, struct store_resolved *ret);

/* May the account send as this address: OK or E_DENIED. Its own, with or without a tag, and an alias that leads to it
 * alone; a catch-all gives nobody the right. */
must_use int store_may_send_as(struct store *st, uint32_t account, struct str address);

#endif
