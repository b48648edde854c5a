/* CATENATE (RFC 4469): a message of texts that come and of parts that lie in the account already. */
#include "proto/imap/imap_url.h"
#include "role/imap/imap_append.h"
#include "role/imap/imap_fetch.h"

/* The section that a URL names, as FETCH reads it. */
static int section_of(struct imap_session *s, const struct imap_url *url, struct imap_section *ret)
{
	struct imap_fetch f;
	struct str text = arena_printf(&s->command, " BODY.PEEK[" STR_FMT "]", STR_ARG(url->section));
	struct imap_args a = imap_args_of(text, &s->command, false);
	if (url->section.n > 512 || imap_fetch_args(&a, &f) != OK || f.section_count != 1)
		return E_SYNTAX;
	*ret = f.sections[0];
	ret->partial = url->partial;
	ret->origin = url->origin;
	ret->length = url->length ? url->length : UINT64_MAX;
	return OK;
}

static int find_email(struct imap_session *s, const struct imap_url *url, uint64_t *ret)
{
	struct ipc_mailbox_rep m;
	struct ipc_entries_rep e;
	int r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = url->mailbox }, &m, &s->hold);
	if (r == OK && url->uidvalidity && url->uidvalidity != m.uidvalidity)
		r = E_NOTFOUND;
	if (r == OK)
		r = s->env->entries(&(struct ipc_entries_req){ .grant = s->grant, .mailbox = m.id, .from_uid = url->uid, .limit = 1 }, &e, &s->hold);
	if (r == OK && (e.entries.n < INDEX_ENTRY_SIZE || index_entry_get(e.entries.p).uid != url->uid))
		r = E_NOTFOUND;
	if (r == OK)
		*ret = index_entry_get(e.entries.p).email;
	return r;
}

static int put_url(struct imap_session *s, struct str text)
{
	struct imap_url url;
	struct imap_section section;
	struct imap_content c;
	struct str bytes;
	uint64_t email = 0;
	int r = imap_url_parse(&s->command, text, &url);
	if (r == OK)
		r = section_of(s, &url, &section);
	if (r == OK)
		r = find_email(s, &url, &email);
	if (r != OK)
		return r;
	imap_content_init(&c, email, STR(""));
	r = imap_section_read(s, &c, &section, &bytes);
	if (r == OK)
		r = imap_append_put(s, bytes);
	imap_load_done(s);
	return r;
}

/* The URL is told again where it fits between quotes. */
static int bad_url(struct imap_session *s, struct str url)
{
	bool plain = url.n < 400 && str_is_ascii(url) && !str_has_control(url) && str_find(url, '"') == STR_NPOS &&
		     str_find(url, '\\') == STR_NPOS;
	struct str code = arena_printf(&s->command, "BADURL \"" STR_FMT "\"", STR_ARG(plain ? url : STR("")));
	(void)imap_no(s, code.p, "there is no such message or part");
	return E_DENIED;
}

int imap_catenate(struct imap_session *s, const struct imap_append *p)
{
	int r = imap_append_begin(s, 0);
	for (size_t i = 0; i < p->part_count && r == OK; i++) {
		const struct imap_catenate *part = &p->parts[i];
		r = part->url ? put_url(s, part->text) : imap_append_put(s, part->text);
		if (r == E_NOTFOUND || r == E_SYNTAX)
			return bad_url(s, part->text);
	}
	if (r == E_TOOBIG) {
		(void)imap_no(s, "TOOBIG", "message is too big");
		return E_DENIED;
	}
	if (r == OK)
		return OK;
	r = imap_failed(s, r);
	return r == OK ? E_DENIED : r;
}
