/* A whole session from the client's bytes. The first byte chooses the service, the second how the input is cut; 0xff
 * separates segments between which the client waits. Invariants beside those of smtp_fake.h: replies are well-formed
 * lines, a session ends with all its grants given back, and only a message that was accepted by DATA or BDAT was
 * delivered. */
#include "role/smtp/smtp_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SEGMENTS_MAX = 32 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_replies(struct str said)
{
	while (said.n) {
		size_t end = str_search(said, STR("\r\n"));
		check(end != STR_NPOS && end >= 4 && end <= 510);
		check(said.p[0] >= '2' && said.p[0] <= '5' && ascii_is_digit(said.p[1]) && ascii_is_digit(said.p[2]));
		check((said.p[3] == ' ' || said.p[3] == '-') && !str_has_control(str_first(said, end)));
		said = str_skip(said, end + 2);
	}
}

static unsigned count(struct str said, struct str what)
{
	unsigned c = 0;
	for (size_t at; (at = str_search(said, what)) != STR_NPOS; c++)
		said = str_skip(said, at + what.n);
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const enum conf_service services[] = { SERVICE_SMTP, SERVICE_SUBMISSION, SERVICE_SUBMISSIONS,
						      SERVICE_LMTP };
	struct str segments[SEGMENTS_MAX + 1] = { { NULL, 0 } };
	static struct fake f;
	if (n < 3)
		return 0;
	struct str rest = { (const char *)data + 2, n - 2 };
	for (size_t i = 0; i < SEGMENTS_MAX && rest.n; i++)
		segments[i] = str_until(&rest, '\xff');
	fake_init(&f, services[data[0] % COUNT_OF(services)]);
	f.step = data[1] % 16;
	f.conf.limits.message_size = 2000;
	f.conf.limits.session_memory = 20000;
	int r = fake_run(&f, segments);
	bool lmtp = smtp_is_lmtp(&f.session);
	check(r == OK || r == E_CLOSED || f.overflown);
	check_replies(buf_str(&f.said));
	check(lmtp ? count(buf_str(&f.said), STR("250 2.0.0 Accepted")) >= f.delivered
	           : count(buf_str(&f.said), STR("250 2.0.0 Accepted")) == f.delivered);
	bool signed_in = f.session.grant != 0;
	check(!signed_in || (smtp_is_submission(&f.session) && f.tls_handshakes == 1));
	fake_done(&f);
	check(f.grants_closed == signed_in);
	return 0;
}
