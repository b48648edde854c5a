#include "base/err.h"

#include <stddef.h>

static const char *const names[ERR_COUNT] = {
	"ok", "again", "syntax", "too big", "protocol", "denied", "i/o", "not found", "exists", "full",
	"timeout", "closed", "busy", "cancelled", "corrupt", "unsupported", "stale", "over quota",
};

const char *err_name(int err)
{
	return err <= 0 && err > -ERR_COUNT ? names[-err] : "unknown";
}
