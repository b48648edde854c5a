#include "proto/policy/dns_wanted.h"

struct list { struct arena *a; struct dns_wanted *v; size_t n, cap; };

#define S(s) (int)(s).n, (s).p

static void add(struct list *l, enum dns_wanted_kind kind, enum dns_need need, struct str name, const char *type, struct str data, const char *why)
{
	*(struct dns_wanted *)arena_push(l->a, &l->v, &l->n, &l->cap, sizeof *l->v) =
		(struct dns_wanted){ kind, need, name, type, data, why };
}

/* RFC 6186, RFC 8314: what clients look for when they are given an address. Port 0 is "not offered here". */
static const struct service { const char *name; unsigned port; } services[] = {
	{ "_submissions._tcp", 465 }, { "_submission._tcp", 587 }, { "_imaps._tcp", 993 }, { "_imap._tcp", 143 }, { "_pop3s._tcp", 0 }, { "_pop3._tcp", 0 },
};

static void add_services(struct list *l, const struct dns_wanted_input *in)
{
	for (size_t i = 0; i < COUNT_OF(services); i++) {
		struct str name = arena_printf(l->a, "%s.%.*s", services[i].name, S(in->domain));
		struct str data = services[i].port ? arena_printf(l->a, "0 1 %u %.*s.", services[i].port + in->port_base, S(in->hostname)) : STR("0 0 0 .");
		add(l, WANTED_SRV, NEED_SHOULD, name, "SRV", data, "mail programs find the server by the address alone (RFC 6186, RFC 8314)");
	}
}

static void add_keys(struct list *l, const struct dns_wanted_input *in)
{
	for (size_t i = 0; i < in->key_count; i++)
		add(l, WANTED_DKIM, in->keys[i].needed ? NEED_MUST : NEED_SHOULD,
			arena_printf(l->a, "%.*s._domainkey.%.*s", S(in->keys[i].selector), S(in->domain)), "TXT", in->keys[i].record,
			in->keys[i].needed ? "receivers check the signature of what leaves (RFC 6376)" : "a key whose time is coming, or whose signatures are still on their way");
}

static void add_reports(struct list *l, const struct dns_wanted_input *in)
{
	struct arena *a = l->a;
	add(l, WANTED_DMARC, NEED_MUST, arena_printf(a, "_dmarc.%.*s", S(in->domain)), "TXT",
		arena_printf(a, "v=DMARC1; p=none; rua=mailto:" DNS_WANTED_DMARC_LOCAL "@%.*s", S(in->domain)),
		"what others do with mail that only pretends to be yours; go on to p=reject as `domain check` says (RFC 9989)");
	add(l, WANTED_TLSRPT, NEED_SHOULD, arena_printf(a, "_smtp._tls.%.*s", S(in->domain)), "TXT",
		arena_printf(a, "v=TLSRPTv1; rua=mailto:" DNS_WANTED_TLSRPT_LOCAL "@%.*s", S(in->domain)),
		"others report when they could not reach you over TLS (RFC 8460)");
}

/* The id changes when what the policy says does: it is made of that. */
static void add_sts(struct list *l, const struct dns_wanted_input *in)
{
	struct arena *a = l->a;
	add(l, WANTED_STS, NEED_MAY, arena_printf(a, "_mta-sts.%.*s", S(in->domain)), "TXT",
		arena_printf(a, "v=STSv1; id=%016llx%c", (unsigned long long)str_hash(in->hostname), in->sts_enforce ? 'e' : 't'),
		"others insist on TLS to this host (RFC 8461); the policy is served here, which needs a certificate for mta-sts.DOMAIN");
	add(l, WANTED_CNAME, NEED_MAY, arena_printf(a, "mta-sts.%.*s", S(in->domain)), "CNAME", arena_printf(a, "%.*s.", S(in->hostname)),
		"where that policy is served");
	add(l, WANTED_CNAME, NEED_MAY, arena_printf(a, "autoconfig.%.*s", S(in->domain)), "CNAME", arena_printf(a, "%.*s.", S(in->hostname)),
		"mail programs that look for settings by HTTP");
}

void dns_wanted_list(struct arena *a, const struct dns_wanted_input *in, struct dns_wanted **ret, size_t *ret_n)
{
	struct list l = { .a = a };
	add(&l, WANTED_MX, NEED_MUST, in->domain, "MX", arena_printf(a, "10 %.*s.", S(in->hostname)), "mail for the domain comes here (RFC 5321)");
	add(&l, WANTED_SPF, NEED_MUST, in->domain, "TXT", STR("v=spf1 mx -all"), "only this server sends for the domain (RFC 7208)");
	if (!str_ieq(in->hostname, in->domain))
		add(&l, WANTED_HOST_SPF, NEED_SHOULD, in->hostname, "TXT", STR("v=spf1 a -all"), "delivery reports are checked by the host's name (RFC 7208 2.3)");
	add_keys(&l, in);
	add_reports(&l, in);
	for (size_t i = 0; i < in->tlsa_count; i++)
		add(&l, WANTED_TLSA, NEED_SHOULD, arena_printf(a, "_25._tcp.%.*s", S(in->hostname)), "TLSA",
			arena_printf(a, "3 1 1 %.*s", S(in->tlsa[i])), "with DNSSEC: others know this host's key, and take no other (RFC 7672)");
	add_sts(&l, in);
	if (in->bimi.n)
		add(&l, WANTED_BIMI, NEED_MAY, arena_printf(a, "default._bimi.%.*s", S(in->domain)), "TXT", in->bimi,
			"the logo that mailboxes may show beside your mail (BIMI); it needs p=quarantine or p=reject");
	add_services(&l, in);
	*ret = l.v;
	*ret_n = l.n;
}

const char *dns_need_name(enum dns_need need)
{
	static const char *const names[] = { "must", "should", "may" };
	return names[need];
}
