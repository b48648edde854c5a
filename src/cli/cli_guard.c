/* ban list|add|remove|why, guard rules|load|reset|events: asked of the running guard. guard simulate runs here, on a file. */
#include "cli/cli_internal.h"

#include "base/base64.h"
#include "os/fd.h"
#include "os/random.h"
#include "proto/guard/guard.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

enum { FILE_MOST = 64 << 20, OUT_MOST = 256 << 20, TIME_TEXT = 32, BY_HAND_S = 86400, SIMULATE_COUNTERS = 1 << 18 };

/* "90s", "15m", "2h", "7d" */
static int take_time(const char *given, json_int_t *ret)
{
	static const struct { char letter; uint32_t seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct str s = str_c(given);
	uint64_t n;
	if (str_take_u64(&s, 3650, &n) == OK && s.n == 1)
		for (size_t i = 0; i < COUNT_OF(units); i++)
			if (units[i].letter == s.p[0] && n) {
				*ret = (json_int_t)(n * units[i].seconds);
				return CLI_OK;
			}
	return cli_refuse("a time is a number up to 3650 and s, m, h or d: %s", given);
}

static const char *when(json_t *row, const char *key, char text[TIME_TEXT])
{
	time_t t = (time_t)json_integer_value(json_object_get(row, key));
	struct tm tm;
	if (!localtime_r(&t, &tm) || !strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm))
		text[0] = '\0';
	return text;
}

/* The guard knows numbers; people know addresses. Where the store does not answer the numbers stay. */
static void name_accounts(struct cli *c, json_t *rows)
{
	json_t *accounts, *row, *account;
	size_t i, k;
	bool any = false;
	json_array_foreach(rows, i, row)
		any |= json_object_get(row, "account") != NULL;
	if (!any || cli_admin(c, "account.list", (const char *const[]){ NULL }, &accounts) != CLI_OK)
		return;
	json_array_foreach(rows, i, row)
		json_array_foreach(accounts, k, account)
			if (json_object_get(row, "account") && json_equal(json_object_get(row, "account"), json_object_get(account, "id")))
				json_object_set(row, "address", json_object_get(account, "address"));
	json_decref(accounts);
}

static void print_bans(json_t *rows, const char *none)
{
	static const struct cli_column columns[] = { { "NETWORK", "network" }, { "ACCOUNT", "address" }, { "ACTIONS", "actions" }, { "UNTIL", "until" }, { "WHY", "why" } };
	char text[TIME_TEXT];
	json_t *row;
	size_t i;
	json_array_foreach(rows, i, row)
		json_object_set_new(row, "until", json_string(when(row, "until", text)));
	cli_table(rows, columns, COUNT_OF(columns), none);
}

int cli_ban_list(struct cli *c)
{
	json_t *j;
	int status = cli_guard_ask(c, "ban.list", json_object(), &j);
	if (status != CLI_OK)
		return status;
	name_accounts(c, j);
	if (c->json)
		cli_json(j);
	else
		print_bans(j, "nobody is kept out");
	json_decref(j);
	return CLI_OK;
}

int cli_ban_add(struct cli *c)
{
	json_int_t seconds = BY_HAND_S;
	char text[TIME_TEXT];
	json_t *j;
	int status = c->count > 1 ? take_time(c->args[1], &seconds) : CLI_OK;
	if (status == CLI_OK)
		status = cli_guard_ask(c, "ban.add", json_pack("{s:s, s:I, s:s}", "network", c->args[0], "seconds", seconds, "why", c->count > 2 ? c->args[2] : ""), &j);
	if (status != CLI_OK)
		return status;
	if (c->json)
		cli_json(j);
	else
		printf("%s is kept out until %s\n", json_string_value(json_object_get(j, "network")), when(j, "until", text));
	json_decref(j);
	return CLI_OK;
}

static int account_of(struct cli *c, const char *address, json_int_t *ret)
{
	char normal[512];
	json_t *accounts, *account;
	size_t i;
	int status = cli_address(address, normal, sizeof normal);
	if (status == CLI_OK)
		status = cli_admin(c, "account.list", (const char *const[]){ NULL }, &accounts);
	if (status != CLI_OK)
		return status;
	*ret = 0;
	json_array_foreach(accounts, i, account)
		if (strcmp(json_string_value(json_object_get(account, "address")), normal) == 0)
			*ret = json_integer_value(json_object_get(account, "id"));
	json_decref(accounts);
	return *ret ? CLI_OK : cli_refuse("no such mailbox: %s", normal);
}

int cli_ban_remove(struct cli *c)
{
	json_int_t account = 0;
	json_t *j;
	int status = strchr(c->args[0], '@') ? account_of(c, c->args[0], &account) : CLI_OK;
	if (status == CLI_OK)
		status = cli_guard_ask(c, "ban.remove", account ? json_pack("{s:I}", "account", account) : json_pack("{s:s}", "network", c->args[0]), &j);
	if (status != CLI_OK)
		return status;
	if (c->json)
		cli_json(j);
	else
		printf("%s: lifted\n", c->args[0]);
	json_decref(j);
	return CLI_OK;
}

int cli_ban_why(struct cli *c)
{
	json_t *j, *stands;
	int status = cli_guard_ask(c, "ban.why", json_pack("{s:s}", "network", c->args[0]), &j);
	if (status != CLI_OK)
		return status;
	stands = json_object_get(j, "stands");
	const char *spared = json_string_value(json_object_get(j, "spared"));
	name_accounts(c, stands);
	if (c->json)
		cli_json(j);
	else
		print_bans(stands, "nothing stands against it");
	if (!c->json && spared && *spared)
		printf("it is never banned now: %s\n", spared);
	json_decref(j);
	return CLI_OK;
}

static int read_whole(const char *path, struct buf *out)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	buf_init(out, FILE_MOST);
	return fd >= 0 && fd_read_all(fd, out) == OK ? CLI_OK : cli_refuse("cannot be read: %s", path);
}

int cli_guard_rules(struct cli *c)
{
	json_t *j;
	int status = cli_guard_ask(c, "rules", json_object(), &j);
	if (status != CLI_OK)
		return status;
	if (c->json)
		cli_json(j);
	else
		fputs(json_string_value(json_object_get(j, "rules")), stdout);
	json_decref(j);
	return CLI_OK;
}

static int send_rules(struct cli *c, struct str rules, struct str signature)
{
	struct buf text;
	json_t *j;
	buf_init(&text, FILE_MOST);
	int status = base64_encode(&text, signature) == OK ? CLI_OK : cli_refuse("this signature is too long");
	if (status == CLI_OK)
		status = cli_guard_ask(c, "rules.load", json_pack("{s:s%, s:s%}", "rules", rules.n ? rules.p : "", rules.n, "signature", text.n ? text.p : "", text.n), &j);
	buf_done(&text);
	if (status != CLI_OK)
		return status;
	if (c->json)
		cli_json(j);
	else
		printf("%lld rules are in force\n", (long long)json_integer_value(json_object_get(j, "count")));
	json_decref(j);
	return CLI_OK;
}

int cli_guard_load(struct cli *c)
{
	struct buf rules, signature = { .p = NULL };
	int status = read_whole(c->args[0], &rules);
	if (status == CLI_OK)
		status = read_whole(c->args[1], &signature);
	if (status == CLI_OK)
		status = send_rules(c, buf_str(&rules), buf_str(&signature));
	buf_done(&rules);
	buf_done(&signature);
	return status;
}

int cli_guard_reset(struct cli *c)
{
	json_t *j;
	int status = cli_guard_ask(c, "rules.reset", json_object(), &j);
	if (status != CLI_OK)
		return status;
	if (c->json)
		cli_json(j);
	else
		puts("the rules that ship are in force");
	json_decref(j);
	return CLI_OK;
}

static void print_events(json_t *j)
{
	static const struct cli_column columns[] = { { "TIME", "time" }, { "EVENT", "event" }, { "FROM", "from" }, { "ROLE", "role" }, { "ACCOUNT", "address" } };
	json_t *rows = json_object_get(j, "events"), *row;
	char text[TIME_TEXT];
	size_t i;
	json_array_foreach(rows, i, row) {
		json_object_set_new(row, "time", json_integer(json_integer_value(json_object_get(row, "time_ms")) / 1000));
		json_object_set_new(row, "time", json_string(when(row, "time", text)));
	}
	cli_table(rows, columns, COUNT_OF(columns), "no events yet");
	json_array_foreach(json_object_get(j, "decisions"), i, row)
		printf("%s %s\n", when(row, "time", text), json_string_value(json_object_get(row, "what")));
}

int cli_guard_events(struct cli *c)
{
	uint64_t limit = 0;
	json_t *j;
	if (c->count && str_u64(str_c(c->args[0]), 1024, &limit) != OK)
		return cli_refuse("a number up to 1024 is wanted: %s", c->args[0]);
	int status = cli_guard_ask(c, "events", json_pack("{s:I}", "limit", (json_int_t)limit), &j);
	if (status != CLI_OK)
		return status;
	name_accounts(c, json_object_get(j, "events"));
	if (c->json)
		cli_json(j);
	else
		print_events(j);
	json_decref(j);
	return CLI_OK;
}

static int load_rules(const char *path, struct guard_rules *rules)
{
	struct guard_rules_error e = { 0, "" };
	struct buf text = { .p = NULL };
	int status = path ? read_whole(path, &text) : CLI_OK;
	if (status == CLI_OK && guard_rules_load(path ? buf_str(&text) : guard_rules_default(), rules, &e) != OK)
		status = cli_refuse("%s: line %u: %s", path, e.line, e.what);
	buf_done(&text);
	return status;
}

static int simulate(struct cli *c, const struct guard_rules *rules, struct str events)
{
	struct guard_setup setup = { .counters = SIMULATE_COUNTERS, .memories = SIMULATE_COUNTERS, .admin_s = BY_HAND_S };
	struct buf out;
	unsigned line = 0;
	random_bytes(setup.key, sizeof setup.key);
	struct guard *g = guard_new(&setup, rules);
	buf_init(&out, OUT_MOST);
	int r = guard_simulate(g, events, setup.key, c->json, &out, &line);
	fwrite(out.p ? out.p : "", 1, out.n, stdout);
	int status = r == OK ? CLI_OK : cli_refuse("%s: line %u is no event", c->args[0], line);
	if (status == CLI_OK && !out.n && !c->json)
		puts("nothing would be done");
	buf_done(&out);
	guard_free(g);
	return status;
}

int cli_guard_simulate(struct cli *c)
{
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct buf events = { .p = NULL };
	int status = load_rules(c->count > 1 ? c->args[1] : NULL, rules);
	if (status == CLI_OK)
		status = read_whole(c->args[0], &events);
	if (status == CLI_OK)
		status = simulate(c, rules, buf_str(&events));
	buf_done(&events);
	mem_free(rules);
	return status;
}
