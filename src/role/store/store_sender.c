/* Whom an account has had to do with: one small record an address, written when it changes. */
#include "role/store/store_internal.h"

enum { VERSION = 1 };

int store_sender_get(struct store *st, uint32_t account, struct str address, enum store_relation *ret)
{
	struct store_key k = store_key_sender(account, address);
	int r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	if (r == E_NOTFOUND) {
		*ret = STORE_SENDER_NEW;
		return OK;
	}
	struct reader in = reader_of(buf_str(&st->scratch));
	bool known = read_u8(&in) == VERSION;
	uint8_t relation = read_u8(&in);
	if (r != OK)
		return r;
	if (reader_end(&in) != OK || !known || relation < STORE_SENDER_SEEN || relation > STORE_SENDER_CORRESPONDENT)
		return E_CORRUPT;
	*ret = relation;
	return OK;
}

int store_sender_note(struct store *st, const struct store_meeting *m)
{
	enum store_relation was;
	struct store_key k = store_key_sender(m->account, m->address);
	int r = store_sender_get(st, m->account, m->address, &was);
	if (r == OK && was >= m->relation)
		return OK;
	if (r != OK && r != E_CORRUPT)          /* a damaged record is written anew */
		return r;
	struct bufw *w = store_encode(st);
	write_u8(w, VERSION);
	write_u8(w, (uint8_t)m->relation);
	store_put_encoded(st, ENGINE_INDEX, &k);
	return OK;
}
