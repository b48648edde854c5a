/* A QR code (ISO 18004, by libqrencode) as text for a terminal: two rows of modules a line, in half blocks of Unicode, black on white
 * by escape sequences, so that it can be read on dark and light terminals alike. */
#ifndef QR_TEXT_H
#define QR_TEXT_H

#include "base/base.h"

enum { QR_TEXT_INPUT_MAX = 1024 };

/* Appends lines that each end in LF. colours: false leaves the escape sequences out (then the page must be dark on light). E_TOOBIG: more
 * than the ceiling of out, or than QR_TEXT_INPUT_MAX bytes; E_SYNTAX: empty; E_IO: the library gave up. */
must_use int qr_text(struct buf *out, struct str content, bool colours);

#endif
