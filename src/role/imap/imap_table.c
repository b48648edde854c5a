#include "role/imap/imap_cmd.h"

enum {
	ANY = IMAP_GUEST | IMAP_AUTHENTICATED | IMAP_SELECTED,
	USER = IMAP_AUTHENTICATED | IMAP_SELECTED,
	BY_NUMBER = IMAP_UID_FORM | IMAP_USES_NUMBERS | IMAP_NUMBERS_ONLY,
};

const struct imap_handler imap_handlers[] = {
	/* name                     handler                states         flags                               RFC 9051 */
	{ STR_INIT("FETCH"),        imap_cmd_fetch,        IMAP_SELECTED, BY_NUMBER,                          "6.4.5" },
	{ STR_INIT("NOOP"),         imap_cmd_noop,         ANY,           IMAP_NO_ARGS,                       "6.1.2" },
	{ STR_INIT("STORE"),        imap_cmd_store,        IMAP_SELECTED, BY_NUMBER,                          "6.4.6" },
	{ STR_INIT("SEARCH"),       imap_cmd_search,       IMAP_SELECTED, BY_NUMBER,                          "6.4.4" },
	{ STR_INIT("SORT"),         imap_cmd_sort,         IMAP_SELECTED, BY_NUMBER,                          "RFC 5256" },
	{ STR_INIT("THREAD"),       imap_cmd_thread,       IMAP_SELECTED, BY_NUMBER,                          "RFC 5256" },
	{ STR_INIT("IDLE"),         imap_cmd_idle,         USER,          IMAP_NO_ARGS,                       "6.3.13" },
	{ STR_INIT("SELECT"),       imap_cmd_select,       USER,          IMAP_NO_SYNC,                       "6.3.2" },
	{ STR_INIT("EXAMINE"),      imap_cmd_examine,      USER,          IMAP_NO_SYNC,                       "6.3.3" },
	{ STR_INIT("STATUS"),       imap_cmd_status,       USER,          0,                                  "6.3.11" },
	{ STR_INIT("LIST"),         imap_cmd_list,         USER,          0,                                  "6.3.9" },
	{ STR_INIT("APPEND"),       imap_cmd_append,       USER,          0,                                  "6.3.12" },
	{ STR_INIT("REPLACE"),      imap_cmd_replace,      IMAP_SELECTED, IMAP_UID_FORM | IMAP_NUMBERS_ONLY,  "RFC 8508" },
	{ STR_INIT("COPY"),         imap_cmd_copy,         IMAP_SELECTED, BY_NUMBER,                          "6.4.7" },
	{ STR_INIT("MOVE"),         imap_cmd_move,         IMAP_SELECTED, IMAP_UID_FORM | IMAP_NUMBERS_ONLY,  "6.4.8" },
	{ STR_INIT("EXPUNGE"),      imap_cmd_expunge,      IMAP_SELECTED, IMAP_UID_FORM,                      "6.4.3" },
	{ STR_INIT("CHECK"),        imap_cmd_noop,         IMAP_SELECTED, IMAP_NO_ARGS,                       "RFC 3501 6.4.1" },
	{ STR_INIT("CLOSE"),        imap_cmd_close,        IMAP_SELECTED, IMAP_NO_ARGS,                       "6.4.1" },
	{ STR_INIT("UNSELECT"),     imap_cmd_unselect,     IMAP_SELECTED, IMAP_NO_ARGS,                       "6.4.2" },
	{ STR_INIT("LOGIN"),        imap_cmd_login,        IMAP_GUEST,    IMAP_NEEDS_TLS,                     "6.2.3" },
	{ STR_INIT("AUTHENTICATE"), imap_cmd_authenticate, IMAP_GUEST,    IMAP_NEEDS_TLS,                     "6.2.2" },
	{ STR_INIT("STARTTLS"),     imap_cmd_starttls,     IMAP_GUEST,    IMAP_NO_ARGS,                       "6.2.1" },
	{ STR_INIT("CAPABILITY"),   imap_cmd_capability,   ANY,           IMAP_NO_ARGS,                       "6.1.1" },
	{ STR_INIT("LOGOUT"),       imap_cmd_logout,       ANY,           IMAP_NO_ARGS | IMAP_NO_SYNC,        "6.1.3" },
	{ STR_INIT("ID"),           imap_cmd_id,           ANY,           0,                                  "RFC 2971" },
	{ STR_INIT("ENABLE"),       imap_cmd_enable,       USER,          0,                                  "6.3.1" },
	{ STR_INIT("NAMESPACE"),    imap_cmd_namespace,    USER,          IMAP_NO_ARGS,                       "6.3.10" },
	{ STR_INIT("CREATE"),       imap_cmd_create,       USER,          0,                                  "6.3.4" },
	{ STR_INIT("DELETE"),       imap_cmd_delete,       USER,          0,                                  "6.3.5" },
	{ STR_INIT("RENAME"),       imap_cmd_rename,       USER,          0,                                  "6.3.6" },
	{ STR_INIT("SUBSCRIBE"),    imap_cmd_subscribe,    USER,          0,                                  "6.3.7" },
	{ STR_INIT("UNSUBSCRIBE"),  imap_cmd_unsubscribe,  USER,          0,                                  "6.3.8" },
	{ STR_INIT("LSUB"),         imap_cmd_lsub,         USER,          0,                                  "RFC 3501 6.3.9" },
	{ STR_INIT("GETQUOTA"),     imap_cmd_getquota,     USER,          0,                                  "RFC 9208" },
	{ STR_INIT("GETQUOTAROOT"), imap_cmd_getquotaroot, USER,          0,                                  "RFC 9208" },
	{ STR_INIT("UNAUTHENTICATE"), imap_cmd_unauthenticate, USER,      IMAP_NO_ARGS | IMAP_NO_SYNC,        "RFC 8437" },
};
const size_t imap_handler_count = COUNT_OF(imap_handlers);
