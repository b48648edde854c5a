#include "proto/imap/imap_quirks.h"
#include "role/imap/imap.h"

/* states, and for guests whether passwords may be sent now */
enum { WITH_STARTTLS = 16, WITH_PASSWORDS = 32, WITHOUT_PASSWORDS = 64, WITH_SCRAM = 128, WITH_BINDING = 256 };

static const struct { const char *name; unsigned when; const char *rfc; unsigned hidden; } capabilities[] = {
	{ "IMAP4rev1", IMAP_GUEST | IMAP_AUTHENTICATED, "3501", 0 },
	{ "IMAP4rev2", IMAP_GUEST | IMAP_AUTHENTICATED, "9051", 0 },
	{ "LITERAL+", IMAP_GUEST | IMAP_AUTHENTICATED, "7888", 0 },
	{ "SASL-IR", IMAP_GUEST | IMAP_AUTHENTICATED, "4959", 0 },
	{ "ID", IMAP_GUEST | IMAP_AUTHENTICATED, "2971", 0 },
	{ "ENABLE", IMAP_GUEST | IMAP_AUTHENTICATED, "5161", 0 },
	{ "STARTTLS", WITH_STARTTLS, "9051 6.2.1", 0 },
	{ "LOGINDISABLED", WITHOUT_PASSWORDS, "9051 6.2.3", 0 },
	{ "AUTH=SCRAM-SHA-256-PLUS", WITH_BINDING, "7677", 0 },
	{ "AUTH=SCRAM-SHA-256", WITH_SCRAM, "7677", 0 },
	{ "AUTH=PLAIN", WITH_PASSWORDS, "4616", 0 },
	{ "AUTH=LOGIN", WITH_PASSWORDS, "", 0 },
	{ "AUTH=OAUTHBEARER", WITH_PASSWORDS, "7628", 0 },
	{ "AUTH=XOAUTH2", WITH_PASSWORDS, "", 0 },
	{ "IDLE", IMAP_AUTHENTICATED, "2177", 0 },
	{ "BINARY", IMAP_AUTHENTICATED, "3516", 0 },
	{ "NAMESPACE", IMAP_AUTHENTICATED, "2342", 0 },
	{ "UIDPLUS", IMAP_AUTHENTICATED, "4315", 0 },
	{ "MOVE", IMAP_AUTHENTICATED, "6851", 0 },
	{ "SPECIAL-USE", IMAP_AUTHENTICATED, "6154", 0 },
	{ "UNSELECT", IMAP_AUTHENTICATED, "3691", 0 },
	{ "CHILDREN", IMAP_AUTHENTICATED, "3348", 0 },
	{ "LIST-EXTENDED", IMAP_AUTHENTICATED, "5258", 0 },
	{ "LIST-STATUS", IMAP_AUTHENTICATED, "5819", 0 },
	{ "ESEARCH", IMAP_AUTHENTICATED, "4731", 0 },
	{ "SEARCHRES", IMAP_AUTHENTICATED, "5182", 0 },
	{ "STATUS=SIZE", IMAP_AUTHENTICATED, "8438", 0 },
	{ "CONDSTORE", IMAP_AUTHENTICATED, "7162", 0 },
	{ "SORT", IMAP_AUTHENTICATED, "5256", 0 },
	{ "SORT=DISPLAY", IMAP_AUTHENTICATED, "5957", 0 },
	{ "THREAD=ORDEREDSUBJECT", IMAP_AUTHENTICATED, "5256", 0 },
	{ "THREAD=REFERENCES", IMAP_AUTHENTICATED, "5256", 0 },
	{ "THREAD=REFS", IMAP_AUTHENTICATED, "draft-ietf-morg-inthread", 0 },
	{ "ESORT", IMAP_AUTHENTICATED, "5267", 0 },
	{ "PARTIAL", IMAP_AUTHENTICATED, "9394", 0 },
	{ "WITHIN", IMAP_AUTHENTICATED, "5032", 0 },
	{ "SAVEDATE", IMAP_AUTHENTICATED, "8514", 0 },
	{ "OBJECTID", IMAP_AUTHENTICATED, "8474", 0 },
	{ "PREVIEW", IMAP_AUTHENTICATED, "8970", 0 },
	{ "QUOTA", IMAP_AUTHENTICATED, "9208", 0 },
	{ "QUOTA=RES-STORAGE", IMAP_AUTHENTICATED, "9208", 0 },
	{ "CREATE-SPECIAL-USE", IMAP_AUTHENTICATED, "6154", 0 },
	{ "UTF8=ACCEPT", IMAP_AUTHENTICATED, "9755", 0 },
	{ "QRESYNC", IMAP_AUTHENTICATED, "7162", 0 },
	{ "UIDONLY", IMAP_AUTHENTICATED, "9586", IMAP_QUIRK_NO_UIDONLY },
	{ "MULTIAPPEND", IMAP_AUTHENTICATED, "3502", 0 },
	{ "CATENATE", IMAP_AUTHENTICATED, "4469", 0 },
	{ "REPLACE", IMAP_AUTHENTICATED, "8508", 0 },
	{ "METADATA", IMAP_AUTHENTICATED, "5464", 0 },
	{ "CONTEXT=SEARCH", IMAP_AUTHENTICATED, "5267", 0 },
	{ "CONTEXT=SORT", IMAP_AUTHENTICATED, "5267", 0 },
	{ "NOTIFY", IMAP_AUTHENTICATED, "5465", 0 },
	{ "UIDBATCHES", IMAP_AUTHENTICATED, "draft-ietf-mailmaint-imap-uidbatches", 0 },
	{ "INPROGRESS", IMAP_AUTHENTICATED, "9585", 0 },
	{ "LANGUAGE", IMAP_AUTHENTICATED, "5255", 0 },
	{ "UNAUTHENTICATE", IMAP_AUTHENTICATED, "8437", 0 },
};

static unsigned now(const struct imap_session *s)
{
	if (s->state != IMAP_GUEST)
		return IMAP_AUTHENTICATED;
	unsigned when = IMAP_GUEST;
	if (!s->tls && s->tls_offered)
		when |= WITH_STARTTLS;
	if (s->tls && s->conf->scram)
		when |= s->has_exporter ? WITH_SCRAM | WITH_BINDING : WITH_SCRAM;
	return when | (s->tls ? WITH_PASSWORDS : WITHOUT_PASSWORDS);
}

void imap_write_capabilities(const struct imap_session *s, struct bufw *w)
{
	bufw_c(w, "CAPABILITY");
	for (size_t i = 0; i < COUNT_OF(capabilities); i++) {
		if (!(capabilities[i].when & now(s)) || (capabilities[i].hidden & s->quirks))
			continue;
		bufw_char(w, ' ');
		bufw_c(w, capabilities[i].name);
	}
	if (s->state != IMAP_GUEST)
		bufw_printf(w, " APPENDLIMIT=%llu", (unsigned long long)s->conf->message_size);      /* RFC 7889 */
}
