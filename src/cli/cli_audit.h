/* `ceralacca audit`: how safe is it. A check is a row of a table in cli_audit_table.c: an id that monitoring can rely on, what it measures,
 * a function that looks, and what to do when it is not well. The function reports one finding or several:
 *
 *    audit_report(a, check, "smtp", AUDIT_WEAK, "worker %u: no chroot", n);       // finding "walls.smtp"
 *
 * Everything that more than one check needs is gathered once, in struct audit. */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "cli/cli_internal.h"
#include "ipc/conf.h"

enum audit_state {
	AUDIT_GOOD,
	AUDIT_WEAK,             /* works, but not as well as it should */
	AUDIT_MISSING,          /* a protection is not there */
	AUDIT_UNKNOWN,          /* cannot be seen from here */
	AUDIT_STATES
};

struct audit {
	struct cli *cli;
	const struct conf *conf;
	json_t *status;                 /* of the running server; NULL: none runs, or it does not answer */
	json_t *accounts;               /* account.list; NULL: the store does not answer */
	json_t *findings;               /* so far */
	size_t count[AUDIT_STATES];
};

struct audit_check {
	const char *id, *measure;
	void (*look)(struct audit *a, const struct audit_check *c);
	const char *advice;             /* one sentence, for what is not well */
};
extern const struct audit_check audit_checks[];
extern const size_t audit_check_count;

/* part: behind the id, with a dot; NULL for none. Evidence: what was seen, for people. */
void audit_report(struct audit *a, const struct audit_check *c, const char *part, enum audit_state state, const char *evidence, ...) printf_like(5, 6);
/* The same with advice of its own. */
void audit_advise(struct audit *a, const struct audit_check *c, const char *part, enum audit_state state, const char *evidence, const char *advice);

/* The checks, by file. */
void audit_running(struct audit *a, const struct audit_check *c);              /* cli_audit_server.c */
void audit_own_users(struct audit *a, const struct audit_check *c);
void audit_walls(struct audit *a, const struct audit_check *c);
void audit_restarts(struct audit *a, const struct audit_check *c);
void audit_listeners(struct audit *a, const struct audit_check *c);
void audit_firewall(struct audit *a, const struct audit_check *c);
void audit_resolver(struct audit *a, const struct audit_check *c);
void audit_conf(struct audit *a, const struct audit_check *c);                 /* cli_audit_conf.c */
void audit_certificate(struct audit *a, const struct audit_check *c);          /* cli_audit_folder.c */
void audit_files(struct audit *a, const struct audit_check *c);
void audit_disk(struct audit *a, const struct audit_check *c);
void audit_administrators(struct audit *a, const struct audit_check *c);       /* cli_audit_people.c */
void audit_second_factor(struct audit *a, const struct audit_check *c);
void audit_password_policy(struct audit *a, const struct audit_check *c);
void audit_log(struct audit *a, const struct audit_check *c);

#endif
