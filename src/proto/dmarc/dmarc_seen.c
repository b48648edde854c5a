#include "proto/dmarc/dmarc_seen.h"

enum { WORD_MAX = 32, NAME_MAX_BYTES = 255, VERSION = 1 };

void dmarc_seen_write(struct bufw *w, const struct dmarc_seen *s)
{
	const struct str fields[] = { s->from, s->source_ip, s->disposition, s->dkim, s->spf, s->reason, s->envelope_from, s->spf_domain, s->spf_result };
	write_u8(w, VERSION);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		write_str(w, str_first(fields[i], NAME_MAX_BYTES));
	write_u8(w, (uint8_t)s->signature_count);
	for (size_t i = 0; i < s->signature_count; i++) {
		write_str(w, str_first(s->signatures[i].domain, NAME_MAX_BYTES));
		write_str(w, str_first(s->signatures[i].selector, NAME_MAX_BYTES));
		write_str(w, str_first(s->signatures[i].result, WORD_MAX));
	}
}

static struct str name(struct reader *r)
{
	struct str s = read_str(r, NAME_MAX_BYTES);
	if (str_has_control(s) || !utf8_valid(s))
		r->err = E_PROTO;
	return s;
}

static void read_signatures(struct arena *a, struct reader *r, struct dmarc_report_record *ret)
{
	size_t n = read_u8(r);
	if (n > DMARC_SEEN_SIGNATURES)
		r->err = E_PROTO;
	for (size_t i = 0; r->err == OK && i < n; i++) {
		struct dmarc_report_dkim *one = arena_push(a, &ret->dkim_results, &ret->dkim_count, &ret->dkim_cap, sizeof *one);
		one->domain = name(r);
		one->selector = name(r);
		one->result = name(r);
	}
}

int dmarc_seen_read(struct arena *a, struct str bytes, uint64_t count, struct dmarc_report_record *ret)
{
	struct reader r = reader_of(bytes);
	struct dmarc_report_record row = { .count = count };
	if (read_u8(&r) != VERSION)
		return E_PROTO;
	row.header_from = name(&r);
	row.source_ip = name(&r);
	row.disposition = name(&r);
	row.dkim = name(&r);
	row.spf = name(&r);
	struct str reason = name(&r);
	row.envelope_from = name(&r);
	struct dmarc_report_spf spf = { .domain = name(&r), .scope = STR("mfrom"), .result = name(&r) };
	if (r.err == OK && reason.n)
		((struct dmarc_report_reason *)arena_push(a, &row.reasons, &row.reason_count, &row.reason_cap, sizeof *row.reasons))->type = reason;
	if (r.err == OK && spf.domain.n)
		*(struct dmarc_report_spf *)arena_push(a, &row.spf_results, &row.spf_count, &row.spf_cap, sizeof spf) = spf;
	read_signatures(a, &r, &row);
	int e = reader_end(&r);
	if (e == OK)
		*ret = row;
	return e;
}
