/* The command line: verbs in a table (cli_verbs.c), each a file. Exit status 0, 1 (refused: one clear line on standard error) or
 * 2 (usage). It speaks to a running server through the sockets in the data folder; when none runs, it starts the store for itself. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/base.h"

int cli_main(int argc, char **argv);

#endif
