/* The data folder: what lies where, its version, and who may have it open.
 *
 *    DIR/ceralacca.yaml   configuration          DIR/version   format of the folder
 *    DIR/keys/            private keys (keys)    DIR/store/    the database (store)
 *    DIR/auth/            what seals second factors (auth)
 *    DIR/run/             sockets and the lock of the running server */
#ifndef IPC_DATA_FOLDER_H
#define IPC_DATA_FOLDER_H

#include "base/base.h"

enum { DATA_FOLDER_VERSION = 1, DATA_FOLDER_PATH_MAX = 4096 };

/* -d DIR when given, else $CERALACCA_DIR, else /var/lib/ceralacca. */
const char *data_folder_default(const char *given);
must_use int data_folder_path(const char *dir, const char *name, char ret[DATA_FOLDER_PATH_MAX]);
/* Is this a data folder that this program can use? On failure a sentence for the administrator in reterr. */
must_use int data_folder_check(const char *dir, struct buf *reterr);
/* Takes the folder for this process until it ends. E_BUSY: another has it, reterr says which process. */
must_use int data_folder_lock(const char *dir, int *ret, struct buf *reterr);
/* The folder of auth, made when it is missing: older data folders have none. */
must_use int data_folder_of_auth(int dir, int *ret);
/* The folder of a role below the open data folder, given to its user when we are root. E_NOTFOUND, E_DENIED. */
must_use int data_folder_of_role(int dir, const char *role, uint64_t uid, int *ret);

#endif
