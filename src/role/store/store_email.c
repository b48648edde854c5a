/* E-mails: the record, the summary, the place in a mailbox. */
#include "role/store/store_internal.h"

int store_email_read(struct store *st, uint32_t account, uint64_t email, struct rec_email *ret)
{
	struct store_key k = store_key_64(account, STORE_KIND_EMAIL, email);
	int r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	return r == OK ? rec_email_read(buf_str(&st->scratch), ret) : r;
}

void store_email_write(struct store *st, uint32_t account, uint64_t email, const struct rec_email *e)
{
	struct store_key k = store_key_64(account, STORE_KIND_EMAIL, email);
	struct bufw *w = store_encode(st);
	rec_email_write(w, e);
	store_put_encoded(st, ENGINE_INDEX, &k);
}

bool store_fits(const struct store_account *a, uint64_t bytes)
{
	return !a->quota || (a->meta.bytes <= a->quota && bytes <= a->quota - a->meta.bytes);
}

uint64_t store_message_size(const struct store_message *m)
{
	uint64_t size = 0;
	for (size_t i = 0; i < m->pieces; i++)
		size += m->piece[i].n;
	return size;
}

int store_email_place(struct store *st, struct store_mailbox *m, uint64_t blob, const struct store_message *msg,
		      int64_t now, struct store_appended *ret)
{
	struct store_account *a = m->account;
	uint64_t email = a->meta.next_email++, modseq = store_modseq(st, a, m);
	struct rec_email rec = { .blob = blob, .size = (uint32_t)store_message_size(msg), .received = now, .members = 1,
		                 .member = { m->id } };
	store_thread_hashes(st, msg, &rec);
	int r = store_thread_join(st, a->id, email, &rec);
	if (r != OK)
		return r;
	struct store_key k = store_key_summary(a->id, email);
	store_put(st, ENGINE_SUMMARY, &k, msg->summary);
	store_email_write(st, a->id, email, &rec);
	struct store_entry e = { .size = rec.size, .email = email, .modseq = modseq, .flags = msg->flags,
		                 .internal = msg->internal, .saved = now };
	r = store_entry_add(st, m, &e);
	if (r == OK)
		*ret = (struct store_appended){ e.uid, m->rec.uidvalidity, email, modseq };
	return r;
}

int store_email_get(struct store *st, uint32_t account, uint64_t email, struct store_email_info *ret)
{
	struct store_account *a;
	struct rec_email rec;
	int r = store_account_open(st, account, &a);
	if (r == OK)
		r = store_email_read(st, account, email, &rec);
	if (r == OK)
		*ret = (struct store_email_info){ .id = email,
						  .blob = rec.blob,
						  .thread = rec.thread,
						  .size = rec.size,
						  .mailbox = rec.members ? rec.member[0] : 0,
						  .received = rec.received };
	return r;
}

int store_blob_read(struct store *st, uint32_t account, uint64_t email, uint64_t offset, size_t n, struct buf *out)
{
	struct store_email_info info;
	int r = store_email_get(st, account, email, &info);
	return r == OK ? store_blob_range(st, info.blob, info.size, offset, n, out) : r;
}
