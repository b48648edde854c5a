/* The verdict as an Authentication-Results field (RFC 8601). */
#include "proto/verdict/verdict.h"

#include "proto/authres/authres.h"

enum { PROPERTIES = 6, RESULTS = DKIM_SIGNATURES_MAX + 5 };

struct writing {
	struct arena *a;
	struct authres_result results[RESULTS];
	size_t count;
};

static struct authres_result *begin(struct writing *w, const char *method, const char *result)
{
	struct authres_result *r = &w->results[w->count++];
	*r = (struct authres_result){ .method = str_c(method), .result = str_c(result),
				      .properties = arena_new_array(w->a, struct authres_property, PROPERTIES) };
	return r;
}

static void property(struct authres_result *r, const char *type, const char *name, struct str value)
{
	if (value.n)
		r->properties[r->count++] = (struct authres_property){ str_c(type), str_c(name), value };
}

static void write_spf(struct writing *w, const struct verdict *v)
{
	struct authres_result *r;
	if (!v->in.has_client)
		return;
	if (v->in.sender.n) {
		r = begin(w, "spf", spf_code_name(v->mail_from.code));
		r->reason = v->mail_from.code == SPF_PASS ? STR("") : v->mail_from.reason;
		property(r, "smtp", "mailfrom", v->in.sender);
	}
	if (v->in.sender.n && v->helo.code == SPF_NONE)
		return;
	r = begin(w, "spf", spf_code_name(v->helo.code));
	r->reason = v->helo.code == SPF_PASS ? STR("") : v->helo.reason;
	property(r, "smtp", "helo", v->in.helo);
}

static void write_dkim(struct writing *w, const struct verdict *v)
{
	if (v->dkim.count == 0)
		begin(w, "dkim", "none");
	for (size_t i = 0; i < v->dkim.count; i++) {
		const struct dkim_result *d = &v->dkim.results[i];
		struct authres_result *r = begin(w, "dkim", dkim_code_name(d->code));
		r->comment = d->code == DKIM_PASS ? d->reason : STR("");
		r->reason = d->code == DKIM_PASS ? STR("") : d->reason;
		property(r, "header", "d", d->domain);
		property(r, "header", "i", d->identity.n > 1 && d->identity.p[0] != '@' ? d->identity : STR(""));
		property(r, "header", "s", d->selector);
		property(r, "header", "a", d->domain.n ? dkim_algorithm_name(d->algorithm) : STR(""));
		property(r, "header", "b", d->short_signature);
	}
}

static void write_arc(struct writing *w, const struct verdict *v)
{
	const struct arc_result *c = &v->arc.result;
	if (v->arc.count == 0)
		return;
	struct authres_result *r = begin(w, "arc", arc_code_name(c->code));
	r->reason = c->code == ARC_PASS ? STR("") : c->reason;
	r->comment = c->code == ARC_PASS ? arena_printf(w->a, "i=%u " STR_FMT, c->instances, STR_ARG(c->sealer)) : STR("");
}

static void write_dmarc(struct writing *w, const struct verdict *v)
{
	const char *override = verdict_override_name(v->override);
	struct authres_result *r = begin(w, "dmarc", dmarc_code_name(v->dmarc.code));
	r->comment = *override ? arena_printf(w->a, STR_FMT " override=%s", STR_ARG(v->dmarc.comment), override) : v->dmarc.comment;
	r->reason = v->dmarc.code == DMARC_PASS ? STR("") : v->dmarc.reason;
	property(r, "header", "from", v->dmarc.from_domain);
}

int verdict_write(const struct verdict *v, struct buf *out)
{
	struct writing w = { .a = v->a };
	write_spf(&w, v);
	write_dkim(&w, v);
	write_arc(&w, v);
	write_dmarc(&w, v);
	return authres_write(out, v->in.receiver, w.results, w.count);
}
