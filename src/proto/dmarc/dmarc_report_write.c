#include "proto/dmarc/dmarc_report.h"

#include "proto/xml/xml_pull.h"

enum { INDENT = 2 };

struct writer {
	struct bufw w;
	unsigned depth;
};

static void put_indent(struct writer *o)
{
	for (unsigned i = 0; i < o->depth * INDENT; i++)
		bufw_char(&o->w, ' ');
}

static void open_element(struct writer *o, const char *name)
{
	put_indent(o);
	bufw_printf(&o->w, "<%s>\n", name);
	o->depth++;
}

static void close_element(struct writer *o, const char *name)
{
	o->depth--;
	put_indent(o);
	bufw_printf(&o->w, "</%s>\n", name);
}

static void put_always(struct writer *o, const char *name, struct str text)
{
	put_indent(o);
	bufw_printf(&o->w, "<%s>", name);
	xml_put_text(&o->w, text);
	bufw_printf(&o->w, "</%s>\n", name);
}

static void put(struct writer *o, const char *name, struct str text)
{
	if (text.n)
		put_always(o, name, text);
}

static void put_number(struct writer *o, const char *name, uint64_t n)
{
	put_indent(o);
	bufw_printf(&o->w, "<%s>%llu</%s>\n", name, (unsigned long long)n, name);
}

static void put_metadata(struct writer *o, const struct dmarc_report *r)
{
	open_element(o, "report_metadata");
	put_always(o, "org_name", r->org_name);
	put_always(o, "email", r->email);
	put(o, "extra_contact_info", r->extra_contact_info);
	put_always(o, "report_id", r->report_id);
	open_element(o, "date_range");
	put_number(o, "begin", r->begin);
	put_number(o, "end", r->end);
	close_element(o, "date_range");
	put(o, "error", r->error);
	put(o, "generator", r->generator);
	close_element(o, "report_metadata");
}

static void put_policy(struct writer *o, const struct dmarc_report *r)
{
	open_element(o, "policy_published");
	put_always(o, "domain", r->domain);
	put(o, "adkim", r->adkim);
	put(o, "aspf", r->aspf);
	put(o, "p", r->p);
	put(o, "sp", r->sp);
	put(o, "np", r->np);
	put(o, "testing", r->testing);
	put(o, "discovery_method", r->discovery_method);
	put(o, "fo", r->fo);
	close_element(o, "policy_published");
}

static void put_row(struct writer *o, const struct dmarc_report_record *r)
{
	open_element(o, "row");
	put_always(o, "source_ip", r->source_ip);
	put_number(o, "count", r->count);
	open_element(o, "policy_evaluated");
	put_always(o, "disposition", r->disposition);
	put_always(o, "dkim", r->dkim);
	put_always(o, "spf", r->spf);
	for (size_t i = 0; i < r->reason_count; i++) {
		open_element(o, "reason");
		put_always(o, "type", r->reasons[i].type);
		put(o, "comment", r->reasons[i].comment);
		close_element(o, "reason");
	}
	close_element(o, "policy_evaluated");
	close_element(o, "row");
}

static void put_identifiers(struct writer *o, const struct dmarc_report_record *r)
{
	open_element(o, "identifiers");
	put_always(o, "header_from", r->header_from);
	put(o, "envelope_from", r->envelope_from);
	put(o, "envelope_to", r->envelope_to);
	close_element(o, "identifiers");
}

static void put_auth_results(struct writer *o, const struct dmarc_report_record *r)
{
	open_element(o, "auth_results");
	for (size_t i = 0; i < r->dkim_count; i++) {
		open_element(o, "dkim");
		put_always(o, "domain", r->dkim_results[i].domain);
		put_always(o, "selector", r->dkim_results[i].selector);
		put_always(o, "result", r->dkim_results[i].result);
		put(o, "human_result", r->dkim_results[i].human_result);
		close_element(o, "dkim");
	}
	for (size_t i = 0; i < r->spf_count; i++) {
		open_element(o, "spf");
		put_always(o, "domain", r->spf_results[i].domain);
		put(o, "scope", r->spf_results[i].scope);
		put_always(o, "result", r->spf_results[i].result);
		put(o, "human_result", r->spf_results[i].human_result);
		close_element(o, "spf");
	}
	close_element(o, "auth_results");
}

int dmarc_report_write(struct buf *out, const struct dmarc_report *report)
{
	size_t start = out->n;
	struct writer o = { .w = { .b = out }, .depth = 1 };
	bufw_c(&o.w,
	       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">\n");
	put_always(&o, "version", report->version.n ? report->version : STR("1.0"));
	put_metadata(&o, report);
	put_policy(&o, report);
	for (size_t i = 0; i < report->record_count; i++) {
		open_element(&o, "record");
		put_row(&o, &report->records[i]);
		put_identifiers(&o, &report->records[i]);
		put_auth_results(&o, &report->records[i]);
		close_element(&o, "record");
	}
	bufw_c(&o.w, "</feedback>\n");
	if (o.w.err != OK)
		out->n = start;
	return o.w.err;
}

struct str dmarc_report_file_stem(struct arena *a, struct str receiver, const struct dmarc_report *report)
{
	return arena_printf(a, STR_FMT "!" STR_FMT "!%llu!%llu", STR_ARG(receiver), STR_ARG(report->domain),
			    (unsigned long long)report->begin, (unsigned long long)report->end);
}
