/* Role records: which space is whose, and the lists on the wire. */
#include "base/codec.h"
#include "role/store/store_role_record.h"
#include "role/store/store_serve.h"

enum { RECORD_MEMORY = 4 << 20, LIST_BYTES = 512 << 10, LIST_MOST = 4096 };

/* The letter of a space lies on disk and stays, whatever number the role has. */
static const struct { enum role role; char space; } spaces[] = {
	{ ROLE_AUTH, 'a' },
	{ ROLE_RELAY, 'r' },
	{ ROLE_GUARD, 'g' },
};

static int space_of(const struct ipc_request *rq, char *ret)
{
	for (size_t i = 0; i < COUNT_OF(spaces); i++) {
		if (spaces[i].role == rq->peer) {
			*ret = spaces[i].space;
			return OK;
		}
	}
	return E_DENIED;
}

void store_on_record_get(const struct ipc_request *rq, const struct ipc_record_get_req *q)
{
	struct arena a;
	struct store_role_record found = { 0 };
	char space;
	arena_init(&a, RECORD_MEMORY, NULL, NULL);
	int r = space_of(rq, &space);
	if (r == OK)
		r = store_record_get(store_served(), space, q->key, &a, &found);
	ipc_reply_record_get(rq, r, &(struct ipc_record_get_rep){ .value = found.value, .version = found.version });
	arena_done(&a);
}

static int unpack(struct str framed, struct store_record_write *w, size_t *ret_n)
{
	struct reader in = reader_of(framed);
	size_t n = 0;
	while (in.err == OK && in.rest.n) {
		if (n == STORE_RECORD_WRITES_MAX)
			return E_TOOBIG;
		w[n].key = read_str(&in, STORE_RECORD_KEY_MAX);
		w[n].expect = read_u64(&in);
		w[n].remove = read_u32(&in) != 0;
		w[n].value = read_str(&in, STORE_RECORD_VALUE_MAX);
		n++;
	}
	*ret_n = n;
	return in.err;
}

int store_serve_writes(const struct ipc_request *rq, struct str writes)
{
	struct store_record_write w[STORE_RECORD_WRITES_MAX];
	size_t n;
	char space;
	int r = space_of(rq, &space);
	if (r == OK)
		r = unpack(writes, w, &n);
	return r == OK ? store_record_put(store_served(), space, w, n) : r;
}

void store_on_record_put(const struct ipc_request *rq, const struct ipc_record_put_req *q)
{
	int r = store_serve_writes(rq, q->writes);
	ipc_reply_record_put(rq, r, &(struct ipc_record_put_rep){});
}

static int pack(const struct store_role_record *v, size_t n, struct buf *out)
{
	struct bufw w = { .b = out };
	for (size_t i = 0; i < n; i++) {
		write_str(&w, v[i].key);
		write_u64(&w, v[i].version);
		write_str(&w, v[i].value);
	}
	return w.err;
}

void store_on_record_list(const struct ipc_request *rq, const struct ipc_record_list_req *q)
{
	struct arena a;
	struct buf records;
	struct store_role_record *v = NULL;
	size_t n = 0, limit = q->limit && q->limit < LIST_MOST ? q->limit : LIST_MOST;
	bool more = false;
	char space;
	arena_init(&a, RECORD_MEMORY, NULL, NULL);
	buf_init(&records, 1 << 20);
	int r = space_of(rq, &space);
	if (r == OK)
		r = store_record_list(store_served(), space, q->prefix, q->after, limit, LIST_BYTES, &a, &v, &n, &more);
	if (r == OK)
		r = pack(v, n, &records);
	ipc_reply_record_list(rq, r, &(struct ipc_record_list_rep){ .records = buf_str(&records), .more = more });
	buf_done(&records);
	arena_done(&a);
}
