/* Keys for signing mail, as files: KEYS/dkim/DOMAIN/SELECTOR.key. The role keys reads them at its start, the parent writes them on its
 * behalf, and the command line makes the first ones. */
#ifndef IPC_KEY_FOLDER_H
#define IPC_KEY_FOLDER_H

#include "base/base.h"

enum { KEY_DOMAIN_MAX = 253, KEY_SELECTOR_MAX = 63, KEY_FILE_MAX = 16 << 10 };

/* Letters in lower case, digits, '-', '_', and inner dots in the domain: nothing that means something in a path. */
bool key_folder_names(struct str domain, struct str selector);

/* Calls for each file, in no order; bytes are wiped behind the call. err: the file could not be read, bytes is empty. keys: the open folder. */
typedef void key_folder_fn(void *ctx, struct str domain, struct str selector, struct str bytes, int err);
void key_folder_each(int keys, key_folder_fn *each, void *ctx);

/* Replaces the file, all or nothing, on stable storage when it returns. Empty bytes remove it. E_DENIED: names; E_TOOBIG; E_IO; E_FULL. */
must_use int key_folder_put(int keys, struct str domain, struct str selector, struct str bytes);

#endif
