/* domain bimi: the logo of a domain of ours, and whether a file is one that may be shown. */
#include "cli/cli_bimi.h"

#include "os/fd.h"
#include "proto/policy/bimi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { DOMAIN_MAX = 256, MEMORY = 4 << 20, FILE_MOST = 1 << 20 };

/* ---- the record ---- */

static int ask(struct cli *c, const char *op, const char *domain, const char *location, const char *authority, json_t **ret)
{
	json_t *arguments = json_pack("{s:s, s:s*, s:s*}", "domain", domain, "location", location, "authority", authority);
	if (arguments)
		return cli_auth(c, &(struct cli_auth){ op, arguments, NULL, -1 }, ret);
	*ret = NULL;
	return cli_refuse("an argument is not UTF-8");
}

int cli_bimi_record(struct cli *c, const char *domain, struct arena *a, struct str *ret)
{
	json_t *j;
	int status = ask(c, "bimi.show", domain, NULL, NULL, &j);
	*ret = arena_dup(a, str_c(json_string_value(json_object_get(j, "record"))));
	json_decref(j);
	return status;
}

/* A slip in the name would otherwise be kept and never printed. */
static int is_ours(struct cli *c, const char *domain)
{
	json_t *all, *one;
	size_t i;
	int status = cli_admin(c, "domain.list", (const char *const[]){ NULL }, &all);
	bool found = false;
	json_array_foreach(all, i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));
		found = found || (name && strcmp(name, domain) == 0);
	}
	json_decref(all);
	return status != CLI_OK || found ? status : cli_refuse("%s is not a domain of ours; `ceralacca domain list` shows them", domain);
}

/* What the arguments ask for: to show, to set, or to remove ("none"). */
static int act(struct cli *c, const char *domain, json_t **ret)
{
	*ret = NULL;
	int status = is_ours(c, domain);
	if (status != CLI_OK)
		return status;
	if (c->count == 1)
		return ask(c, "bimi.show", domain, NULL, NULL, ret);
	if (strcmp(c->args[1], "none") == 0)
		return ask(c, "bimi.remove", domain, NULL, NULL, ret);
	return ask(c, "bimi.set", domain, c->args[1], c->count > 2 ? c->args[2] : NULL, ret);
}

/* ---- the file ---- */

static int check_file(const char *path, json_t *ret_faults)
{
	struct arena a;
	struct buf svg;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	buf_init(&svg, FILE_MOST);
	arena_init(&a, MEMORY, NULL, NULL);
	int r = fd >= 0 ? fd_read_all(fd, &svg) : E_IO;
	unsigned faults = r == OK ? bimi_svg_faults(&a, buf_str(&svg)) : 1U << BIMI_SVG_TOO_BIG;
	for (unsigned i = 0; i < BIMI_SVG_RESULTS; i++)
		if (faults & 1U << i)
			json_array_append_new(ret_faults, json_string(bimi_svg_reason((enum bimi_svg)i)));
	arena_done(&a);
	buf_done(&svg);
	return r != E_IO ? CLI_OK : cli_refuse("%s: %s", path, strerror(errno));
}

static void print_faults(const char *path, const json_t *faults)
{
	json_t *one;
	size_t i;
	json_array_foreach(faults, i, one)
		printf("%s: %s\n", path, json_string_value(one));
	if (!json_array_size(faults))
		printf("%s: %s\n", path, bimi_svg_reason(BIMI_SVG_OK));
}

/* ---- both ---- */

static void print(struct cli *c, const char *domain, const json_t *answer, json_t *faults)
{
	const char *record = json_string_value(json_object_get(answer, "record"));
	if (c->json) {
		json_t *all = json_pack("{s:s, s:s*, s:O*}", "domain", domain, "record", record, "faults", c->file ? faults : NULL);
		cli_json(all);
		json_decref(all);
		return;
	}
	if (c->file)
		print_faults(c->file, faults);
	if (record && *record)
		printf("default._bimi.%s. IN TXT \"%s\"\n", domain, record);
	else if (record)
		printf("%s has no logo\n", domain);
}

/* A logo that may not be shown is not taken. */
int cli_domain_bimi(struct cli *c)
{
	char domain[DOMAIN_MAX];
	json_t *faults = json_array(), *answer = NULL;
	int status = cli_domain_name(c->args[0], domain, sizeof domain);
	if (status == CLI_OK && c->file)
		status = check_file(c->file, faults);
	bool faulty = json_array_size(faults) > 0;
	if (status == CLI_OK && !(faulty && c->count > 1))
		status = act(c, domain, &answer);
	if (status == CLI_OK)
		print(c, domain, answer, faults);
	if (status == CLI_OK && faulty)
		status = cli_refuse(c->count > 1 ? "nothing is changed: the file is no SVG Tiny PS" : "the file is no SVG Tiny PS");
	json_decref(answer);
	json_decref(faults);
	return status;
}
