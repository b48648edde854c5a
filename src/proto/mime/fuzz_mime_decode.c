/* The first byte chooses the encoding and the pieces. Decoding in pieces gives what decoding at once gives, never more
 * than came in; what base64 of the result says decodes to it again. HTML to text grows nothing and keeps UTF-8. */
#include "base/base64.h"
#include "proto/mime/mime_decode.h"
#include "proto/mime/mime_html.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

static void check_pieces(enum mime_encoding encoding, struct str in, size_t piece)
{
	struct mime_decoder d;
	struct buf whole, pieces, again;
	size_t total = in.n;
	buf_init(&whole, in.n + 2);
	buf_init(&pieces, in.n + 128);
	buf_init(&again, in.n * 2 + 64);
	require(mime_decode(encoding, in, &whole) == OK && whole.n <= in.n);
	mime_decoder_init(&d, encoding);
	while (in.n)
		require(mime_decoder_feed(&d, str_take_n(&in, piece), &pieces) == OK);
	require(mime_decoder_end(&d, &pieces) == OK);
	/* runs of blanks that are longer than what is held count as text in pieces */
	if (encoding != MIME_QP || total < MIME_DECODE_HELD)
		require(str_eq(buf_str(&whole), buf_str(&pieces)));
	require(pieces.n >= whole.n);
	buf_clear(&pieces);
	require(base64_encode(&again, buf_str(&whole)) == OK);
	require(mime_decode(MIME_BASE64, buf_str(&again), &pieces) == OK);
	require(str_eq(buf_str(&whole), buf_str(&pieces)));
	buf_done(&again);
	buf_done(&pieces);
	buf_done(&whole);
}

static void check_html(struct str in)
{
	struct arena a;
	arena_init(&a, in.n * 2 + 4096, NULL, NULL);
	struct str text = mime_html_text(&a, in, SIZE_MAX);
	require(text.n <= in.n);
	require(!utf8_valid(in) || utf8_valid(text));
	arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct str in = { (const char *)data + 1, size - 1 };
	check_pieces(data[0] & 1 ? MIME_BASE64 : MIME_QP, in, (data[0] >> 1) + 1u);
	check_html(in);
	return 0;
}
