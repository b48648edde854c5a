#include "cli/cli_audit.h"

#include "ipc/conf_yaml.h"

#include <stdio.h>

enum { TEXT_MAX = 512, ID_MAX = 128, CALL_MS = 5000 };

static const char *const state_names[AUDIT_STATES] = { "ok", "weak", "missing", "unknown" };

void audit_advise(struct audit *a, const struct audit_check *c, const char *part, enum audit_state state, const char *evidence, const char *advice)
{
	char id[ID_MAX];
	snprintf(id, sizeof id, "%s%s%s", c->id, part ? "." : "", part ? part : "");
	a->count[state]++;
	json_array_append_new(a->findings, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", id, "measure", c->measure, "state", state_names[state],
		"evidence", evidence, "advice", state == AUDIT_GOOD ? "" : advice));
}

void audit_report(struct audit *a, const struct audit_check *c, const char *part, enum audit_state state, const char *evidence, ...)
{
	char text[TEXT_MAX];
	va_list ap;
	va_start(ap, evidence);
	vsnprintf(text, sizeof text, evidence, ap);
	va_end(ap);
	audit_advise(a, c, part, state, text, c->advice);
}

static json_t *ask_status(struct cli *c)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_status_req q;
	struct ipc_status_rep r;
	struct channel *parent = cli_parent(c);
	json_t *j = NULL;
	memset(&q, 0, sizeof q);
	if (parent && ipc_call_status(parent, &q, &r, &hold, CALL_MS) == OK)
		j = json_loadb(r.report.p, r.report.n, 0, NULL);
	if (parent)
		channel_close(parent);
	ipc_release(&hold);
	return j;
}

static void print(const struct audit *a)
{
	static const struct cli_column columns[] = { { "STATE", "state" }, { "ID", "id" }, { "EVIDENCE", "evidence" } };
	json_t *f;
	size_t i;
	cli_table(a->findings, columns, COUNT_OF(columns), "nothing was looked at");
	putchar('\n');
	json_array_foreach(a->findings, i, f) {
		const char *advice = json_string_value(json_object_get(f, "advice"));
		if (*advice)
			printf("%s: %s\n", json_string_value(json_object_get(f, "id")), advice);
	}
	for (unsigned s = 0; s < AUDIT_STATES; s++)
		printf("%s%zu %s", s ? ", " : "", a->count[s], state_names[s]);
	putchar('\n');
}

static void print_json(const struct audit *a)
{
	json_t *all = json_pack("{s:O}", "findings", a->findings);
	for (unsigned s = 0; s < AUDIT_STATES; s++)
		json_object_set_new(all, state_names[s], json_integer((json_int_t)a->count[s]));
	cli_json(all);
	json_decref(all);
}

static int run(struct cli *c, const struct conf *conf)
{
	struct audit a = { .cli = c, .conf = conf, .status = ask_status(c), .findings = json_array() };
	if (cli_admin(c, "account.list", (const char *const[]){ NULL }, &a.accounts) != CLI_OK)
		a.accounts = NULL;      /* it has said why; the others are looked at all the same */
	for (size_t i = 0; i < audit_check_count; i++)
		audit_checks[i].look(&a, &audit_checks[i]);
	if (c->json)
		print_json(&a);
	else
		print(&a);
	int status = a.count[AUDIT_WEAK] || a.count[AUDIT_MISSING] ? CLI_REFUSED : CLI_OK;
	json_decref(a.status);
	json_decref(a.accounts);
	json_decref(a.findings);
	return status;
}

/* Exit status 0: everything that could be seen is well; 1: something is weak or missing. */
int cli_audit(struct cli *c)
{
	char path[DATA_FOLDER_PATH_MAX];
	struct conf conf;
	struct buf why;
	int status;
	buf_init(&why, 4096);
	if (data_folder_check(c->dir, &why) != OK || data_folder_path(c->dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, &conf, &why) != OK) {
		status = cli_refuse("%.*s", (int)why.n, why.p ? why.p : "");
	} else {
		status = run(c, &conf);
		conf_done(&conf);
	}
	buf_done(&why);
	return status;
}
