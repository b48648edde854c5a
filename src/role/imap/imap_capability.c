#include "role/imap/imap.h"

/* states, and for guests whether passwords may be sent now */
enum { WITH_STARTTLS = 16, WITH_PASSWORDS = 32, WITHOUT_PASSWORDS = 64 };

static const struct { const char *name; unsigned when; const char *rfc; } capabilities[] = {
	{ "IMAP4rev1", IMAP_GUEST | IMAP_AUTHENTICATED, "3501" },
	{ "IMAP4rev2", IMAP_GUEST | IMAP_AUTHENTICATED, "9051" },
	{ "LITERAL+", IMAP_GUEST | IMAP_AUTHENTICATED, "7888" },
	{ "SASL-IR", IMAP_GUEST | IMAP_AUTHENTICATED, "4959" },
	{ "ID", IMAP_GUEST | IMAP_AUTHENTICATED, "2971" },
	{ "ENABLE", IMAP_GUEST | IMAP_AUTHENTICATED, "5161" },
	{ "STARTTLS", WITH_STARTTLS, "9051 6.2.1" },
	{ "LOGINDISABLED", WITHOUT_PASSWORDS, "9051 6.2.3" },
	{ "AUTH=PLAIN", WITH_PASSWORDS, "4616" },
	{ "AUTH=LOGIN", WITH_PASSWORDS, "" },
	{ "IDLE", IMAP_AUTHENTICATED, "2177" },
	{ "BINARY", IMAP_AUTHENTICATED, "3516" },
	{ "NAMESPACE", IMAP_AUTHENTICATED, "2342" },
	{ "UIDPLUS", IMAP_AUTHENTICATED, "4315" },
	{ "MOVE", IMAP_AUTHENTICATED, "6851" },
	{ "SPECIAL-USE", IMAP_AUTHENTICATED, "6154" },
	{ "UNSELECT", IMAP_AUTHENTICATED, "3691" },
	{ "CHILDREN", IMAP_AUTHENTICATED, "3348" },
	{ "LIST-EXTENDED", IMAP_AUTHENTICATED, "5258" },
	{ "LIST-STATUS", IMAP_AUTHENTICATED, "5819" },
	{ "ESEARCH", IMAP_AUTHENTICATED, "4731" },
	{ "SEARCHRES", IMAP_AUTHENTICATED, "5182" },
	{ "STATUS=SIZE", IMAP_AUTHENTICATED, "8438" },
	{ "CONDSTORE", IMAP_AUTHENTICATED, "7162" },
	{ "SORT", IMAP_AUTHENTICATED, "5256" },
	{ "SORT=DISPLAY", IMAP_AUTHENTICATED, "5957" },
	{ "THREAD=ORDEREDSUBJECT", IMAP_AUTHENTICATED, "5256" },
	{ "THREAD=REFERENCES", IMAP_AUTHENTICATED, "5256" },
	{ "THREAD=REFS", IMAP_AUTHENTICATED, "draft-ietf-morg-inthread" },
	{ "ESORT", IMAP_AUTHENTICATED, "5267" },
	{ "PARTIAL", IMAP_AUTHENTICATED, "9394" },
	{ "WITHIN", IMAP_AUTHENTICATED, "5032" },
	{ "SAVEDATE", IMAP_AUTHENTICATED, "8514" },
	{ "OBJECTID", IMAP_AUTHENTICATED, "8474" },
	{ "PREVIEW", IMAP_AUTHENTICATED, "8970" },
	{ "QUOTA", IMAP_AUTHENTICATED, "9208" },
	{ "QUOTA=RES-STORAGE", IMAP_AUTHENTICATED, "9208" },
	{ "CREATE-SPECIAL-USE", IMAP_AUTHENTICATED, "6154" },
	{ "UTF8=ACCEPT", IMAP_AUTHENTICATED, "9755" },
	{ "QRESYNC", IMAP_AUTHENTICATED, "7162" },
	{ "UIDONLY", IMAP_AUTHENTICATED, "9586" },
	{ "MULTIAPPEND", IMAP_AUTHENTICATED, "3502" },
	{ "CATENATE", IMAP_AUTHENTICATED, "4469" },
	{ "REPLACE", IMAP_AUTHENTICATED, "8508" },
	{ "METADATA", IMAP_AUTHENTICATED, "5464" },
	{ "UNAUTHENTICATE", IMAP_AUTHENTICATED, "8437" },
};

static unsigned now(const struct imap_session *s)
{
	if (s->state != IMAP_GUEST)
		return IMAP_AUTHENTICATED;
	unsigned when = IMAP_GUEST;
	if (!s->tls && s->tls_offered)
		when |= WITH_STARTTLS;
	return when | (s->tls ? WITH_PASSWORDS : WITHOUT_PASSWORDS);
}

void imap_write_capabilities(const struct imap_session *s, struct bufw *w)
{
	bufw_c(w, "CAPABILITY");
	for (size_t i = 0; i < COUNT_OF(capabilities); i++) {
		if (!(capabilities[i].when & now(s)))
			continue;
		bufw_char(w, ' ');
		bufw_c(w, capabilities[i].name);
	}
	if (s->state != IMAP_GUEST)
		bufw_printf(w, " APPENDLIMIT=%llu", (unsigned long long)s->conf->message_size);      /* RFC 7889 */
}
