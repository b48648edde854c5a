/* Bytes of messages: chunks under a blob id. A blob has one owner (an e-mail or a queue entry) unless a record says
 * how many; the last owner to let go removes the chunks. */
#include "role/store/store_internal.h"

static struct store_key users_key(uint64_t blob) { return store_key_64(0, STORE_KIND_SHARED, blob); }

/* One chunk: contiguous pieces are passed through, a chunk that spans pieces is gathered. */
static struct str next_chunk(struct str *rest, const struct str **piece, size_t *pieces, struct buf *gather)
{
	buf_clear(gather);
	while (gather->n < STORE_CHUNK) {
		while (!rest->n && *pieces) {
			*rest = *(*piece)++;
			--*pieces;
		}
		if (!rest->n)
			break;
		struct str part = str_take_n(rest, STORE_CHUNK - gather->n);
		bool whole = !gather->n && (part.n == STORE_CHUNK || !*pieces);
		if (whole && (part.n == STORE_CHUNK || !rest->n))
			return part;
		if (buf_put_str(gather, part) != OK)
			break;          /* cannot be: the ceiling is a chunk */
	}
	return buf_str(gather);
}

uint64_t store_blob_write(struct store *st, const struct str *piece, size_t pieces)
{
	uint64_t blob = st->sys.next_blob++;
	struct str rest = STR("");
	struct buf gather;
	buf_init(&gather, STORE_CHUNK);
	st->sys_dirty = true;
	for (uint32_t i = 0;; i++) {
		struct str chunk = next_chunk(&rest, &piece, &pieces, &gather);
		if (!chunk.n && i)
			break;
		struct store_key k = store_key_chunk(blob, i);
		store_put(st, ENGINE_BLOB, &k, chunk);
		if (chunk.n < STORE_CHUNK)
			break;
	}
	buf_done(&gather);
	return blob;
}

static int users(struct store *st, uint64_t blob, uint32_t *ret)
{
	struct store_key k = users_key(blob);
	int r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	if (r == E_NOTFOUND) {
		*ret = 1;
		return OK;
	}
	return r == OK ? rec_u32_read(buf_str(&st->scratch), ret) : r;
}

void store_blob_share(struct store *st, uint64_t blob, uint32_t n)
{
	struct store_key k = users_key(blob);
	if (n <= 1) {
		store_remove(st, ENGINE_INDEX, &k);
		return;
	}
	struct bufw *w = store_encode(st);
	rec_u32_write(w, n);
	store_put_encoded(st, ENGINE_INDEX, &k);
}

int store_blob_retain(struct store *st, uint64_t blob)
{
	uint32_t n;
	int r = users(st, blob, &n);
	if (r == OK && n == UINT32_MAX)
		r = E_FULL;
	if (r == OK)
		store_blob_share(st, blob, n + 1);
	return r;
}

static uint32_t chunks_of(uint64_t size) { return size ? (uint32_t)((size + STORE_CHUNK - 1) / STORE_CHUNK) : 1; }

int store_blob_release(struct store *st, uint64_t blob, uint64_t size)
{
	uint32_t n;
	int r = users(st, blob, &n);
	if (r != OK)
		return r;
	if (n > 1) {
		store_blob_share(st, blob, n - 1);
		return OK;
	}
	for (uint32_t i = 0; i < chunks_of(size); i++) {
		struct store_key k = store_key_chunk(blob, i);
		store_remove(st, ENGINE_BLOB, &k);
	}
	return OK;
}

/* Appends a part of one chunk: straight into out when all of it is wanted. */
static int chunk_part(struct store *st, uint64_t blob, uint32_t chunk, size_t want, size_t from, size_t n,
		      struct buf *out)
{
	struct store_key k = store_key_chunk(blob, chunk);
	size_t before = out->n;
	int r = OK;
	if (from == 0 && n == want) {
		r = kv_get(st->kv, ENGINE_BLOB, store_key_str(&k), out);
		if (r == OK && out->n - before != want) {
			out->n = before;
			r = E_CORRUPT;
		}
	} else {
		struct buf whole;
		buf_init(&whole, STORE_CHUNK);
		r = kv_get(st->kv, ENGINE_BLOB, store_key_str(&k), &whole);
		if (r == OK && whole.n != want)
			r = E_CORRUPT;
		if (r == OK)
			r = buf_put(out, whole.p + from, n);
		buf_done(&whole);
	}
	return r == E_NOTFOUND ? E_CORRUPT : r;
}

int store_blob_range(struct store *st, uint64_t blob, uint64_t size, uint64_t offset, size_t n, struct buf *out)
{
	uint64_t end = offset > size || n > size - offset ? size : offset + n;
	size_t before = out->n;
	for (uint64_t at = offset; at < end;) {
		uint32_t chunk = (uint32_t)(at / STORE_CHUNK);
		uint64_t start = (uint64_t)chunk * STORE_CHUNK;
		uint64_t stop = size - start < STORE_CHUNK ? size : start + STORE_CHUNK;
		uint64_t upto = stop < end ? stop : end;
		int r =
		    chunk_part(st, blob, chunk, (size_t)(stop - start), (size_t)(at - start), (size_t)(upto - at), out);
		if (r != OK) {
			out->n = before;
			return r;
		}
		at = upto;
	}
	return OK;
}
