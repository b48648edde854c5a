/* `domain check`: what is published against what should be, for people and for monitoring. */
#include "cli/cli_dns.h"
#include "cli/cli_reports.h"

#include "proto/dmarc/dmarc_walk.h"
#include "proto/policy/dns_published.h"
#include "proto/spf/spf_check.h"

#include <stdio.h>
#include <time.h>

enum { DNS_MS = 60000, VALUES_MAX = 32, MEMORY = 64 << 20, REPORTS_ENOUGH = 14 };

struct check { struct cli *cli; struct channel *resolver; struct arena a; struct dns_env dns; json_t *rows; unsigned errors, warnings; };

enum level { LEVEL_OK, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };

static void tell(struct check *k, enum level level, struct str name, const char *type, struct str text)
{
	static const char *const levels[] = { "ok", "info", "warning", "error" };
	k->errors += level == LEVEL_ERROR;
	k->warnings += level == LEVEL_WARNING;
	json_array_append_new(k->rows, json_pack("{s:s, s:s%, s:s, s:s%}", "level", levels[level], "name", name.p, name.n, "type", type, "text",
		text.p ? text.p : "", text.n));
}

/* ---- DNS, by the resolver role ---- */

static unsigned type_of(const char *name)
{
	static const struct { const char *name; unsigned type; } types[] = { { "MX", DNS_MX }, { "TXT", DNS_TXT }, { "TLSA", DNS_TLSA },
		{ "SRV", DNS_SRV }, { "CNAME", DNS_CNAME } };
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	return 0;
}

static void ask(void *ctx, struct arena *a, struct str name, enum dns_type type, struct dns_env_answer *ret)
{
	struct check *k = ctx;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_req q = { .name = name, .type = type };
	struct ipc_dns_rep answer;
	*ret = (struct dns_env_answer){ .status = DNS_ENV_TEMPERROR };
	if (ipc_call_dns(k->resolver, &q, &answer, &hold, DNS_MS) == OK)
		dns_env_answer_read(a, type, answer.rcode, answer.security, answer.answers, ret);
	ipc_release(&hold);
}

/* E_IO: no answer. */
static int values(struct check *k, struct str name, unsigned type, struct str *ret, size_t *ret_n, bool *ret_secure)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_req q = { .name = name, .type = type };
	struct ipc_dns_rep a;
	int r = ipc_call_dns(k->resolver, &q, &a, &hold, DNS_MS);
	if (r == OK && (a.security == DNS_BOGUS || (a.rcode != DNS_NOERROR && a.rcode != DNS_NXDOMAIN)))
		r = E_IO;
	struct reader in = reader_of(r == OK ? a.answers : STR(""));
	*ret_n = 0;
	while (in.err == OK && in.rest.n && *ret_n < VALUES_MAX)
		if (dns_published_value(&k->a, type, read_str(&in, DNS_TXT_MAX), &ret[*ret_n]) == OK)
			(*ret_n)++;
	*ret_secure = r == OK && a.security == DNS_SECURE;
	ipc_release(&hold);
	return r == OK ? OK : E_IO;
}

/* ---- one record after the other ---- */

static enum level level_of(const struct dns_wanted *w)
{
	return w->need == NEED_MUST ? LEVEL_ERROR : w->need == NEED_SHOULD ? LEVEL_WARNING : LEVEL_INFO;
}

/* An alias is followed by the resolver: a name that leads to the host's addresses is as good. */
static enum dns_published judge(struct check *k, const struct dns_wanted *w, const char **text, bool *secure, int *err)
{
	struct str have[VALUES_MAX];
	size_t n = 0;
	*err = values(k, w->name, type_of(w->type), have, &n, secure);
	return dns_published_judge(w, have, n, text);
}

static void check_record(struct check *k, const struct dns_wanted *w)
{
	const char *text;
	bool secure;
	int err;
	enum dns_published state = judge(k, w, &text, &secure, &err);
	if (err != OK)
		tell(k, LEVEL_ERROR, w->name, w->type, STR("the DNS gives no valid answer"));
	else if (state != PUBLISHED_OK)
		tell(k, level_of(w), w->name, w->type, arena_printf(&k->a, "%s; wanted: %.*s (%s)", text, (int)w->data.n, w->data.p, w->why));
	else if (w->kind == WANTED_TLSA && !secure)
		tell(k, LEVEL_INFO, w->name, w->type, STR("published, but the zone is not signed (DNSSEC): nobody will use it"));
	else
		tell(k, LEVEL_OK, w->name, w->type, STR("as it should be"));
}

/* ---- the host ---- */

static bool leads_back(struct check *k, struct ip_address address, struct str hostname)
{
	char text[IP_REVERSE_MAX];
	struct str dotted = ip_dotted(address, text);
	struct dns_env_answer ptr = dns_env_ask(&k->dns, arena_printf(&k->a, STR_FMT "%s", STR_ARG(dotted), address.v6 ? ".ip6.arpa" : ".in-addr.arpa"), DNS_PTR);
	for (size_t i = 0; i < ptr.count; i++)
		if (str_ieq(ptr.values[i].text, hostname))
			return true;
	return false;
}

static void check_spf(struct check *k, const struct cli_dns *d, struct ip_address client)
{
	struct spf_question q = { .client = client, .helo = d->hostname, .local = STR("postmaster"), .domain = str_c(d->domain), .receiver = d->hostname,
		.now = (uint64_t)time(NULL) };
	struct spf_result r;
	char text[IP_TEXT_MAX];
	spf_check_mail_from(&k->dns, &q, &r);
	struct str who = ip_format(client, text);
	if (r.code == SPF_PASS)
		tell(k, LEVEL_OK, q.domain, "SPF", arena_printf(&k->a, STR_FMT " may send", STR_ARG(who)));
	else
		tell(k, LEVEL_ERROR, q.domain, "SPF",
			arena_printf(&k->a, STR_FMT " of this host gets \"%s\": " STR_FMT, STR_ARG(who), spf_code_name(r.code), STR_ARG(r.reason)));
}

/* An address that no term names goes through the whole tree (RFC 7208 section 4.6.4; RFC 5737: nobody's). */
static void check_spf_tree(struct check *k, const struct cli_dns *d)
{
	struct spf_question q = { .client = { .bytes = { 203, 0, 113, 255 } }, .helo = d->hostname, .local = STR("postmaster"), .domain = str_c(d->domain),
		.receiver = d->hostname, .now = (uint64_t)time(NULL) };
	struct spf_result r;
	spf_check_mail_from(&k->dns, &q, &r);
	enum level level = r.code == SPF_PERMERROR || r.code == SPF_PASS ? LEVEL_ERROR : r.terms > SPF_TERMS_MAX - 2 ? LEVEL_WARNING : LEVEL_OK;
	if (r.code == SPF_PASS)
		tell(k, level, q.domain, "SPF", STR("it lets everybody send for the domain"));
	else if (r.code != SPF_NONE)
		tell(k, level, q.domain, "SPF",
			arena_printf(&k->a, "%u of %d look-ups, %u of %d of them without an answer%s" STR_FMT, r.terms, SPF_TERMS_MAX, r.voids, SPF_VOID_MAX,
			 r.code == SPF_PERMERROR ? ": " : "", STR_ARG(r.code == SPF_PERMERROR ? r.reason : STR(""))));
}

static void check_host(struct check *k, const struct cli_dns *d)
{
	static const enum dns_type families[] = { DNS_A, DNS_AAAA };
	size_t count = 0;
	char text[IP_TEXT_MAX];
	for (size_t f = 0; f < COUNT_OF(families); f++) {
		struct dns_env_answer a = dns_env_ask(&k->dns, d->hostname, families[f]);
		for (size_t i = 0; i < a.count; i++, count++) {
			struct ip_address one = a.values[i].address;
			struct str shown = ip_format(one, text);
			if (!leads_back(k, one, d->hostname))
				tell(k, LEVEL_WARNING, d->hostname, "PTR",
					arena_printf(&k->a, STR_FMT " does not lead back to the host; many receivers refuse such mail", STR_ARG(shown)));
			check_spf(k, d, one);
		}
	}
	if (!count)
		tell(k, LEVEL_ERROR, d->hostname, "A", STR("the host has no address in DNS"));
}

/* ---- DMARC: the next step ---- */

/* What the reports of the last weeks say about going on. */
static struct str evidence(struct check *k, const struct cli_dns *d, bool *ret_good)
{
	struct cli_report_totals t = { 0 };
	json_t *reports = NULL;
	if (cli_reports(k->cli, d->domain, &reports) == CLI_OK)
		cli_reports_add_up(reports, &t);
	json_decref(reports);
	*ret_good = t.reports >= REPORTS_ENOUGH && t.messages && t.passed == t.messages;
	if (!t.reports)
		return STR("no reports came in yet");
	return arena_printf(&k->a, "%lld reports about %lld messages, of which %lld failed", (long long)t.reports, (long long)t.messages,
		(long long)(t.messages - t.passed));
}

static void check_policy(struct check *k, const struct cli_dns *d, const struct dmarc_record *r)
{
	bool good, reject = r->p == DMARC_POLICY_REJECT, watch = r->p == DMARC_POLICY_NONE;
	struct str facts = evidence(k, d, &good), domain = str_c(d->domain);
	const char *step = reject && r->testing ? "t=y asks others not to act: take it out when nothing of yours fails"
		: reject ? "" : good ? (watch ? "next step: p=quarantine" : "next step: p=reject")
		: "next step: see `ceralacca report summary` until all that is yours passes for two weeks, then go on";
	tell(k, watch ? LEVEL_WARNING : *step ? LEVEL_INFO : LEVEL_OK, domain, "DMARC",
		arena_printf(&k->a, "p=%s%s; " STR_FMT "%s%s", dmarc_policy_name(r->p), watch ? " only watches" : "", STR_ARG(facts), *step ? "; " : "", step));
}

/* Mailboxes show a logo only of who is protected as a whole: names below it too, and no test. */
static void check_logo(struct check *k, struct str domain, const struct dmarc_record *own, const struct dmarc_record *above)
{
	const struct dmarc_record *r = own ? own : above;
	bool weak = !r || (own && r->p == DMARC_POLICY_NONE) || r->sp == DMARC_POLICY_NONE || r->testing || r->pct < 100;
	if (weak)
		tell(k, LEVEL_WARNING, domain, "BIMI", STR("no logo is shown: BIMI needs p=quarantine or p=reject, for 100 % of the mail and for names below it"));
	else
		tell(k, LEVEL_OK, domain, "BIMI", STR("the policy is strict enough for a logo"));
}

static void check_dmarc(struct check *k, const struct cli_dns *d)
{
	struct dmarc_walk walk;
	struct str domain = str_c(d->domain);
	dmarc_walk(&k->dns, domain, &walk);
	const struct dmarc_record *r = dmarc_walk_record(&walk, domain);
	if (d->bimi.n)
		check_logo(k, domain, r, dmarc_walk_record(&walk, walk.organization));
	if (!r)
		return;
	check_policy(k, d, r);
	if (!r->rua_count)
		tell(k, LEVEL_WARNING, domain, "DMARC", STR("no rua=: nobody will tell you who sends in your name"));
}

/* ---- the whole ---- */

static void run(struct check *k, const struct cli_dns *d)
{
	struct dns_env_limits limits = { .questions = 500 };
	k->rows = json_array();
	arena_init(&k->a, MEMORY, NULL, NULL);
	dns_env_init(&k->dns, &k->a, (struct dns_source){ ask, NULL, k }, limits);
	for (size_t i = 0; i < d->count; i++)
		check_record(k, &d->wanted[i]);
	check_host(k, d);
	check_spf_tree(k, d);
	check_dmarc(k, d);
}

static void print(const struct check *k)
{
	static const struct cli_column columns[] = { { "STATE", "level" }, { "TYPE", "type" }, { "NAME", "name" }, { "", "text" } };
	cli_table(k->rows, columns, COUNT_OF(columns), "nothing to check");
	printf("%u errors, %u warnings\n", k->errors, k->warnings);
}

int cli_domain_check(struct cli *c)
{
	struct cli_dns d;
	struct check k = { .cli = c, .resolver = cli_role(c, ROLE_RESOLVER) };
	if (!k.resolver)
		return cli_refuse("the server is not running; start it first: its resolver is asked");
	int status = cli_dns_collect(c, c->args[0], &d);
	if (status != CLI_OK)
		return status;
	run(&k, &d);
	if (c->json) {
		json_t *all = json_pack("{s:s, s:i, s:i, s:O}", "domain", d.domain, "errors", (int)k.errors, "warnings", (int)k.warnings, "findings", k.rows);
		cli_json(all);
		json_decref(all);
	} else {
		print(&k);
	}
	json_decref(k.rows);
	arena_done(&k.a);
	cli_dns_done(&d);
	return k.errors ? CLI_REFUSED : CLI_OK;
}
