/* Completion scripts, made from the table of verbs. */
#include "cli/cli_internal.h"

#include <stdio.h>

static const char global_options[] = "-d --json --help";

/* The distinct first words, or the second words that follow one. */
static void words(const char *first)
{
	const char *last = "";
	for (size_t i = 0; i < cli_verb_count; i++) {
		struct str rest = str_c(cli_verbs[i].words), one = str_until(&rest, ' ');
		if (!first && !(str_eq(one, str_first(str_c(last), one.n)) && (last[one.n] == ' ' || !last[one.n])))
			printf("%.*s ", (int)one.n, one.p);
		else if (first && rest.n && str_eq(one, str_c(first)))
			printf("%.*s ", (int)rest.n, rest.p);
		last = cli_verbs[i].words;
	}
}

static void each_group(const char *before, const char *after)
{
	char group[32], last[32] = "";
	for (size_t i = 0; i < cli_verb_count; i++) {
		struct str rest = str_c(cli_verbs[i].words), one = str_until(&rest, ' ');
		if (!rest.n || str_to_c(one, group, sizeof group) != OK || strcmp(group, last) == 0)
			continue;
		printf("%s%s%s", before, group, after);
		words(group);
		puts("\" ;;");
		memcpy(last, group, sizeof last);
	}
}

static void bash(void)
{
	puts("# completion for bash: source this file\n_ceralacca() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words\n\tcase $COMP_CWORD in");
	printf("\t1) words=\"");
	words(NULL);
	puts("\" ;;\n\t2) case ${COMP_WORDS[1]} in");
	each_group("\t\t", ") words=\"");
	printf("\t\t*) words=\"%s\" ;;\n\t\tesac ;;\n\t*) words=\"%s\" ;;\n\tesac\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _ceralacca ceralacca\n",
	       global_options, global_options);
}

static void zsh(void)
{
	puts("#compdef ceralacca\nautoload -U +X bashcompinit && bashcompinit");
	bash();
}

static void fish(void)
{
	for (size_t i = 0; i < cli_verb_count; i++) {
		struct str rest = str_c(cli_verbs[i].words), one = str_until(&rest, ' ');
		if (rest.n)
			printf("complete -c ceralacca -f -n '__fish_seen_subcommand_from %.*s' -a '%.*s' -d '%s'\n", (int)one.n, one.p, (int)rest.n, rest.p, cli_verbs[i].summary);
		printf("complete -c ceralacca -f -n __fish_use_subcommand -a '%.*s'\n", (int)one.n, one.p);
	}
}

int cli_completion(struct cli *c)
{
	static const struct { const char *shell; void (*print)(void); } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	for (size_t i = 0; i < COUNT_OF(shells); i++)
		if (strcmp(c->args[0], shells[i].shell) == 0) {
			shells[i].print();
			return CLI_OK;
		}
	return cli_refuse("no completion for %s; there is one for bash, zsh and fish", c->args[0]);
}
