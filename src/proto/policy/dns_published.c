#include "proto/policy/dns_published.h"

#include "proto/dkim/dkim_private.h"
#include "proto/dmarc/dmarc_record.h"
#include "proto/dns/dns_rdata.h"
#include "proto/policy/bimi.h"
#include "proto/policy/mta_sts.h"
#include "proto/policy/tls_rpt.h"
#include "proto/spf/spf_record.h"

/* ---- does one value do what the wanted one does? ---- */

static struct str last_word(struct str s)
{
	size_t at = str_rfind(s, ' ');
	return at == STR_NPOS ? s : str_skip(s, at + 1);
}

static bool same_text(struct str want, struct str have) { return str_ieq(want, have); }
static bool same_host(struct str want, struct str have) { return str_ieq(last_word(want), last_word(have)); }

/* Priority and weight are the administrator's. */
static bool same_service(struct str want, struct str have)
{
	for (int i = 0; i < 2; i++) {
		str_until(&want, ' ');
		str_until(&have, ' ');
	}
	return str_ieq(want, have);
}

static bool is_spf(struct str want, struct str have)
{
	(void)want;
	return spf_record_is(have);
}

static bool is_dmarc(struct str want, struct str have)
{
	struct dmarc_record r;
	(void)want;
	return dmarc_record_is(have) && dmarc_record_parse(have, &r) == OK && r.usable;
}

static bool is_sts(struct str want, struct str have)
{
	struct str id;
	(void)want;
	return sts_record_parse(have, &id) == OK;
}

static bool is_tlsrpt(struct str want, struct str have)
{
	struct tlsrpt_record r;
	(void)want;
	return tlsrpt_record_parse(have, &r) == OK;
}

static bool same_logo(struct str want, struct str have)
{
	struct bimi_record w, h;
	return bimi_record_parse(want, &w) == OK && bimi_record_parse(have, &h) == OK && str_eq(w.location, h.location) &&
	       str_eq(w.authority, h.authority);
}

/* one: a second record of the kind makes all of them count for nothing. */
static const struct rule { bool (*serves)(struct str want, struct str have); bool one; } rules[] = {
	[WANTED_MX] = { same_host, false }, [WANTED_SPF] = { is_spf, true }, [WANTED_HOST_SPF] = { is_spf, true },
	[WANTED_DKIM] = { dkim_record_is, false }, [WANTED_DMARC] = { is_dmarc, true }, [WANTED_STS] = { is_sts, true },
	[WANTED_TLSRPT] = { is_tlsrpt, true }, [WANTED_TLSA] = { same_text, false }, [WANTED_SRV] = { same_service, false },
	[WANTED_CNAME] = { same_text, false }, [WANTED_BIMI] = { same_logo, true },
};

/* Other TXT records at the name of a domain or a host are others' business. */
static bool shared_name(const struct dns_wanted *w) { return w->kind == WANTED_SPF || w->kind == WANTED_HOST_SPF; }

enum dns_published dns_published_judge(const struct dns_wanted *w, const struct str *values, size_t count, const char **ret_text)
{
	const struct rule *rule = &rules[w->kind];
	size_t good = 0;
	*ret_text = "";
	for (size_t i = 0; i < count; i++)
		good += rule->serves(w->data, values[i]);
	if (good > 1 && rule->one) {
		*ret_text = "there are several: none of them counts";
		return PUBLISHED_AMBIGUOUS;
	}
	if (good)
		return PUBLISHED_OK;
	*ret_text = count && !shared_name(w) ? "what is published does not do what it should" : "it is not published";
	return count && !shared_name(w) ? PUBLISHED_DIFFERENT : PUBLISHED_MISSING;
}

const char *dns_published_name(enum dns_published state)
{
	static const char *const names[] = { "ok", "missing", "different", "ambiguous" };
	return names[state];
}

/* ---- values ---- */

static struct str dotted(struct arena *a, struct str name)
{
	return str_eq(name, STR(".")) ? name : arena_printf(a, "%.*s.", (int)name.n, name.p);
}

static int tlsa_value(struct arena *a, struct str rdata, struct str *ret)
{
	struct dns_tlsa t;
	int r = dns_tlsa_parse(rdata, &t);
	if (r != OK || t.data.n > 64)
		return E_SYNTAX;
	char *hex = arena_alloc(a, 2 * t.data.n + 1);
	for (size_t i = 0; i < t.data.n; i++) {
		hex[2 * i] = "0123456789abcdef"[(unsigned char)t.data.p[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[(unsigned char)t.data.p[i] & 15];
	}
	*ret = arena_printf(a, "%u %u %u %s", t.usage, t.selector, t.matching, hex);
	return OK;
}

int dns_published_value(struct arena *a, unsigned type, struct str rdata, struct str *ret)
{
	struct dns_mx mx;
	struct dns_srv srv;
	struct str name;
	int r;
	switch (type) {
	case DNS_TXT: return dns_txt_parse(a, rdata, ret);
	case DNS_TLSA: return tlsa_value(a, rdata, ret);
	case DNS_MX:
		if ((r = dns_mx_parse(a, rdata, &mx)) == OK)
			*ret = arena_printf(a, "%u " STR_FMT, mx.preference, STR_ARG(dotted(a, mx.host)));
		return r;
	case DNS_SRV:
		if ((r = dns_srv_parse(a, rdata, &srv)) == OK)
			*ret = arena_printf(a, "%u %u %u " STR_FMT, srv.priority, srv.weight, srv.port, STR_ARG(dotted(a, srv.host)));
		return r;
	case DNS_CNAME:
		if ((r = dns_domain_parse(a, rdata, &name)) == OK)
			*ret = dotted(a, name);
		return r;
	default: return E_UNSUPPORTED;
	}
}
