#include "role/scan/scan_seen.h"

#include "ipc/channel.h"
#include "proto/dmarc/dmarc_seen.h"

/* RFC 9990: what was done ("pass": the domain asks for more than to watch, and the message passed), and why it was not what it asked for. */
static struct str disposition(const struct verdict *v)
{
	if (v->dmarc.code != DMARC_FAIL)
		return v->dmarc.policy == DMARC_POLICY_NONE ? STR("none") : STR("pass");
	return v->action == VERDICT_REJECT ? STR("reject") : v->action == VERDICT_JUNK ? STR("quarantine") : STR("none");
}

static struct str reason(const struct verdict *v)
{
	static const struct str reasons[] = {
		[VERDICT_NO_OVERRIDE] = STR_INIT(""), [VERDICT_TRUSTED_SEALER] = STR_INIT("trusted_forwarder"), [VERDICT_TRUSTED_LIST] = STR_INIT("mailing_list"),
		[VERDICT_LIST_LIKE] = STR_INIT("mailing_list"), [VERDICT_LOCAL_POLICY] = STR_INIT("local_policy"),
	};
	return reasons[v->override];
}

static struct str pass(bool yes) { return yes ? STR("pass") : STR("fail"); }

static void describe(const struct verdict *v, char address[IP_TEXT_MAX], struct dmarc_seen *ret)
{
	const struct dmarc_result *d = &v->dmarc;
	size_t at = str_rfind(v->in.sender, '@');
	*ret = (struct dmarc_seen){ .from = d->from_domain, .source_ip = ip_format(v->in.client, address), .disposition = disposition(v),
		.dkim = pass(d->dkim_aligned.n > 0), .spf = pass(d->spf_aligned.n > 0), .reason = reason(v),
		.envelope_from = at == STR_NPOS ? v->mail_from.domain : str_skip(v->in.sender, at + 1), .spf_domain = v->mail_from.domain,
		.spf_result = str_c(spf_code_name(v->mail_from.code)) };
	for (size_t i = 0; i < v->dkim.count && ret->signature_count < DMARC_SEEN_SIGNATURES; i++) {
		const struct dkim_result *r = &v->dkim.results[i];
		if (r->domain.n)
			ret->signatures[ret->signature_count++] = (struct dmarc_report_dkim){ r->domain, r->selector, str_c(dkim_code_name(r->code)), STR("") };
	}
}

void scan_seen_tell(const struct verdict *v)
{
	char address[IP_TEXT_MAX];
	struct dmarc_seen seen;
	struct buf row;
	struct channel *relay = channel_to(ROLE_RELAY, 0);
	const struct dmarc_result *d = &v->dmarc;
	if (!relay || !v->in.has_client || !d->record || !d->record->rua_count || (d->code != DMARC_PASS && d->code != DMARC_FAIL))
		return;
	buf_init(&row, DMARC_SEEN_MAX);
	struct bufw w = { .b = &row };
	describe(v, address, &seen);
	dmarc_seen_write(&w, &seen);
	/* a count that is lost with the process that keeps it does no harm */
	if (w.err == OK)
		(void)!ipc_note_dmarc_seen(relay, &(struct ipc_dmarc_seen_note){ .domain = d->policy_domain, .row = buf_str(&row) });
	buf_done(&row);
}
