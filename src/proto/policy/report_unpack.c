#include "proto/policy/report_unpack.h"

#include <zlib.h>

enum { WINDOW_RAW = -MAX_WBITS, WINDOW_GZIP = 16 + MAX_WBITS, PIECE = 64 << 10, MEMORY_LEVEL = 8 };

/* ---- zlib ---- */

/* Until the end of the stream; what follows it is of no interest. */
static int inflate_all(z_stream *z, struct buf *out)
{
	int r = Z_OK;
	while (r == Z_OK) {
		size_t room = out->max - out->n < PIECE ? out->max - out->n : PIECE;
		int e = room ? buf_reserve(out, room) : E_TOOBIG;
		if (e != OK)
			return e;
		z->next_out = (unsigned char *)out->p + out->n;
		z->avail_out = (unsigned)room;
		r = inflate(z, Z_NO_FLUSH);
		out->n += room - z->avail_out;
	}
	return r == Z_STREAM_END ? OK : E_SYNTAX;
}

static int unpack_stream(struct str packed, int window, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.p, .avail_in = (unsigned)packed.n };
	if (inflateInit2(&z, window) != Z_OK)
		return E_IO;
	int r = inflate_all(&z, out);
	inflateEnd(&z);
	return r;
}

/* ---- zip: the local header of the first member (APPNOTE 4.3.7) ---- */

enum { ZIP_HEADER = 30, ZIP_ENCRYPTED = 1, ZIP_LATE_SIZE = 8, ZIP_STORED = 0, ZIP_DEFLATED = 8 };

static int unpack_zip(struct str archive, struct buf *out)
{
	struct reader r = reader_of(archive);
	(void)read_bytes(&r, 6);
	unsigned flags = read_u16(&r), method = read_u16(&r);
	(void)read_bytes(&r, 8);
	uint32_t packed = read_u32(&r);
	(void)read_u32(&r);
	size_t name = read_u16(&r), extra = read_u16(&r);
	(void)read_bytes(&r, name);
	(void)read_bytes(&r, extra);
	if (r.err != OK)
		return E_SYNTAX;
	if (flags & ZIP_ENCRYPTED || (method == ZIP_STORED && flags & ZIP_LATE_SIZE))
		return E_UNSUPPORTED;
	if (method == ZIP_DEFLATED)
		return unpack_stream(r.rest, WINDOW_RAW, out);
	if (method != ZIP_STORED)
		return E_UNSUPPORTED;
	struct str stored = read_bytes(&r, packed);
	return r.err == OK ? buf_put_str(out, stored) : E_SYNTAX;
}

int report_unpack(struct str packed, struct buf *out)
{
	if (packed.n > REPORT_PACKED_MAX)
		return E_TOOBIG;
	if (str_starts(packed, STR("\x1f\x8b")))
		return unpack_stream(packed, WINDOW_GZIP, out);
	if (str_starts(packed, STR("PK\3\4")))
		return unpack_zip(packed, out);
	return buf_put_str(out, packed);
}

int report_pack(struct str text, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text.p, .avail_in = (unsigned)text.n };
	if (text.n > REPORT_UNPACKED_MAX)
		return E_TOOBIG;
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return E_IO;
	size_t room = deflateBound(&z, text.n);
	int r = buf_reserve(out, room);
	if (r == OK) {
		z.next_out = (unsigned char *)out->p + out->n;
		z.avail_out = (unsigned)room;
		r = deflate(&z, Z_FINISH) == Z_STREAM_END ? OK : E_IO;
	}
	if (r == OK)
		out->n += room - z.avail_out;
	deflateEnd(&z);
	return r;
}
