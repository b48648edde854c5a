#include "proto/mime/mime_fields.h"

#include "proto/header/header.h"

static const struct str names[MIME_FIELD_COUNT] = {
	[MIME_DATE] = STR_INIT("Date"), [MIME_SUBJECT] = STR_INIT("Subject"), [MIME_FROM] = STR_INIT("From"),
	[MIME_SENDER] = STR_INIT("Sender"), [MIME_REPLY_TO] = STR_INIT("Reply-To"), [MIME_TO] = STR_INIT("To"),
	[MIME_CC] = STR_INIT("Cc"), [MIME_BCC] = STR_INIT("Bcc"), [MIME_IN_REPLY_TO] = STR_INIT("In-Reply-To"),
	[MIME_MESSAGE_ID] = STR_INIT("Message-ID"), [MIME_REFERENCES] = STR_INIT("References"),
	[MIME_LIST_ID] = STR_INIT("List-ID"),
};

void mime_fields_find(struct str header, struct mime_fields *ret)
{
	*ret = (struct mime_fields){ 0 };
	header = str_first(header, MIME_FIELDS_BYTES);
	struct header_field f;
	while (header_next(&header, &f)) {
		for (size_t i = 0; i < MIME_FIELD_COUNT; i++) {
			if (f.name.n == names[i].n && str_ieq(f.name, names[i])) {
				if (!ret->value[i].p)
					ret->value[i] = f.value;
				break;
			}
		}
	}
}
