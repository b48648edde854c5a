#include "proto/dmarc/dmarc_report.h"

#include "proto/xml/xml_pull.h"

#include <stddef.h>

enum { PATH_MAX_OCTETS = 128 };

/* The element that text belongs to is known by its path below <feedback>. */
struct reading {
	struct arena *a;
	struct xml_pull xml;
	struct dmarc_report *report;
	char path[PATH_MAX_OCTETS];
	size_t path_n;
	size_t too_deep; /* open elements that the path has no room for */
	char text[DMARC_REPORT_TEXT_MAX];
	size_t text_n;
};

enum target { IN_REPORT, IN_RECORD, IN_REASON, IN_DKIM, IN_SPF };
enum kind { TEXT, NUMBER };

#define FIELD(target, type, member, kind, path)                                                                        \
	{                                                                                                              \
		STR_INIT(path), target, kind, offsetof(struct type, member)                                            \
	}
static const struct {
	struct str path;
	enum target target;
	enum kind kind;
	size_t offset;
} fields[] = {
	FIELD(IN_REPORT, dmarc_report, version, TEXT, "version"),
	FIELD(IN_REPORT, dmarc_report, org_name, TEXT, "report_metadata/org_name"),
	FIELD(IN_REPORT, dmarc_report, email, TEXT, "report_metadata/email"),
	FIELD(IN_REPORT, dmarc_report, extra_contact_info, TEXT, "report_metadata/extra_contact_info"),
	FIELD(IN_REPORT, dmarc_report, report_id, TEXT, "report_metadata/report_id"),
	FIELD(IN_REPORT, dmarc_report, error, TEXT, "report_metadata/error"),
	FIELD(IN_REPORT, dmarc_report, generator, TEXT, "report_metadata/generator"),
	FIELD(IN_REPORT, dmarc_report, begin, NUMBER, "report_metadata/date_range/begin"),
	FIELD(IN_REPORT, dmarc_report, end, NUMBER, "report_metadata/date_range/end"),
	FIELD(IN_REPORT, dmarc_report, domain, TEXT, "policy_published/domain"),
	FIELD(IN_REPORT, dmarc_report, p, TEXT, "policy_published/p"),
	FIELD(IN_REPORT, dmarc_report, sp, TEXT, "policy_published/sp"),
	FIELD(IN_REPORT, dmarc_report, np, TEXT, "policy_published/np"),
	FIELD(IN_REPORT, dmarc_report, adkim, TEXT, "policy_published/adkim"),
	FIELD(IN_REPORT, dmarc_report, aspf, TEXT, "policy_published/aspf"),
	FIELD(IN_REPORT, dmarc_report, fo, TEXT, "policy_published/fo"),
	FIELD(IN_REPORT, dmarc_report, testing, TEXT, "policy_published/testing"),
	FIELD(IN_REPORT, dmarc_report, discovery_method, TEXT, "policy_published/discovery_method"),
	FIELD(IN_REPORT, dmarc_report, pct, NUMBER, "policy_published/pct"),
	FIELD(IN_RECORD, dmarc_report_record, source_ip, TEXT, "record/row/source_ip"),
	FIELD(IN_RECORD, dmarc_report_record, count, NUMBER, "record/row/count"),
	FIELD(IN_RECORD, dmarc_report_record, disposition, TEXT, "record/row/policy_evaluated/disposition"),
	FIELD(IN_RECORD, dmarc_report_record, dkim, TEXT, "record/row/policy_evaluated/dkim"),
	FIELD(IN_RECORD, dmarc_report_record, spf, TEXT, "record/row/policy_evaluated/spf"),
	FIELD(IN_REASON, dmarc_report_reason, type, TEXT, "record/row/policy_evaluated/reason/type"),
	FIELD(IN_REASON, dmarc_report_reason, comment, TEXT, "record/row/policy_evaluated/reason/comment"),
	FIELD(IN_RECORD, dmarc_report_record, envelope_to, TEXT, "record/identifiers/envelope_to"),
	FIELD(IN_RECORD, dmarc_report_record, envelope_from, TEXT, "record/identifiers/envelope_from"),
	FIELD(IN_RECORD, dmarc_report_record, header_from, TEXT, "record/identifiers/header_from"),
	FIELD(IN_DKIM, dmarc_report_dkim, domain, TEXT, "record/auth_results/dkim/domain"),
	FIELD(IN_DKIM, dmarc_report_dkim, selector, TEXT, "record/auth_results/dkim/selector"),
	FIELD(IN_DKIM, dmarc_report_dkim, result, TEXT, "record/auth_results/dkim/result"),
	FIELD(IN_DKIM, dmarc_report_dkim, human_result, TEXT, "record/auth_results/dkim/human_result"),
	FIELD(IN_SPF, dmarc_report_spf, domain, TEXT, "record/auth_results/spf/domain"),
	FIELD(IN_SPF, dmarc_report_spf, scope, TEXT, "record/auth_results/spf/scope"),
	FIELD(IN_SPF, dmarc_report_spf, result, TEXT, "record/auth_results/spf/result"),
	FIELD(IN_SPF, dmarc_report_spf, human_result, TEXT, "record/auth_results/spf/human_result"),
};
#undef FIELD

static struct str path_of(const struct reading *r) { return (struct str){ r->path, r->path_n }; }

static struct dmarc_report_record *last_record(const struct reading *r)
{
	return r->report->record_count ? &r->report->records[r->report->record_count - 1] : NULL;
}

static void *last_of(void *array, size_t count, size_t size)
{
	return count ? (char *)array + (count - 1) * size : NULL;
}

/* Where the fields of the target lie now; NULL: the element that would hold them was never opened. */
static void *base_of(const struct reading *r, enum target target)
{
	struct dmarc_report_record *record = last_record(r);
	if (target == IN_REPORT)
		return r->report;
	if (!record || target == IN_RECORD)
		return record;
	if (target == IN_REASON)
		return last_of(record->reasons, record->reason_count, sizeof *record->reasons);
	if (target == IN_DKIM)
		return last_of(record->dkim_results, record->dkim_count, sizeof *record->dkim_results);
	return last_of(record->spf_results, record->spf_count, sizeof *record->spf_results);
}

static struct str clean_text(struct reading *r)
{
	for (size_t i = 0; i < r->text_n; i++)
		if ((unsigned char)r->text[i] < ' ' || r->text[i] == 0x7f)
			r->text[i] = ' ';
	return arena_dup(r->a, str_trim((struct str){ r->text, r->text_n }));
}

/* Seconds and counts; some senders write seconds as "1337270400.0". */
static uint64_t number_of(struct str text)
{
	uint64_t n;
	return str_u64(str_until(&text, '.'), UINT64_MAX, &n) == OK ? n : 0;
}

static void store(struct reading *r, enum kind kind, void *field)
{
	struct str text = clean_text(r);
	if (kind == NUMBER) {
		uint64_t *number = field;
		if (*number == 0)
			*number = number_of(text);
		return;
	}
	struct str *s = field;
	if (s->n == 0)
		*s = text;
}

static void finish_element(struct reading *r)
{
	struct str path = path_of(r);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (!str_eq(path, fields[i].path))
			continue;
		char *base = base_of(r, fields[i].target);
		if (base)
			store(r, fields[i].kind, (void *)(base + fields[i].offset));
		return;
	}
}

/* Room for one more of what repeats. */
static int open_list(struct reading *r, struct str path)
{
	struct dmarc_report *report = r->report;
	struct dmarc_report_record *record = last_record(r);
	if (str_eq(path, STR("record"))) {
		if (report->record_count == DMARC_REPORT_RECORDS_MAX)
			return E_TOOBIG;
		arena_push(r->a, &report->records, &report->record_count, &report->record_cap, sizeof *report->records);
		return OK;
	}
	if (!record)
		return OK;
	if (record->reason_count + record->dkim_count + record->spf_count >= DMARC_REPORT_ITEMS_MAX)
		return E_TOOBIG;
	if (str_eq(path, STR("record/row/policy_evaluated/reason")))
		arena_push(r->a, &record->reasons, &record->reason_count, &record->reason_cap, sizeof *record->reasons);
	else if (str_eq(path, STR("record/auth_results/dkim")))
		arena_push(r->a, &record->dkim_results, &record->dkim_count, &record->dkim_cap,
			   sizeof *record->dkim_results);
	else if (str_eq(path, STR("record/auth_results/spf")))
		arena_push(r->a, &record->spf_results, &record->spf_count, &record->spf_cap,
			   sizeof *record->spf_results);
	return OK;
}

static int on_start(struct reading *r)
{
	struct str name = r->xml.name;
	if (r->xml.depth == 1)
		return str_eq(name, STR("feedback")) ? OK : E_SYNTAX;
	r->text_n = 0;
	if (r->too_deep || r->path_n + 1 + name.n > sizeof r->path) {
		r->too_deep++;
		return OK;
	}
	if (r->path_n)
		r->path[r->path_n++] = '/';
	memcpy(r->path + r->path_n, name.p, name.n);
	r->path_n += name.n;
	return open_list(r, path_of(r));
}

static void on_end(struct reading *r)
{
	if (r->too_deep) {
		r->too_deep--;
		return;
	}
	finish_element(r);
	size_t slash = str_rfind(path_of(r), '/');
	r->path_n = slash == STR_NPOS ? 0 : slash;
	r->text_n = 0;
}

static void on_text(struct reading *r)
{
	struct str s = utf8_first(r->xml.text, sizeof r->text - r->text_n);
	memcpy(r->text + r->text_n, s.p, s.n);
	r->text_n += s.n;
}

int dmarc_report_read(struct arena *a, struct str xml, struct dmarc_report *ret)
{
	struct dmarc_report report = { .begin = 0 };
	struct reading *r = arena_new(a, struct reading);
	enum xml_event event = XML_TEXT;
	int e = xml.n > DMARC_REPORT_XML_MAX ? E_TOOBIG : OK;
	r->a = a;
	r->report = &report;
	xml_pull_init(&r->xml, a, xml);
	while (e == OK && (e = xml_pull_next(&r->xml, &event)) == OK && event != XML_EOF) {
		if (event == XML_START)
			e = on_start(r);
		else if (event == XML_END)
			on_end(r);
		else
			on_text(r);
	}
	if (e == OK)
		*ret = report;
	return e;
}
