#include "cli/cli.h"
#include "cli/cli_internal.h"

#include "io/fiber.h"
#include "io/loop.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

static void print_all(FILE *to)
{
	fprintf(to, "usage: ceralacca VERB [ARGUMENTS] [-d DIR] [--json]\n\n");
	for (size_t i = 0; i < cli_verb_count; i++)
		fprintf(to, "  %-16s %-18s %s\n", cli_verbs[i].words, cli_verbs[i].arguments, cli_verbs[i].summary);
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

enum { OPTION_HOSTNAME = 256, OPTION_DOMAIN, OPTION_LISTEN, OPTION_PORT_BASE, OPTION_ADMIN, OPTION_PASSWORD_STDIN, OPTION_JSON, OPTION_WAIT,
	OPTION_JSONL, OPTION_IP, OPTION_HELO, OPTION_FROM, OPTION_RCPT, OPTION_ZONE, OPTION_NOW, OPTION_NSUPDATE };
static const struct option options[] = {
	{ "dir", required_argument, NULL, 'd' }, { "help", no_argument, NULL, 'h' }, { "json", no_argument, NULL, OPTION_JSON },
	{ "hostname", required_argument, NULL, OPTION_HOSTNAME }, { "domain", required_argument, NULL, OPTION_DOMAIN },
	{ "listen", required_argument, NULL, OPTION_LISTEN }, { "port-base", required_argument, NULL, OPTION_PORT_BASE },
	{ "admin", optional_argument, NULL, OPTION_ADMIN }, { "password-stdin", no_argument, NULL, OPTION_PASSWORD_STDIN },
	{ "wait", required_argument, NULL, OPTION_WAIT }, { "jsonl", no_argument, NULL, OPTION_JSONL }, { "ip", required_argument, NULL, OPTION_IP },
	{ "helo", required_argument, NULL, OPTION_HELO }, { "from", required_argument, NULL, OPTION_FROM }, { "rcpt", required_argument, NULL, OPTION_RCPT },
	{ "nsupdate", no_argument, NULL, OPTION_NSUPDATE }, { "zone", required_argument, NULL, OPTION_ZONE }, { "now", required_argument, NULL, OPTION_NOW }, { NULL, 0, NULL, 0 },
};

static bool number(const char *text, uint64_t max, uint64_t *ret, const char *option)
{
	if (str_u64(str_c(text), max, ret) == OK)
		return true;
	fprintf(stderr, "ceralacca: %s takes a whole number from 0 to %llu\n", option, (unsigned long long)max);
	return false;
}

/* `--admin ADDRESS` (init) and `--admin` alone (user add) are both written without '='. */
static void take_admin(struct cli *c, const char *joined, int argc, char **argv)
{
	c->admin = true;
	c->admin_address = joined;
	if (!joined && optind < argc && strchr(argv[optind], '@') && c->hostname)
		c->admin_address = argv[optind++];
}

static bool read_options(struct cli *c, int argc, char **argv, bool *help)
{
	int o;
	while ((o = getopt_long(argc, argv, "d:h", options, NULL)) != -1) {
		switch (o) {
		case 'd': c->dir = optarg; break;
		case 'h': *help = true; break;
		case OPTION_JSON: c->json = true; break;
		case OPTION_NSUPDATE: c->nsupdate = true; break;
		case OPTION_HOSTNAME: c->hostname = optarg; break;
		case OPTION_DOMAIN: c->domain = optarg; break;
		case OPTION_LISTEN: c->listen = optarg; break;
		case OPTION_ADMIN: take_admin(c, optarg, argc, argv); break;
		case OPTION_PASSWORD_STDIN: c->password_stdin = true; break;
		case OPTION_JSONL: c->jsonl = true; break;
		case OPTION_IP: c->ip = optarg; break;
		case OPTION_HELO: c->helo = optarg; break;
		case OPTION_FROM: c->mail_from = optarg; break;
		case OPTION_RCPT: c->rcpt = optarg; break;
		case OPTION_ZONE: c->zone = optarg; break;
		case OPTION_NOW:
			if (!number(optarg, INT64_MAX, &c->now, "--now"))
				return false;
			c->now_given = true;
			break;
		case OPTION_PORT_BASE:
			if (!number(optarg, 60000, &c->port_base, "--port-base"))
				return false;
			break;
		case OPTION_WAIT:
			if (!number(optarg, 86400, &c->wait, "--wait"))
				return false;
			c->wait_given = true;
			break;
		default: return false;
		}
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
