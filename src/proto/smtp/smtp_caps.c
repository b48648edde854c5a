#include "proto/smtp/smtp_caps.h"

static bool take_none(struct smtp_caps *c, struct str args)
{
	(void)c;
	(void)args;
	return true;
}

static bool take_size(struct smtp_caps *c, struct str args)
{
	struct str word = str_word(&args);
	return word.n == 0 || str_u64(word, UINT64_MAX, &c->size) == OK;
}

static bool take_auth(struct smtp_caps *c, struct str args)
{
	static const struct { struct str name; unsigned bit; } known[] = {
		{ STR_INIT("PLAIN"), SMTP_AUTH_PLAIN },
		{ STR_INIT("LOGIN"), SMTP_AUTH_LOGIN },
		{ STR_INIT("XOAUTH2"), SMTP_AUTH_XOAUTH2 },
		{ STR_INIT("OAUTHBEARER"), SMTP_AUTH_OAUTHBEARER },
		{ STR_INIT("SCRAM-SHA-256"), SMTP_AUTH_SCRAM_SHA_256 },
	};
	for (struct str word; (word = str_word(&args)).n;)
		for (size_t i = 0; i < COUNT_OF(known); i++)
			if (str_ieq(word, known[i].name))
				c->mechanisms |= known[i].bit;
	return c->mechanisms != 0;
}

static void take_limit(struct smtp_caps *c, struct str name, struct str value)
{
	const struct { struct str name; uint64_t *field; } known[] = {
		{ STR_INIT("MAILMAX"), &c->mail_max },
		{ STR_INIT("RCPTMAX"), &c->rcpt_max },
		{ STR_INIT("RCPTDOMAINMAX"), &c->rcpt_domain_max },
	};
	uint64_t v;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_ieq(name, known[i].name) && value.n <= 6 && str_u64(value, UINT32_MAX, &v) == OK)
			*known[i].field = v;
}

static bool take_limits(struct smtp_caps *c, struct str args)
{
	for (struct str word; (word = str_word(&args)).n;) {
		struct str name = str_until(&word, '=');
		take_limit(c, name, word);
	}
	return true;
}

static const struct {
	struct str name;
	enum smtp_cap cap;
	bool (*take)(struct smtp_caps *c, struct str args);
} known[] = {
	{ STR_INIT("PIPELINING"), SMTP_CAP_PIPELINING, take_none },                   /* RFC 2920 */
	{ STR_INIT("SIZE"), SMTP_CAP_SIZE, take_size },                               /* RFC 1870 */
	{ STR_INIT("8BITMIME"), SMTP_CAP_8BITMIME, take_none },                       /* RFC 6152 */
	{ STR_INIT("BINARYMIME"), SMTP_CAP_BINARYMIME, take_none },                   /* RFC 3030 */
	{ STR_INIT("CHUNKING"), SMTP_CAP_CHUNKING, take_none },                       /* RFC 3030 */
	{ STR_INIT("SMTPUTF8"), SMTP_CAP_SMTPUTF8, take_none },                       /* RFC 6531 */
	{ STR_INIT("DSN"), SMTP_CAP_DSN, take_none },                                 /* RFC 3461 */
	{ STR_INIT("STARTTLS"), SMTP_CAP_STARTTLS, take_none },                       /* RFC 3207 */
	{ STR_INIT("REQUIRETLS"), SMTP_CAP_REQUIRETLS, take_none },                   /* RFC 8689 */
	{ STR_INIT("ENHANCEDSTATUSCODES"), SMTP_CAP_ENHANCEDSTATUSCODES, take_none }, /* RFC 2034 */
	{ STR_INIT("LIMITS"), SMTP_CAP_LIMITS, take_limits },                         /* RFC 9422 */
	{ STR_INIT("AUTH"), SMTP_CAP_AUTH, take_auth },                               /* RFC 4954 */
};

static void take_line(struct smtp_caps *c, struct str args)
{
	struct str name = str_word(&args);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_ieq(name, known[i].name) && known[i].take(c, args))
			c->offers |= known[i].cap;
}

void smtp_caps_parse(struct str text, struct smtp_caps *ret)
{
	struct smtp_caps c = { 0 };
	struct str first = str_until(&text, '\n');
	c.name = str_word(&first);
	while (text.n) {
		struct str line = str_until(&text, '\n');
		take_line(&c, line);
	}
	*ret = c;
}
