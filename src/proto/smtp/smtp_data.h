/* Incremental reader of a message in DATA (or in BDAT chunks): takes the content out of the stream, dots
 * unstuffed (RFC 5321 section 4.5.2), and finds its end.
 *
 * Only CRLF "." CRLF ends the message. A CR or LF by itself never ends a line, let alone the message; where it is
 * not allowed it is noted (bare), the content is dropped and the reader goes on to the true end, so that the caller
 * can refuse the message. It must close the connection then: the peer may believe that the message ended
 * earlier, and what it sends behind must not be taken for commands (A01, A02).
 *
 * Mode NORMALISE is for clients that have signed in: LF by itself becomes CRLF (B34). It still does not end the
 * message, and a "." behind it is content. CR by itself is refused there too: what CR CR LF means is anybody's
 * guess. NUL is refused in both modes (RFC 5321 section 4.5.2 does not allow it in text), but leaves no doubt about
 * the state of the peer. */
#ifndef PROTO_SMTP_DATA_H
#define PROTO_SMTP_DATA_H

#include "base/str.h"

enum smtp_data_mode {
	SMTP_DATA_STRICT = 0,
	SMTP_DATA_NORMALISE = 1 << 0,
	SMTP_DATA_CHUNKED = 1 << 1, /* content of BDAT chunks (RFC 3030): no dots, no end; the caller counts bytes */
	SMTP_DATA_BINARY = 1 << 2   /* BINARYMIME: any byte may stand behind the header. Chunked only. */
};

struct smtp_data {
	/* for the caller to read */
	bool ended;             /* the end was found; input begins with the first byte behind it */
	bool bare;              /* a CR or LF that may not stand alone: refuse, then close */
	bool nul;               /* a NUL: refuse */
	uint64_t size;          /* bytes of content so far, also beyond max */
	uint64_t max;
	uint64_t header_size;   /* bytes up to and with the empty line; 0 until it came */
	unsigned received;      /* Received fields in the header (RFC 5321 section 6.3) */

	/* the reader's own */
	unsigned mode;
	unsigned char at;       /* enum place, in smtp_data.c */
	unsigned char name;     /* how much of "Received:" the present header line has matched */
};

void smtp_data_init(struct smtp_data *d, unsigned mode, uint64_t max);

/* Takes the next run of content off *input; runs are as long as the input allows and are not copied: *ret is a
 * view of the input or of a constant. False when the input is used up or the message has ended. Content beyond
 * max, and all that follows a bare CR or LF or a NUL, is read but not given. */
bool smtp_data_next(struct smtp_data *d, struct str *input, struct str *ret);

/* In chunks the caller tells the end: a CR that came last stands alone. */
void smtp_data_end(struct smtp_data *d);

/* More than max bytes have come: refuse with 552 (A19). */
bool smtp_data_over(const struct smtp_data *d);

#endif
