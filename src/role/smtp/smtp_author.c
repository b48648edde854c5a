/* Whether a submitted message says the truth about who wrote it (A25, RFC 6409 section 6.1). */
#include "role/smtp/smtp_accept.h"
#include "role/smtp/smtp_header.h"

#include "proto/addr/addr_list.h"

enum { AUTHORS_MAX = 10, ADDRESS_MAX = 320 };

static struct smtp_failure refuse(int err, struct str text)
{
	if (err != E_DENIED)
		return smtp_failure_of(err);
	return (struct smtp_failure){ 550, STR("5.7.1"), text };
}

/* Parses a field of mailboxes only, in a form that everybody reads alike: no group, no source route, nothing that had
 * to be repaired (A28), nothing of a length that only an attack has (A55). */
static bool plain(struct smtp_session *s, struct str value, size_t most, struct addr_list *list)
{
	if (value.n > SMTP_AUTHOR_FIELD_MAX)
		return false;
	addr_list_parse(&s->cmd, value, most + 1, list);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind != ADDR_MAILBOX || list->items[i].route.n)
			return false;
	return list->count >= 1 && list->count <= most && !list->malformed && !list->truncated;
}

/* Each author must be allowed, by our own reading of the field and by that of scan, which everybody else goes by. */
static int check_from(struct smtp_session *s, struct str addresses)
{
	struct addr_list list;
	struct reader r = reader_of(addresses);
	size_t count = 0;
	int e = OK;
	if (!plain(s, s->content.from, AUTHORS_MAX, &list))
		return E_DENIED;
	for (; e == OK && r.rest.n; count++) {
		struct str address = read_str(&r, ADDRESS_MAX);
		e = r.err != OK ? E_DENIED : smtp_identity_check_address(s, address);
	}
	return e == OK && count != list.count ? E_DENIED : e;
}

/* Sender holds one mailbox (RFC 5322 section 3.6.2). */
static int check_sender(struct smtp_session *s)
{
	struct addr_list list;
	if (s->content.senders == 0)
		return OK;
	if (s->content.senders > 1 || !plain(s, s->content.sender, 1, &list))
		return E_DENIED;
	return smtp_identity_check(s, list.items[0].local, list.items[0].domain);
}

struct smtp_failure smtp_author_check(struct smtp_session *s, const struct ipc_scan_rep *scan)
{
	if (s->content.froms != 1 || (scan->flags >> SCAN_FROM_COUNT_SHIFT & 0xff) != 1)
		return (struct smtp_failure){ 554, STR("5.6.0"), STR("The message must have exactly one From field") };
	int r = check_from(s, scan->from);
	if (r != OK)
		return refuse(r, STR("You may not send with this From"));
	r = check_sender(s);
	if (r != OK)
		return refuse(r, STR("You may not send with this Sender"));
	return (struct smtp_failure){ 0 };
}
