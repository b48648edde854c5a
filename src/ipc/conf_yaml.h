/* Reads DIR/ceralacca.yaml (schema: conf.def). Errors come as "file:line: what is wrong". */
#ifndef IPC_CONF_YAML_H
#define IPC_CONF_YAML_H

#include "ipc/conf.h"

/* ret: the defaults with what the file says; conf_done it. On failure a sentence in reterr. */
must_use int conf_yaml_load(const char *path, struct conf *ret, struct buf *reterr);

#endif
