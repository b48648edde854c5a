#include "cli/cli_internal.h"

#include "proto/addr/addr_domain.h"
#include "proto/addr/addr_normal.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { ARENA = 64 << 10 };

int cli_address(const char *given, char *ret, size_t cap)
{
	struct arena a;
	struct str all = str_c(given), normal;
	size_t at = str_rfind(all, '@');
	arena_init(&a, ARENA, NULL, NULL);
	int r = at == STR_NPOS || at == 0 || at > 64 || all.n > 320 ? E_SYNTAX : addr_normalize(&a, str_first(all, at), str_skip(all, at + 1), &normal);
	if (r == OK && !addr_domain_valid(str_skip(normal, str_rfind(normal, '@') + 1), false))
		r = E_SYNTAX;
	if (r == OK)
		r = str_to_c(normal, ret, cap);
	arena_done(&a);
	return r == OK ? CLI_OK : cli_refuse("not a mail address: %s", given);
}

int cli_domain_name(const char *given, char *ret, size_t cap)
{
	struct arena a;
	struct str normal;
	arena_init(&a, ARENA, NULL, NULL);
	int r = strlen(given) > 255 ? E_TOOBIG : addr_domain_normalize(&a, str_c(given), &normal);
	if (r == OK && !addr_domain_valid(normal, false))
		r = E_SYNTAX;
	if (r == OK)
		r = str_to_c(normal, ret, cap);
	arena_done(&a);
	return r == OK ? CLI_OK : cli_refuse("not a domain name: %s", given);
}

/* One line, without its end. */
static int read_line(char *ret, size_t cap)
{
	size_t n = 0;
	char c;
	while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
		if (n + 1 >= cap)
			return E_TOOBIG;
		ret[n++] = c;
	}
	if (n && ret[n - 1] == '\r')
		n--;
	ret[n] = '\0';
	return n ? OK : E_SYNTAX;
}

static int ask(const char *prompt, char *ret, size_t cap)
{
	struct termios old, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &old) == 0;
	fputs(prompt, stderr);
	if (terminal) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	int r = read_line(ret, cap);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	return r;
}

int cli_present_password(struct cli *c, char *ret, size_t cap)
{
	bool given = c->password_stdin || !isatty(STDIN_FILENO);
	return (given ? read_line(ret, cap) : ask("present password: ", ret, cap)) == OK ? CLI_OK : cli_refuse("no password given");
}

int cli_password(struct cli *c, char *ret, size_t cap)
{
	char again[1024];
	if (c->password_stdin || !isatty(STDIN_FILENO))
		return read_line(ret, cap) == OK ? CLI_OK : cli_refuse("no password on standard input");
	if (ask("password: ", ret, cap) != OK)
		return cli_refuse("no password given");
	int r = ask("once more: ", again, sizeof again);
	bool same = r == OK && secret_eq(str_c(ret), str_c(again));
	secret_wipe(again, sizeof again);
	return same ? CLI_OK : cli_refuse("the two are not the same");
}
