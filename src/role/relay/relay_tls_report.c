/* The daily reports (RFC 8460): for each domain of a day that is over, what its record of sessions says, to whom it asks for. */
#include "role/relay/relay.h"

#include "os/log.h"
#include "os/random.h"
#include "proto/dns/dns_rdata.h"
#include "proto/policy/tls_rpt_mail.h"

enum { LOOK_MS = 600000, FIRST_LOOK_MS = 30000, MEMORY = 4 << 20, JSON_MAX = 128 << 10, MAIL_MAX = 256 << 10, KEPT_DAYS = 3 /* while the DNS or the store is away */ };

/* A domain that has a record and what it asks for; E_NOTFOUND: for nothing. */
static int find_rua(struct relay *r, struct arena *a, struct str domain, struct str *ret_address)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_rep answer = { 0 };
	struct tlsrpt_record record;
	struct str text;
	int found = E_NOTFOUND;
	int e = r->env->dns(r->ctx, arena_printf(a, "_smtp._tls." STR_FMT, STR_ARG(domain)), DNS_TXT, &answer, &hold);
	struct reader in = reader_of(e == OK ? answer.answers : STR(""));
	while (found != OK && in.err == OK && in.rest.n) {
		struct str rdata = read_str(&in, UINT16_MAX);
		if (in.err != OK || dns_txt_parse(a, rdata, &text) != OK || tlsrpt_record_parse(text, &record) != OK)
			continue;
		for (size_t i = 0; found != OK && i < record.count; i++)
			found = tlsrpt_mail_address(record.rua[i], a, ret_address) == OK ? OK : E_NOTFOUND;
	}
	ipc_release(&hold);
	return e == OK ? found : e;
}

static int hand_over(struct relay *r, struct str to, struct str bytes)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_scan_rep scanned;
	struct ipc_scan_req q = { .purpose = SCAN_REPORT, .bytes = bytes, .body = -1 };
	int e = r->env->scan(r->ctx, &q, &scanned, &hold);
	if (e == OK)
		e = r->env->report_send(r->ctx, &(struct ipc_report_send_req){ .to = to, .bytes = bytes, .summary = scanned.summary });
	ipc_release(&hold);
	return e;
}

static int compose(struct relay *r, struct arena *a, struct str domain, int64_t day, struct str to, const struct tlsrpt_tally *t)
{
	struct buf json, mail;
	struct str host = str_c(r->conf->server.hostname);
	struct tlsrpt_report report = { .organization = host,
					.contact = arena_printf(a, "postmaster@" STR_FMT, STR_ARG(host)),
					.id = arena_printf(a, "%lld.%016llx", (long long)day, (unsigned long long)random_u64()),
					.begin = day * RELAY_DAY,
					.end = (day + 1) * RELAY_DAY - 1 };
	buf_init(&json, JSON_MAX);
	buf_init(&mail, MAIL_MAX);
	tlsrpt_tally_report(t, a, domain, &report);
	int e = tlsrpt_report_write(&report, &json);
	struct tlsrpt_mail m = { .host = host, .domain = domain, .to = to, .id = report.id, .now = r->env->now(r->ctx), .json = buf_str(&json) };
	if (e == OK)
		e = tlsrpt_mail_write(&m, &mail);
	if (e == OK)
		e = hand_over(r, to, buf_str(&mail));
	buf_done(&json);
	buf_done(&mail);
	return e;
}

/* OK: done with this one, sent or not. */
static int report(struct relay *r, struct str domain, int64_t day, struct str record)
{
	struct arena a;
	struct str to = STR("");
	arena_init(&a, MEMORY, NULL, NULL);
	struct tlsrpt_tally *t = arena_new(&a, struct tlsrpt_tally);
	int e = tlsrpt_tally_read(record, t) == OK ? find_rua(r, &a, domain, &to) : E_NOTFOUND;
	if (e == OK) {
		e = compose(r, &a, domain, day, to, t);
		log_event(e == OK ? LOG_INFO : LOG_WARNING, "relay.tls-report", LOG_S("domain", domain), LOG_S("to", to), LOG_E(e), LOG_END);
	}
	arena_done(&a);
	return e == E_NOTFOUND || e == E_SYNTAX || e == E_TOOBIG ? OK : e;
}

/* What is recorded is removed behind the report: cut off between the two, a report goes out twice. */
static int each(void *ctx, const struct records_item *item)
{
	struct relay *r = ctx;
	struct str domain;
	int64_t day, today = r->env->now(r->ctx) / RELAY_DAY;
	if (r->stopping || !relay_results_key_read(item->key, &day, &domain) || day >= today)
		return OK;
	if (report(r, domain, day, item->value) != OK && day + KEPT_DAYS >= today)
		return OK;
	return r->env->record_drop(r->ctx, item->key);
}

int relay_tls_reports_round(struct relay *r)
{
	return r->env->record_each(r->ctx, STR(RELAY_RESULTS_PREFIX), each, r);
}

void relay_tls_reports(void *arg)
{
	struct relay *r = arg;
	int e = fiber_sleep(FIRST_LOOK_MS);
	while (e == OK && !r->stopping) {
		(void)!relay_tls_reports_round(r); /* what is left waits for the next round */
		e = fiber_sleep(LOOK_MS);
	}
}
