/* One report on its way: where to, as which mail (RFC 9990 sections 3.3 and 4). */
#include "role/relay/relay_dmarc.h"

#include "base/base64.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/dmarc/dmarc_check.h"
#include "proto/header/date.h"
#include "proto/policy/report_unpack.h"

enum { XML_MAX = 8 << 20, GZIP_MAX = 160 << 10, MAIL_MAX = 256 << 10, LINE = 76, STORE_MS = 60000, ADDRESS_MAX = 254, MEMORY = 256 << 20, QUESTIONS = 60 };

static struct str host_of(const struct relay *r) { return str_c(r->conf->server.hostname); }

/* ---- the mail ---- */

static void put_base64(struct bufw *w, struct str bytes)
{
	struct buf text;
	buf_init(&text, MAIL_MAX);
	if (base64_encode(&text, bytes) != OK)
		w->err = E_TOOBIG;
	struct str rest = buf_str(&text);
	while (rest.n) {
		bufw_str(w, str_take_n(&rest, LINE));
		bufw_c(w, "\r\n");
	}
	buf_done(&text);
}

static int write_mail(struct relay *r, struct arena *a, const struct dmarc_report *p, struct str to, struct str packed, struct buf *out)
{
	struct bufw w = { .b = out };
	char date[DATE_TEXT_MAX];
	struct str host = host_of(r), stem = dmarc_report_file_stem(a, host, p);
	unsigned long long unique = (unsigned long long)random_u64();
	bufw_printf(&w, "From: \"DMARC reports of %s\" <postmaster@%s>\r\nTo: <" STR_FMT ">\r\n", r->conf->server.hostname, r->conf->server.hostname, STR_ARG(to));
	bufw_c(&w, "Date: ");
	bufw_str(&w, date_format_rfc5322((struct date){ .unix_seconds = r->env->now(r->ctx) }, date));
	bufw_printf(&w, "\r\nMessage-ID: <%016llx.dmarc@%s>\r\nSubject: Report Domain: " STR_FMT "\r\n Submitter: %s\r\n Report-ID: <" STR_FMT ">\r\n", unique,
		r->conf->server.hostname, STR_ARG(p->domain), r->conf->server.hostname, STR_ARG(p->report_id));
	bufw_printf(&w, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_%016llx\"\r\n\r\n", unique);
	bufw_printf(&w, "--=_%016llx\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nAn aggregate report about mail from " STR_FMT " that came to %s.\r\n", unique,
		STR_ARG(p->domain), r->conf->server.hostname);
	bufw_printf(&w, "--=_%016llx\r\nContent-Type: application/gzip\r\nContent-Disposition: attachment;\r\n filename=\"", unique);
	bufw_str(&w, stem);
	bufw_c(&w, ".xml.gz\"\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	put_base64(&w, packed);
	bufw_printf(&w, "--=_%016llx--\r\n", unique);
	return w.err;
}

/* Into the queue, where it is signed as all that leaves. */
static int queue(struct relay *r, struct str to, struct str mail)
{
	struct ipc_hold scanned = IPC_HOLD, hold = IPC_HOLD;
	struct ipc_scan_req q = { .purpose = SCAN_REPORT, .bytes = mail, .body = -1 };
	struct ipc_scan_rep a = { 0 };
	int e = r->env->scan(r->ctx, &q, &a, &scanned);
	struct ipc_report_send_req send = { .to = to, .bytes = mail, .summary = a.summary };
	struct ipc_report_send_rep sent;
	if (e == OK)
		e = ipc_call_report_send(NULL, &send, &sent, &hold, STORE_MS);
	ipc_release(&scanned);
	ipc_release(&hold);
	return e;
}

/* ---- where to ---- */

/* "mailto:reports@example.org", with what may stand behind it ignored. Printable ASCII only, since it goes into a header. */
static bool address_of(struct str uri, struct str *ret)
{
	if (!str_itake(&uri, STR("mailto:")))
		return false;
	uri = str_first(uri, str_find(uri, '?') == STR_NPOS ? uri.n : str_find(uri, '?'));
	size_t at = str_rfind(uri, '@');
	if (at == STR_NPOS || at == 0 || uri.n > ADDRESS_MAX || !dns_name_is_host(str_skip(uri, at + 1)))
		return false;
	for (size_t i = 0; i < at; i++)
		if (!ascii_is_alnum(uri.p[i]) && !memchr(".!#$&'*+-/=?^_`{|}~", uri.p[i], 19))
			return false;
	*ret = uri;
	return true;
}

struct sending { struct relay *r; struct arena *a; struct dns_env *dns; const struct dmarc_report *report; struct str packed; };

/* A place that refuses, or is not asked for properly, is passed over. */
static int send_to(const struct sending *s, const struct dmarc_uri *u)
{
	struct str to;
	struct buf mail;
	if (!address_of(u->uri, &to) || (u->max_bytes && s->packed.n > u->max_bytes))
		return OK;
	int e = dmarc_destination_check(s->dns, s->report->domain, str_skip(to, str_rfind(to, '@') + 1));
	if (e != OK)
		return e == E_AGAIN ? E_AGAIN : OK;
	buf_init(&mail, MAIL_MAX);
	e = write_mail(s->r, s->a, s->report, to, s->packed, &mail);
	if (e == OK)
		e = queue(s->r, to, buf_str(&mail));
	buf_done(&mail);
	log_event(e == OK ? LOG_INFO : LOG_WARNING, "relay.dmarc-report", LOG_S("domain", s->report->domain), LOG_S("to", to),
		LOG_U("rows", s->report->record_count), LOG_E(e), LOG_END);
	return e;
}

/* ---- the report ---- */

static int pack(const struct dmarc_report *p, struct buf *out)
{
	struct buf xml;
	buf_init(&xml, XML_MAX);
	int e = dmarc_report_write(&xml, p);
	if (e == OK)
		e = report_pack(buf_str(&xml), out);
	buf_done(&xml);
	return e;
}

static void fill(struct relay *r, struct arena *a, const struct dmarc_record *record, struct dmarc_report *p)
{
	p->org_name = host_of(r);
	p->email = arena_printf(a, "postmaster@%s", r->conf->server.hostname);
	p->report_id = arena_printf(a, "%llx.%016llx@%s", (unsigned long long)p->begin, (unsigned long long)random_u64(), r->conf->server.hostname);
	p->generator = STR("Ceralacca");
	p->p = str_c(dmarc_policy_name(record->p));
	p->sp = record->has_sp ? str_c(dmarc_policy_name(record->sp)) : STR("");
	p->np = record->has_np ? str_c(dmarc_policy_name(record->np)) : STR("");
	p->adkim = record->strict_dkim ? STR("s") : STR("r");
	p->aspf = record->strict_spf ? STR("s") : STR("r");
	p->testing = record->testing ? STR("y") : STR("n");
	p->discovery_method = STR("treewalk");
}

static int send_all(struct sending *s, const struct dmarc_record *record)
{
	struct buf packed;
	int worst = OK;
	buf_init(&packed, GZIP_MAX);
	int e = pack(s->report, &packed);
	s->packed = buf_str(&packed);
	for (size_t i = 0; i < record->rua_count && e == OK; i++) {
		int one = send_to(s, &record->rua[i]);
		worst = one != OK ? one : worst;
	}
	if (e == E_TOOBIG)
		log_event(LOG_WARNING, "relay.dmarc-report", LOG_S("domain", s->report->domain), LOG_C("what", "too large to send"), LOG_END);
	buf_done(&packed);
	return worst;
}

int relay_dmarc_send(struct relay *r, struct arena *a, struct dmarc_report *report)
{
	struct arena memory;
	struct dns_env dns;
	struct dmarc_walk walk;
	const struct relay_sign_env env = { r->env->signers, r->env->sign, r->env->dns, r->env->now };
	struct relay_signing source = { .env = &env, .ctx = r->ctx, .conf = r->conf };
	arena_init(&memory, MEMORY, NULL, NULL);
	dns_env_init(&dns, &memory, relay_dns_source(&source), ((struct dns_env_limits){ .questions = QUESTIONS }));
	dmarc_walk(&dns, report->domain, &walk);
	const struct dmarc_record *record = dmarc_walk_record(&walk, report->domain);
	int e = walk.start_failed ? E_AGAIN : OK;
	if (e == OK && record && report->record_count) {
		fill(r, a, record, report);
		e = send_all(&(struct sending){ r, a, &dns, report, STR("") }, record);
	}
	arena_done(&memory);
	return e;
}
