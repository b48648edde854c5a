#include "cli/cli_keys.h"

#include "os/clock.h"
#include "os/fd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CALL_MS = 60000, DATE_MAX = 32 };

struct list { const char *domain; struct cli_key *keys; size_t count, cap; };

static struct cli_key *one_more(struct list *l)
{
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->keys = mem_resize_array(l->keys, l->cap, sizeof *l->keys);
	}
	struct cli_key *k = &l->keys[l->count++];
	*k = (struct cli_key){ .since = 0 };
	return k;
}

/* ---- from the folder ---- */

static int open_folder(struct cli *c, int *ret)
{
	char path[DATA_FOLDER_PATH_MAX];
	if (data_folder_path(c->dir, "keys", path) != OK)
		return E_NOTFOUND;
	*ret = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret >= 0 ? OK : E_NOTFOUND;
}

static void take_file(void *ctx, struct str domain, struct str selector, struct str bytes, int err)
{
	struct list *l = ctx;
	struct dkim_private p;
	struct buf record;
	if (err != OK || (*l->domain && !str_ieq(domain, str_c(l->domain))) || dkim_private_read(bytes, &p) != OK)
		return;
	struct cli_key *k = one_more(l);
	buf_init(&record, DKIM_PRIVATE_RECORD_MAX - 1);
	if (str_to_c(domain, k->domain, sizeof k->domain) != OK || str_to_c(selector, k->selector, sizeof k->selector) != OK ||
	    dkim_private_record(&p, &record) != OK || str_to_c(buf_str(&record), k->record, sizeof k->record) != OK)
		l->count--;
	k->algorithm = p.algorithm;
	k->state = p.state;
	k->since = p.since;
	buf_done(&record);
	dkim_private_done(&p);
}

static int from_folder(struct cli *c, struct list *l)
{
	auto_fd keys = -1;
	if (open_folder(c, &keys) != OK)
		return cli_refuse("%s/keys cannot be read", c->dir);
	key_folder_each(keys, take_file, l);
	return CLI_OK;
}

/* ---- from the server ---- */

static int take_record(struct reader *r, struct list *l)
{
	struct cli_key *k = one_more(l);
	struct str domain = read_str(r, KEY_DOMAIN_MAX), selector = read_str(r, KEY_SELECTOR_MAX);
	uint32_t algorithm = read_u32(r), state = read_u32(r);
	k->since = (int64_t)read_u64(r);
	struct str record = read_str(r, DKIM_PRIVATE_RECORD_MAX - 1);
	if (r->err != OK || algorithm > DKIM_ED25519_SHA256 || state >= DKIM_KEY_STATES)
		return E_PROTO;
	k->algorithm = (enum dkim_algorithm)algorithm;
	k->state = (enum dkim_key_state)state;
	int e = str_to_c(domain, k->domain, sizeof k->domain);
	if (e == OK)
		e = str_to_c(selector, k->selector, sizeof k->selector);
	return e == OK ? str_to_c(record, k->record, sizeof k->record) : e;
}

static int from_server(struct channel *keys, struct list *l)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dkim_keys_req q = { .domain = str_c(l->domain) };
	struct ipc_dkim_keys_rep a = { 0 };
	int r = ipc_call_dkim_keys(keys, &q, &a, &hold, CALL_MS);
	struct reader in = reader_of(r == OK ? a.keys : STR(""));
	while (r == OK && in.rest.n)
		r = take_record(&in, l);
	ipc_release(&hold);
	return r == OK ? CLI_OK : cli_refuse("the keys role does not answer: %s", err_name(r));
}

static int by_name(const void *a, const void *b)
{
	const struct cli_key *x = a, *y = b;
	int r = strcmp(x->domain, y->domain);
	return r ? r : strcmp(x->selector, y->selector);
}

int cli_keys(struct cli *c, const char *domain, struct cli_key **ret, size_t *ret_n)
{
	struct list l = { .domain = domain };
	struct channel *keys = cli_role(c, ROLE_KEYS);
	int status = keys ? from_server(keys, &l) : from_folder(c, &l);
	if (status != CLI_OK) {
		mem_free(l.keys);
		return status;
	}
	if (l.count)
		qsort(l.keys, l.count, sizeof *l.keys, by_name);
	*ret = l.keys;
	*ret_n = l.count;
	return CLI_OK;
}

/* ---- changes ---- */

static const char *reason(int err)
{
	switch (err) {
	case E_NOTFOUND: return "no such key";
	case E_DENIED: return "nothing could sign in its place; `ceralacca key rotate` makes a successor first";
	case E_FULL: return "the disk is full, or the domain has too many keys";
	default: return err_name(err);
	}
}

static int ask(struct channel *keys, const char *act, const char *domain, const char *selector)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dkim_key_act_req q = { .act = str_c(act), .domain = str_c(domain), .selector = str_c(selector) };
	struct ipc_dkim_key_act_rep a;
	int r = ipc_call_dkim_key_act(keys, &q, &a, &hold, CALL_MS);
	ipc_release(&hold);
	return r == OK ? CLI_OK : cli_refuse("%s %s: %s", domain, selector, reason(r));
}

static bool signs(const struct cli_key *keys, size_t n, enum dkim_algorithm algorithm)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].algorithm == algorithm && keys[i].state == DKIM_KEY_ACTIVE)
			return true;
	return false;
}

static int make_file(int folder, const char *domain, enum dkim_algorithm algorithm)
{
	char selector[KEY_SELECTOR_MAX + 1];
	struct dkim_private p;
	struct buf text;
	struct tm tm;
	time_t now = (time_t)clock_real();
	if (!gmtime_r(&now, &tm) || dkim_private_make(algorithm, &p) != OK)
		return E_IO;
	strftime(selector, sizeof selector, algorithm == DKIM_ED25519_SHA256 ? "e%Y%m%d" : "r%Y%m%d", &tm);
	p.state = DKIM_KEY_ACTIVE;
	p.since = now;
	buf_init(&text, KEY_FILE_MAX);
	int r = dkim_private_write(&p, &text);
	if (r == OK)
		r = key_folder_put(folder, str_c(domain), str_c(selector), buf_str(&text));
	secret_wipe(text.p, text.cap);
	buf_done(&text);
	dkim_private_done(&p);
	return r;
}

/* No server runs: the files are made here. */
static int begin_in_folder(struct cli *c, const char *domain)
{
	static const enum dkim_algorithm algorithms[] = { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };
	struct cli_key *have = NULL;
	size_t n = 0;
	auto_fd folder = -1;
	int status = cli_keys(c, domain, &have, &n), r = status == CLI_OK ? open_folder(c, &folder) : OK;
	for (size_t i = 0; i < COUNT_OF(algorithms) && status == CLI_OK && r == OK; i++)
		if (!signs(have, n, algorithms[i]))
			r = make_file(folder, domain, algorithms[i]);
	mem_free(have);
	return r == OK ? status : cli_refuse("keys for %s cannot be made: %s", domain, err_name(r));
}

int cli_keys_begin(struct cli *c, const char *domain)
{
	struct channel *keys = cli_role(c, ROLE_KEYS);
	return keys ? ask(keys, "begin", domain, "") : begin_in_folder(c, domain);
}

int cli_keys_drop(struct cli *c, const char *domain)
{
	struct channel *keys = cli_role(c, ROLE_KEYS);
	struct cli_key *have = NULL;
	size_t n = 0;
	auto_fd folder = -1;
	if (keys)
		return ask(keys, "drop", domain, "");
	int status = cli_keys(c, domain, &have, &n), r = status == CLI_OK ? open_folder(c, &folder) : OK;
	for (size_t i = 0; i < n && r == OK; i++)
		r = key_folder_put(folder, str_c(domain), str_c(have[i].selector), STR(""));
	mem_free(have);
	return r == OK ? status : cli_refuse("keys of %s cannot be removed: %s", domain, err_name(r));
}

/* ---- verbs ---- */

static json_t *key_json(const struct cli_key *k)
{
	char date[DATE_MAX], name[KEY_DOMAIN_MAX + KEY_SELECTOR_MAX + 16];
	struct tm tm;
	time_t since = (time_t)k->since;
	struct str algorithm = dkim_algorithm_name(k->algorithm);
	gmtime_r(&since, &tm);
	strftime(date, sizeof date, "%Y-%m-%d", &tm);
	snprintf(name, sizeof name, "%s._domainkey.%s", k->selector, k->domain);
	return json_pack("{s:s, s:s, s:s%, s:s, s:s, s:I, s:s, s:s}", "domain", k->domain, "selector", k->selector, "algorithm", algorithm.p, algorithm.n,
		"state", dkim_key_state_name(k->state), "date", date, "since", (json_int_t)k->since, "name", name, "record", k->record);
}

int cli_key_list(struct cli *c)
{
	static const struct cli_column columns[] = { { "DOMAIN", "domain" }, { "SELECTOR", "selector" }, { "ALGORITHM", "algorithm" },
		{ "STATE", "state" }, { "SINCE", "date" } };
	char domain[KEY_DOMAIN_MAX + 3] = "";
	struct cli_key *keys = NULL;
	size_t n = 0;
	int status = c->count ? cli_domain_name(c->args[0], domain, sizeof domain) : CLI_OK;
	if (status == CLI_OK)
		status = cli_keys(c, domain, &keys, &n);
	json_t *rows = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, key_json(&keys[i]));
	if (status == CLI_OK && c->json)
		cli_json(rows);
	else if (status == CLI_OK)
		cli_table(rows, columns, COUNT_OF(columns), "no keys");
	json_decref(rows);
	mem_free(keys);
	return status;
}

static int act(struct cli *c, const char *what, const char *selector, const char *done)
{
	char domain[KEY_DOMAIN_MAX + 3];
	struct channel *keys = cli_role(c, ROLE_KEYS);
	int status = cli_domain_name(c->args[0], domain, sizeof domain);
	if (status == CLI_OK && !keys)
		status = cli_refuse("the server is not running; start it first");
	if (status == CLI_OK)
		status = ask(keys, what, domain, selector);
	if (status == CLI_OK)
		printf("%s %s%s\n", domain, selector, done);
	return status;
}

int cli_key_rotate(struct cli *c) { return act(c, "rotate", "", "has new keys; publish their records: `ceralacca domain dns`"); }
int cli_key_retire(struct cli *c) { return act(c, "retire", c->args[1], " is retired"); }
