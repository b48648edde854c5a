#include "role/resolver/resolver_conf.h"

#include "proto/dns/dns_name.h"

/* The root's key signing keys of 2017 and 2024, as IANA publishes them (RFC 7958). */
static const char root_anchors[] =
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n";

/* What does not depend on our configuration. Names below .test are asked for like others, where libunbound would deny
 * them itself: whoever uses them has a name server that knows them (RFC 6761 section 6.2). The caches are bounded, and
 * so is what is asked at once. A name server that was out is asked again soon (B01). */
static const char fixed[] = "server:\n"
			    "\tmodule-config: \"validator iterator\"\n"
			    "\tverbosity: 0\n"
			    "\tuse-syslog: no\n"
			    "\tlog-time-ascii: no\n"
			    "\tmsg-cache-size: 8m\n"
			    "\trrset-cache-size: 16m\n"
			    "\tkey-cache-size: 4m\n"
			    "\tneg-cache-size: 1m\n"
			    "\tinfra-cache-numhosts: 10000\n"
			    "\tinfra-host-ttl: 60\n"
			    "\tinfra-keep-probing: yes\n"
			    "\tedns-buffer-size: 1232\n"
			    "\toutgoing-range: 512\n"
			    "\tnum-queries-per-thread: 512\n"
			    "\toutgoing-num-tcp: 32\n"
			    "\tlocal-zone: \"test.\" nodefault\n";

struct servers {
	struct net_address address[RESOLVER_SERVERS_MAX];
	size_t count;
};

int resolver_server_parse(struct str text, struct net_address *ret)
{
	struct str address = str_until(&text, '@');
	uint64_t port = 53;
	if (text.n && (str_u64(text, 65535, &port) != OK || port == 0))
		return E_SYNTAX;
	return net_parse(address, (uint16_t)port, ret);
}

static int complain(struct buf *reterr, const char *setting, struct str value)
{
	struct bufw w = { .b = reterr };
	bufw_printf(&w, "resolver.%s: cannot read \"" STR_FMT "\"", setting, STR_ARG(value));
	return E_SYNTAX;
}

static void put_server(struct bufw *w, const char *key, const struct net_address *a)
{
	char text[NET_ADDRESS_TEXT];
	bufw_printf(w, "\t%s: %s@%u\n", key, net_format(a, text), a->port);
}

static void add_server(struct servers *s, const struct net_address *a)
{
	if (s->count < RESOLVER_SERVERS_MAX)
		s->address[s->count++] = *a;
}

/* resolv.conf(5): lines "nameserver ADDRESS"; an address with a zone index is of no use to us and passed over. */
static void read_system_servers(struct str file, struct servers *ret)
{
	struct net_address a;
	while (file.n) {
		struct str line = str_trim(str_until(&file, '\n'));
		if (str_take(&line, STR("nameserver")) && line.n && ascii_is_space(line.p[0]) &&
		    net_parse(str_trim(line), 53, &a) == OK)
			add_server(ret, &a);
	}
}

static int read_servers(const struct conf *c, struct str resolv_conf, struct servers *ret, struct buf *reterr)
{
	struct net_address a;
	if (c->resolver.forward_count == 0)
		read_system_servers(resolv_conf, ret);
	for (unsigned i = 0; i < c->resolver.forward_count; i++) {
		struct str text = str_c(c->resolver.forward[i]);
		if (str_ieq(text, STR("root")) && c->resolver.forward_count == 1)
			return OK;
		if (resolver_server_parse(text, &a) != OK)
			return complain(reterr, "forward", text);
		add_server(ret, &a);
	}
	return OK;
}

struct stub {
	struct str zone;
	struct net_address server;
};

static struct str without_dot(struct str name)
{
	return name.n > 1 && str_ends(name, STR(".")) ? str_first(name, name.n - 1) : name;
}

static int parse_stub(struct str text, struct stub *ret)
{
	ret->zone = without_dot(str_until(&text, '='));
	return dns_name_is_host(ret->zone) ? resolver_server_parse(text, &ret->server) : E_SYNTAX;
}

/* A record goes into the text between quotes. */
static bool anchor_is_plain(struct str s)
{
	return s.n && str_is_ascii(s) && !str_has_control(s) && str_find(s, '"') == STR_NPOS &&
	       str_find(s, '\\') == STR_NPOS;
}

/* Is zone at or below the owner of one of the configured anchors? */
static bool is_anchored(const struct conf *c, struct str zone)
{
	for (unsigned i = 0; i < c->resolver.trust_anchor_count; i++) {
		struct str record = str_c(c->resolver.trust_anchor[i]), owner = without_dot(str_word(&record));
		if (str_ieq(zone, owner))
			return true;
		if (str_iends(zone, owner) && zone.n > owner.n && zone.p[zone.n - owner.n - 1] == '.')
			return true;
	}
	return false;
}

static void put_root_anchors(struct str root_key, struct bufw *w)
{
	struct str lines = root_key.n ? root_key : str_c(root_anchors);
	while (lines.n) {
		struct str line = str_trim(str_until(&lines, '\n'));
		line = str_trim(str_until(&line, ';'));
		if (str_starts(line, STR(".")) && anchor_is_plain(line))
			bufw_printf(w, "\ttrust-anchor: \"" STR_FMT "\"\n", STR_ARG(line));
	}
}

static int put_own_anchors(const struct conf *c, struct bufw *w, struct buf *reterr)
{
	for (unsigned i = 0; i < c->resolver.trust_anchor_count; i++) {
		struct str record = str_trim(str_c(c->resolver.trust_anchor[i]));
		if (!anchor_is_plain(record))
			return complain(reterr, "trust_anchor", record);
		bufw_c(w, "\ttrust-anchor: \"");
		bufw_str(w, record);
		bufw_c(w, "\"\n");
	}
	return OK;
}

static bool asks_loopback(const struct conf *c, const struct servers *servers)
{
	struct stub stub;
	for (size_t i = 0; i < servers->count; i++)
		if (net_is_loopback(&servers->address[i]))
			return true;
	for (unsigned i = 0; i < c->resolver.stub_count; i++)
		if (parse_stub(str_c(c->resolver.stub[i]), &stub) == OK && net_is_loopback(&stub.server))
			return true;
	return false;
}

/* Of a stub zone, what belongs into the clause "server". */
static int put_stub_rules(const struct conf *c, struct bufw *w, struct buf *reterr)
{
	struct stub stub;
	for (unsigned i = 0; i < c->resolver.stub_count; i++) {
		if (parse_stub(str_c(c->resolver.stub[i]), &stub) != OK)
			return complain(reterr, "stub", str_c(c->resolver.stub[i]));
		bufw_printf(w, "\tlocal-zone: \"" STR_FMT ".\" nodefault\n", STR_ARG(stub.zone));
		if (!is_anchored(c, stub.zone))
			bufw_printf(w, "\tdomain-insecure: \"" STR_FMT ".\"\n", STR_ARG(stub.zone));
	}
	return OK;
}

static void put_zones(const struct conf *c, const struct servers *servers, struct bufw *w)
{
	struct stub stub;
	for (unsigned i = 0; i < c->resolver.stub_count; i++) {
		if (parse_stub(str_c(c->resolver.stub[i]), &stub) != OK)
			continue;
		bufw_printf(w, "stub-zone:\n\tname: \"" STR_FMT ".\"\n", STR_ARG(stub.zone));
		put_server(w, "stub-addr", &stub.server);
	}
	if (servers->count)
		bufw_c(w, "forward-zone:\n\tname: \".\"\n");
	for (size_t i = 0; i < servers->count; i++)
		put_server(w, "forward-addr", &servers->address[i]);
}

int resolver_config_write(const struct conf *c, struct str resolv_conf, struct str root_key,
			  enum resolver_anchors anchors, struct buf *out, struct buf *reterr)
{
	struct servers servers = { .count = 0 };
	struct bufw w = { .b = out };
	int r = read_servers(c, resolv_conf, &servers, reterr);
	if (r != OK)
		return r;
	bufw_c(&w, fixed);
	if (!is_anchored(c, STR("test")))
		bufw_c(&w, "\tdomain-insecure: \"test.\"\n");
	if (asks_loopback(c, &servers))
		bufw_c(&w, "\tdo-not-query-localhost: no\n");
	if (anchors == RESOLVER_ALL_ANCHORS)
		put_root_anchors(root_key, &w);
	r = put_own_anchors(c, &w, reterr);
	if (r == OK)
		r = put_stub_rules(c, &w, reterr);
	if (r == OK)
		put_zones(c, &servers, &w);
	return r == OK ? w.err : r;
}
