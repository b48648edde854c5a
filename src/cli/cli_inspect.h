/* `ceralacca inspect`: the parts of the verb. */
#ifndef CLI_CLI_INSPECT_H
#define CLI_CLI_INSPECT_H

#include "cli/cli_internal.h"

#include "proto/dns_env/dns_env_zone.h"
#include "proto/mime/mime_parse.h"
#include "proto/verdict/verdict.h"

/* One message, looked at. */
struct inspected {
	const char *name;
	struct str message;
	struct verdict verdict;
	struct mime_tree tree;          /* not in --jsonl */
};

/* YAML: name, then type, then one value or a list of them ("example.org: {TXT: [..], MX: ['10 mx.example.org']}"); the word TIMEOUT or
 * SERVFAIL in the place of the types, or as one of them: questions about the name fail. Says by itself what is wrong; CLI_REFUSED. */
must_use int inspect_zone_read(const char *path, struct dns_zone *zone);
/* The system's DNS by libunbound, in this process. Before the walls: reads what it needs of files. */
must_use int inspect_dns_start(void);
extern const struct dns_source inspect_dns_source;

/* All of it; brief: without header and structure, for one line. */
json_t *inspect_json(const struct inspected *m, struct arena *a, bool brief);
/* For people, `width` columns; colour: with the terminal's. */
void inspect_print(const struct inspected *m, struct arena *a, size_t width, bool colour);

#endif
