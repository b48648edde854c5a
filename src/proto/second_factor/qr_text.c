#include "proto/second_factor/qr_text.h"

#include <qrencode.h>

/* ISO 18004 9.1: four modules of quiet around it. Two do for every reader of a screen, and keep it within 24 lines more often. */
enum { QUIET = 2 };

static bool is_dark(const QRcode *q, int x, int y)
{
	return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1);
}

static void put_line(struct bufw *w, const QRcode *q, int y, bool colours)
{
	/* by whether the upper and the lower module are dark */
	static const char *const blocks[2][2] = { { " ", "\xe2\x96\x84" /* U+2584 */ }, { "\xe2\x96\x80" /* U+2580 */, "\xe2\x96\x88" /* U+2588 */ } };
	if (colours)
		bufw_c(w, "\033[30;107m");
	for (int x = -QUIET; x < q->width + QUIET; x++)
		bufw_c(w, blocks[is_dark(q, x, y)][is_dark(q, x, y + 1)]);
	bufw_c(w, colours ? "\033[0m\n" : "\n");
}

int qr_text(struct buf *out, struct str content, bool colours)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	if (!content.n || content.n > QR_TEXT_INPUT_MAX)
		return content.n ? E_TOOBIG : E_SYNTAX;
	QRcode *q = QRcode_encodeData((int)content.n, (const unsigned char *)content.p, 0, QR_ECLEVEL_L);
	if (!q)
		return E_IO;
	for (int y = -QUIET; y < q->width + QUIET; y += 2)
		put_line(&w, q, y, colours);
	secret_wipe(q->data, (size_t)q->width * (size_t)q->width);
	QRcode_free(q);
	if (w.err != OK)
		out->n = start;
	return w.err;
}
