/* Picks what this process is: a role (started by the parent), the parent (serve), or the command line. Nothing else. */
#include "cli/cli.h"
#include "ipc/role_run.h"

#include <stdio.h>

int parent_serve(int argc, char **argv);

extern const struct role_spec keys_role, auth_role, store_role, smtp_role, imap_role, http_role, scan_role, relay_role, resolver_role, firewall_role,
	guard_role, fetch_role;

static const struct role_spec *const roles[] = {
	&keys_role, &auth_role, &store_role, &smtp_role, &imap_role, &http_role, &scan_role, &relay_role, &resolver_role, &firewall_role,
	&guard_role, &fetch_role,
};

static noreturn_fn void run_role(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (str_eq(str_c(role_name(roles[i]->role)), name))
			role_run(roles[i]);
	fprintf(stderr, "no such role\n");
	_Exit(2);
}

int main(int argc, char **argv)
{
	struct str first = str_c(argc > 1 ? argv[1] : "");
	if (str_take(&first, STR("--role=")))
		run_role(first);
	if (str_eq(first, STR("serve")))
		return parent_serve(argc - 1, argv + 1);
	return cli_main(argc, argv);
}
