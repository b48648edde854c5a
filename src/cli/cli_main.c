#include "cli/cli.h"
#include "cli/cli_internal.h"

#include "io/fiber.h"
#include "io/loop.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS_WIDTH = 24, ARGUMENTS_WIDTH = 18 };

int cli_refuse(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("ceralacca: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return CLI_REFUSED;
}

static void print_usage(FILE *to, const struct cli_verb *v)
{
	fprintf(to, "usage: ceralacca %s%s%s%s%s [-d DIR]\n\n  %s\n\nexample: %s\n", v->words, *v->arguments ? " " : "", v->arguments,
		*v->options ? " " : "", v->options, v->summary, v->example);
}

/* Long arguments take a line of their own, so that the summaries stand below each other. */
static void print_line(FILE *to, const struct cli_verb *v)
{
	fprintf(to, "  %-*s  %-*s", WORDS_WIDTH, v->words, ARGUMENTS_WIDTH, v->arguments);
	if (strlen(v->arguments) > ARGUMENTS_WIDTH)
		fprintf(to, "\n%*s", 4 + WORDS_WIDTH + ARGUMENTS_WIDTH, "");
	fprintf(to, "  %s\n", v->summary);
}

static void print_all(FILE *to)
{
	fprintf(to, "usage: ceralacca VERB [ARGUMENTS] [-d DIR] [--json]\n\n");
	for (size_t i = 0; i < cli_verb_count; i++)
		print_line(to, &cli_verbs[i]);
	fprintf(to, "\n-d DIR is the data folder; default: $CERALACCA_DIR, then /var/lib/ceralacca. `ceralacca VERB --help` tells more.\n");
}

/* How many of the words name the verb: 0 when they do not. */
static int match(const struct cli_verb *v, char **words, int n)
{
	struct str rest = str_c(v->words);
	int i = 0;
	while (rest.n) {
		struct str w = str_until(&rest, ' ');
		if (i >= n || !str_eq(w, str_c(words[i])))
			return 0;
		i++;
	}
	return i;
}

static const struct cli_verb *find(char **words, int n, int *used)
{
	for (size_t i = 0; i < cli_verb_count; i++)
		if ((*used = match(&cli_verbs[i], words, n)))
			return &cli_verbs[i];
	return NULL;
}

int cli_help(struct cli *c)
{
	int used;
	const struct cli_verb *v = c->count ? find(c->args, c->count, &used) : NULL;
	if (c->count && !v)
		return cli_refuse("no such verb; `ceralacca help` lists them");
	if (v)
		print_usage(stdout, v);
	else
		print_all(stdout);
	return CLI_OK;
}

int cli_version(struct cli *c)
{
	(void)c;
	puts("ceralacca 0.1.0");
	return CLI_OK;
}

/* Each option but -d, -h and --admin: its value goes to a member of struct cli. */
enum kind { FLAG, TEXT, NUMBER };
static const struct option_row { const char *name; enum kind kind; size_t at, given_at; uint64_t most; } rows[] = {
#define OPTION_FLAG(name, member) { name, FLAG, offsetof(struct cli, member), 0, 0 }
#define OPTION_TEXT(name, member) { name, TEXT, offsetof(struct cli, member), 0, 0 }
#define OPTION_NUMBER(name, member, most) { name, NUMBER, offsetof(struct cli, member), offsetof(struct cli, member##_given), most }
	OPTION_FLAG("json", json),
	OPTION_FLAG("jsonl", jsonl),
	OPTION_FLAG("password-stdin", password_stdin),
	OPTION_FLAG("generate", generate),
	OPTION_FLAG("must-change", must_change),
	OPTION_TEXT("password-hash", password_hash),
	OPTION_FLAG("nsupdate", nsupdate),
	OPTION_TEXT("hostname", hostname),
	OPTION_TEXT("domain", domain),
	OPTION_TEXT("listen", listen),
	OPTION_NUMBER("port-base", port_base, 60000),
	OPTION_NUMBER("wait", wait, 86400),
	OPTION_TEXT("ip", ip),
	OPTION_TEXT("helo", helo),
	OPTION_TEXT("from", mail_from),
	OPTION_TEXT("rcpt", rcpt),
	OPTION_TEXT("zone", zone),
	OPTION_TEXT("file", file),
	OPTION_NUMBER("now", now, INT64_MAX),
	OPTION_TEXT("name", name),
	OPTION_TEXT("scope", scope),
	OPTION_TEXT("network", network),
	OPTION_NUMBER("days", days, 3650),
	OPTION_TEXT("people", people),
	OPTION_TEXT("administrators", administrators),
	OPTION_NUMBER("grace", grace, 3650),
};

enum { OPTION_FIRST = 256, OPTION_ADMIN = OPTION_FIRST + (int)COUNT_OF(rows), OPTION_SLOTS = (int)COUNT_OF(rows) + 4 };

static void list_options(struct option out[OPTION_SLOTS])
{
	size_t n = 0;
	for (; n < COUNT_OF(rows); n++)
		out[n] = (struct option){ rows[n].name, rows[n].kind == FLAG ? no_argument : required_argument, NULL, OPTION_FIRST + (int)n };
	out[n++] = (struct option){ "dir", required_argument, NULL, 'd' };
	out[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	out[n++] = (struct option){ "admin", optional_argument, NULL, OPTION_ADMIN };
	out[n] = (struct option){ NULL, 0, NULL, 0 };
}

/* `--admin ADDRESS` (init) and `--admin` alone (user add) are both written without '='. */
static void take_admin(struct cli *c, const char *joined, int argc, char **argv)
{
	c->admin = true;
	c->admin_address = joined;
	if (!joined && optind < argc && strchr(argv[optind], '@') && c->hostname)
		c->admin_address = argv[optind++];
}

static bool take(struct cli *c, const struct option_row *row, const char *value)
{
	char *member = (char *)c + row->at;
	bool given = true;
	uint64_t number;
	if (row->kind == FLAG) {
		memcpy(member, &given, sizeof given);
	} else if (row->kind == TEXT) {
		memcpy(member, &value, sizeof value);
	} else if (str_u64(str_c(value), row->most, &number) == OK) {
		memcpy(member, &number, sizeof number);
		memcpy((char *)c + row->given_at, &given, sizeof given);
	} else {
		fprintf(stderr, "ceralacca: --%s takes a whole number from 0 to %llu\n", row->name, (unsigned long long)row->most);
		return false;
	}
	return true;
}

static bool read_options(struct cli *c, int argc, char **argv, bool *help)
{
	struct option options[OPTION_SLOTS];
	int o;
	list_options(options);
	while ((o = getopt_long(argc, argv, "d:h", options, NULL)) != -1) {
		if (o == 'd')
			c->dir = optarg;
		else if (o == 'h')
			*help = true;
		else if (o == OPTION_ADMIN)
			take_admin(c, optarg, argc, argv);
		else if (o < OPTION_FIRST || !take(c, &rows[o - OPTION_FIRST], optarg))
			return false;
	}
	c->args = argv + optind;
	c->count = argc - optind;
	return true;
}

struct run { struct cli *cli; const struct cli_verb *verb; int status; };

/* Verbs run in a fiber, since calls to the server wait. */
static void run_verb(void *arg)
{
	struct run *r = arg;
	r->status = r->verb->run(r->cli);
	cli_close();
	loop_stop();
}

int cli_main(int argc, char **argv)
{
	struct cli c = { 0 };
	bool help = false;
	int used;
	if (argc < 2) {
		print_all(stderr);
		return CLI_USAGE;
	}
	static char program[] = "ceralacca";    /* as getopt names us */
	argv[0] = program;
	if (!read_options(&c, argc, argv, &help)) {
		const struct cli_verb *meant = find(argv + 1, argc - 1, &used);
		fprintf(stderr, "`ceralacca %s%s--help` tells more\n", meant ? meant->words : "", meant ? " " : "");
		return CLI_USAGE;
	}
	const struct cli_verb *v = find(c.args, c.count, &used);
	if (help) {
		if (v)
			print_usage(stdout, v);
		else
			print_all(stdout);
		return CLI_OK;
	}
	if (!v) {
		fprintf(stderr, "ceralacca: no such verb%s%s; `ceralacca help` lists them\n", c.count ? ": " : "", c.count ? c.args[0] : "");
		return CLI_USAGE;
	}
	c.args += used;
	c.count -= used;
	if (c.count < v->least || c.count > v->most || !v->run) {
		print_usage(stderr, v);
		return CLI_USAGE;
	}
	struct run r = { .cli = &c, .verb = v };
	loop_init();
	channel_setup(ROLE_CLI, NULL, 0, NULL);
	c.dir = data_folder_default(c.dir);
	fiber_start(run_verb, &r);
	loop_run();
	return r.status;
}
