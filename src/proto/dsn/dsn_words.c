/* The words of reports. Another language is another table. */
#include "proto/dsn/dsn.h"

const struct dsn_words dsn_english = {
	.language = "en",
	.action = {
		[DSN_FAILED] = { "Your message could not be delivered",
			"Your message could not be delivered to the following recipients, and will not be tried again:" },
		[DSN_DELAYED] = { "Your message is delayed",
			"Your message has not been delivered yet to the following recipients. You need not send it again; we keep trying:" },
		[DSN_DELIVERED] = { "Your message was delivered",
			"As you asked to be told: your message was delivered to the following recipients:" },
		[DSN_RELAYED] = { "Your message was passed on",
			"Your message was passed on for the following recipients to a server that sends no further confirmation:" },
		[DSN_EXPANDED] = { "Your message was passed on to a list",
			"Your message was passed on to the members of the following addresses. Nothing is said about each of them:" },
	},
	.greeting = "This is the mail server %s.",
	.several = "What became of your message",
	.reason = "Reason",
	.remote = "Told by",
	.until = "We keep trying until",
	.returned = "Details for programs, and your message or its header, are attached.",
};
