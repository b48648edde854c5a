/* What the verbs share: options, the way to the server, output. */
#ifndef CLI_CLI_INTERNAL_H
#define CLI_CLI_INTERNAL_H

#include "ipc/channel.h"
#include "ipc/data_folder.h"

#include <jansson.h>

enum { CLI_OK = 0, CLI_REFUSED = 1, CLI_USAGE = 2 };

/* Options that any verb may take; each verb's row says which it does. */
struct cli {
	const char *dir;
	bool json, jsonl, password_stdin, nsupdate, admin, quiet, refused, generate, must_change;
	const char *password_hash;
	const char *hostname, *domain, *listen, *admin_address;
	const char *ip, *helo, *mail_from, *rcpt, *zone;                        /* inspect */
	const char *file;                                                       /* domain bimi */
	const char *name, *scope, *network, *people, *administrators;           /* second factors and their policy */
	uint64_t port_base, wait, now, days, grace;
	bool port_base_given, wait_given, now_given, days_given, grace_given;
	char **args;            /* what is left: the verb's own words are taken off */
	int count;
};

struct cli_verb {
	const char *words;              /* "user add" */
	int (*run)(struct cli *c);
	int least, most;                /* arguments */
	const char *arguments, *options, *summary, *example;
};
extern const struct cli_verb cli_verbs[];
extern const size_t cli_verb_count;

/* One line on standard error; returns CLI_REFUSED. */
int cli_refuse(const char *fmt, ...) printf_like(1, 2);

/* An operation of the store (messages.def `admin`); arguments end with NULL. *ret is new JSON, NULL when there is none to give. Says
 * by itself what went wrong and returns CLI_REFUSED. Speaks to the running server, or starts the store for this command. */
must_use int cli_admin(struct cli *c, const char *op, const char *const *arguments, json_t **ret);
/* An operation of auth (messages.def `auth_admin`), likewise. Takes arguments. secret: NULL for none. file: a descriptor to go along, or -1. */
struct cli_auth { const char *op; json_t *arguments; const char *secret; int file; };
must_use int cli_auth(struct cli *c, const struct cli_auth *q, json_t **ret);
must_use int cli_auth_channel(struct cli *c, struct channel **ret);
/* One that auth passes on to the store: its arguments are strings, ended with NULL. */
must_use int cli_auth_strings(struct cli *c, const char *op, const char *const *arguments, json_t **ret);
/* The channel to a role of the running server that has a door for the command line; NULL when none runs (quiet). */
struct channel *cli_role(struct cli *c, enum role role);
/* An operation of the guard (messages.def `guard_admin`) of the running server. Takes arguments. */
must_use int cli_guard_ask(struct cli *c, const char *op, json_t *arguments, json_t **ret);
/* Tries each listener of a status report, and notes "answers" there; true when all do. */
bool cli_listeners_answer(json_t *status);
/* The parent's channel; NULL when no server runs (quiet) . */
struct channel *cli_parent(struct cli *c);
void cli_close(void);           /* ends what was started for this command, in order */

struct cli_column { const char *title, *key; };
/* A table that fits the terminal: the widest column is cut. Numbers stand right. */
void cli_table(json_t *rows, const struct cli_column *columns, size_t n, const char *when_empty);
void cli_json(json_t *j);
size_t cli_width(void);         /* columns of the terminal, or many */

/* A password from standard input (one line), or asked twice without echo on a terminal. Wipe it. */
must_use int cli_password(struct cli *c, char *ret, size_t cap);
/* The one in use now: a line of standard input, or asked once. */
must_use int cli_present_password(struct cli *c, char *ret, size_t cap);
/* address in normal form, in static memory; refuses what is none. */
must_use int cli_address(const char *given, char *ret, size_t cap);
must_use int cli_domain_name(const char *given, char *ret, size_t cap);

/* The verbs, a file each. */
int cli_init(struct cli *c);
int cli_status(struct cli *c);
int cli_stop(struct cli *c);
int cli_reload(struct cli *c);
int cli_check(struct cli *c);
int cli_audit(struct cli *c);
int cli_ban_list(struct cli *c);
int cli_ban_add(struct cli *c);
int cli_ban_remove(struct cli *c);
int cli_ban_why(struct cli *c);
int cli_guard_rules(struct cli *c);
int cli_guard_load(struct cli *c);
int cli_guard_reset(struct cli *c);
int cli_guard_events(struct cli *c);
int cli_guard_simulate(struct cli *c);
int cli_inspect(struct cli *c);
int cli_completion(struct cli *c);
int cli_help(struct cli *c);
int cli_version(struct cli *c);
int cli_user_add(struct cli *c);
int cli_user_list(struct cli *c);
int cli_user_passwd(struct cli *c);
int cli_user_expire(struct cli *c);
int cli_user_reset(struct cli *c);
int cli_user_redeem(struct cli *c);
int cli_user_change_password(struct cli *c);
int cli_policy_show(struct cli *c);
int cli_policy_set(struct cli *c);
int cli_policy_remove(struct cli *c);
int cli_policy_test(struct cli *c);
int cli_policy_breached(struct cli *c);
int cli_log_audit(struct cli *c);
int cli_log_verify(struct cli *c);
int cli_user_lock(struct cli *c);
int cli_user_unlock(struct cli *c);
int cli_user_delete(struct cli *c);
int cli_user_quota(struct cli *c);
int cli_report_list(struct cli *c);
int cli_report_show(struct cli *c);
int cli_report_summary(struct cli *c);
int cli_user_sessions(struct cli *c);
int cli_user_sessions_end(struct cli *c);
int cli_user_totp_enroll(struct cli *c);
int cli_user_totp_confirm(struct cli *c);
int cli_user_totp_remove(struct cli *c);
int cli_user_recovery(struct cli *c);
int cli_user_app_password_add(struct cli *c);
int cli_user_app_password_list(struct cli *c);
int cli_user_app_password_revoke(struct cli *c);
int cli_user_require_2fa(struct cli *c);
int cli_user_second_factor(struct cli *c);
int cli_policy_second_factor(struct cli *c);
int cli_key_list(struct cli *c);
int cli_key_rotate(struct cli *c);
int cli_key_retire(struct cli *c);
int cli_user_tokens(struct cli *c);
int cli_user_revoke(struct cli *c);
int cli_client_add(struct cli *c);
int cli_client_list(struct cli *c);
int cli_client_remove(struct cli *c);
int cli_domain_add(struct cli *c);
int cli_domain_list(struct cli *c);
int cli_domain_delete(struct cli *c);
int cli_domain_catchall(struct cli *c);
int cli_domain_bimi(struct cli *c);
int cli_domain_dns(struct cli *c);
int cli_domain_check(struct cli *c);
int cli_alias_add(struct cli *c);
int cli_alias_list(struct cli *c);
int cli_alias_delete(struct cli *c);
int cli_queue_list(struct cli *c);
int cli_queue_show(struct cli *c);
int cli_queue_act(struct cli *c, const char *op);
int cli_queue_retry(struct cli *c);
int cli_queue_hold(struct cli *c);
int cli_queue_release(struct cli *c);
int cli_queue_cancel(struct cli *c);

#endif
