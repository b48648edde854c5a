#include "proto/imap/imap_quirks.h"

static const struct { struct str name, vendor; unsigned quirks; const char *why; } clients[] = {
	{ STR_INIT("Outlook"), STR_INIT(""), IMAP_QUIRK_NO_UIDONLY, "fetches by sequence number after ENABLE UIDONLY, and shows an empty folder" },
	{ STR_INIT(""), STR_INIT("Microsoft"), IMAP_QUIRK_NO_UIDONLY, "the same, under names that change" },
};

unsigned imap_quirks_of(struct str name, struct str vendor)
{
	unsigned quirks = 0;
	for (size_t i = 0; i < COUNT_OF(clients); i++) {
		bool by_name = clients[i].name.n && str_isearch(name, clients[i].name) != STR_NPOS;
		bool by_vendor = clients[i].vendor.n && str_isearch(vendor, clients[i].vendor) != STR_NPOS;
		if (by_name || by_vendor)
			quirks |= clients[i].quirks;
	}
	return quirks;
}
