/* Whether a submitted message says the truth about who wrote it (A25, RFC 6409 section 6.1). */
#include "role/smtp/smtp_accept.h"

#include "proto/addr/addr_list.h"

enum { AUTHORS_MAX = 10, ADDRESS_MAX = 320 };

static struct smtp_failure refuse(int err, struct str text)
{
	if (err != E_DENIED)
		return smtp_failure_of(err);
	return (struct smtp_failure){ 550, STR("5.7.1"), text };
}

/* scan gives the addresses of the From field, normalised. */
static int check_from(struct smtp_session *s, struct str addresses)
{
	struct reader r = reader_of(addresses);
	unsigned count = 0;
	int e = addresses.n ? OK : E_DENIED;
	while (e == OK && r.rest.n) {
		struct str address = read_str(&r, ADDRESS_MAX);
		e = r.err != OK || ++count > AUTHORS_MAX ? E_DENIED : smtp_identity_check_address(s, address);
	}
	return e;
}

/* Sender holds one mailbox (RFC 5322 section 3.6.2). */
static int check_sender(struct smtp_session *s)
{
	struct addr_list list;
	if (s->content.senders == 0)
		return OK;
	addr_list_parse(&s->cmd, s->content.sender, 2, &list);
	if (s->content.senders > 1 || list.malformed || list.count != 1 || list.items[0].kind != ADDR_MAILBOX)
		return E_DENIED;
	return smtp_identity_check(s, list.items[0].local, list.items[0].domain);
}

struct smtp_failure smtp_author_check(struct smtp_session *s, const struct ipc_scan_rep *scan)
{
	if ((scan->flags >> SCAN_FROM_COUNT_SHIFT & 0xff) != 1)
		return (struct smtp_failure){ 554, STR("5.6.0"), STR("The message must have exactly one From field") };
	int r = check_from(s, scan->from);
	if (r != OK)
		return refuse(r, STR("You may not send with this From"));
	r = check_sender(s);
	if (r != OK)
		return refuse(r, STR("You may not send with this Sender"));
	return (struct smtp_failure){ 0 };
}
