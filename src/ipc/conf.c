#include "ipc/conf.h"

#include "os/net.h"

#include <string.h>

enum { TEXT_MAX = 255 };

const struct conf_service_info conf_services[SERVICE_COUNT] = {
	[SERVICE_SMTP] = { "smtp", 25, ROLE_SMTP, false, true, true },
	[SERVICE_SUBMISSION] = { "submission", 587, ROLE_SMTP, false, true, true },
	[SERVICE_SUBMISSIONS] = { "submissions", 465, ROLE_SMTP, true, true, true },
	[SERVICE_LMTP] = { "lmtp", 24, ROLE_SMTP, false, false, true },
	[SERVICE_IMAP] = { "imap", 143, ROLE_IMAP, false, true, true },
	[SERVICE_IMAPS] = { "imaps", 993, ROLE_IMAP, true, true, true },
	[SERVICE_HTTP] = { "http", 80, ROLE_HTTP, false, true, false },
	[SERVICE_HTTPS] = { "https", 443, ROLE_HTTP, true, true, false },
	[SERVICE_CONTROL] = { "control", 0, ROLE_STORE, false, false, false },
};

bool conf_service_wanted(const struct conf *c, enum conf_service s)
{
	if (!conf_services[s].name || s == SERVICE_CONTROL)
		return false;
	if (!c->server.services_count)
		return conf_services[s].standard;
	for (unsigned i = 0; i < c->server.services_count; i++)
		if (strcmp(c->server.services[i], conf_services[s].name) == 0)
			return true;
	return false;
}

static char *text_dup(struct str s)
{
	char *p = mem_alloc(s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

#define U64_(name, standard, least, most, what) s->name = standard;
#define BOOL_(name, standard, what) s->name = standard;
#define STR_(name, most, standard, what) s->name = text_dup(STR(standard));
#define LIST_(name, what) s->name = NULL; s->name##_count = 0;
#define SECTION_(section, fields) { __typeof__(c->section) *s = &c->section; fields(U64_, BOOL_, STR_, LIST_) (void)s; }
void conf_defaults(struct conf *c) { CONF_SECTIONS(SECTION_) }
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_

static void list_free(char **list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		mem_free(list[i]);
	mem_free(list);
}

#define U64_(name, standard, least, most, what)
#define BOOL_(name, standard, what)
#define STR_(name, most, standard, what) mem_free(s->name);
#define LIST_(name, what) list_free(s->name, s->name##_count);
void conf_done(struct conf *c)
{
	CONF_SECTIONS(SECTION_)
	memset(c, 0, sizeof *c);
}
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_

static void put_list(struct bufw *w, char *const *list, unsigned count)
{
	write_varint(w, count);
	for (unsigned i = 0; i < count; i++)
		write_str(w, str_c(list[i]));
}

#define U64_(name, standard, least, most, what) write_u64(&w, s->name);
#define BOOL_(name, standard, what) write_u8(&w, s->name);
#define STR_(name, most, standard, what) write_str(&w, str_c(s->name));
#define LIST_(name, what) put_list(&w, s->name, s->name##_count);
#define SECTION_(section, fields) { __typeof__(c.section) *s = &c.section; fields(U64_, BOOL_, STR_, LIST_) (void)s; }
int conf_encode(const struct conf *from, enum role for_role, struct buf *out)
{
	struct conf c = *from;
	struct bufw w = { .b = out };
	char empty[1] = "";
	if (for_role != ROLE_RELAY)
		c.relay.smarthost_password = empty;
	CONF_SECTIONS(SECTION_)
	return w.err;
}
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_

static void get_list(struct reader *r, char ***list, unsigned *count)
{
	uint64_t n = read_varint(r);
	if (r->err == OK && n > CONF_LIST_MAX)
		r->err = E_PROTO;
	*list = NULL;
	*count = 0;
	if (r->err != OK || !n)
		return;
	*list = mem_new_array(char *, n);
	while (*count < n)
		(*list)[(*count)++] = text_dup(read_str(r, TEXT_MAX));
}

#define U64_(name, standard, least, most, what) s->name = read_u64(&r);
#define BOOL_(name, standard, what) s->name = read_u8(&r) != 0;
#define STR_(name, most, standard, what) s->name = text_dup(read_str(&r, most));
#define LIST_(name, what) get_list(&r, &s->name, &s->name##_count);
#define SECTION_(section, fields) { __typeof__(c.section) *s = &c.section; fields(U64_, BOOL_, STR_, LIST_) (void)s; }
int conf_decode(struct str bytes, struct conf *ret)
{
	struct reader r = reader_of(bytes);
	struct conf c;
	memset(&c, 0, sizeof c);
	CONF_SECTIONS(SECTION_)
	struct buf why;
	buf_init(&why, 1024);
	int err = reader_end(&r);
	if (err == OK && conf_check(&c, &why) != OK)
		err = E_PROTO;
	buf_done(&why);
	if (err != OK)
		conf_done(&c);
	else
		*ret = c;
	return err;
}
#undef U64_
#undef BOOL_
#undef STR_
#undef LIST_
#undef SECTION_

static void check_number(struct bufw *w, const char *section, const char *name, uint64_t v, uint64_t least, uint64_t most)
{
	if (w->b->n == 0 && (v < least || v > most))
		bufw_printf(w, "%s.%s: %llu is not between %llu and %llu", section, name, (unsigned long long)v, (unsigned long long)least, (unsigned long long)most);
}

static void check_text(struct bufw *w, const char *section, const char *name, const char *text, size_t most)
{
	if (w->b->n == 0 && strlen(text) > most)
		bufw_printf(w, "%s.%s: longer than %zu bytes", section, name, most);
	else if (w->b->n == 0 && str_has_control(str_c(text)))
		bufw_printf(w, "%s.%s: has a control character", section, name);
}

static void check_list(struct bufw *w, const char *section, const char *name, char *const *list, unsigned count)
{
	if (w->b->n == 0 && count > CONF_LIST_MAX)
		bufw_printf(w, "%s.%s: more than %d entries", section, name, CONF_LIST_MAX);
	for (unsigned i = 0; i < count && i < CONF_LIST_MAX; i++)
		check_text(w, section, name, list[i], TEXT_MAX);
}

static void check_networks(struct bufw *w, const char *section, const char *name, char *const *list, unsigned count)
{
	struct net_prefix p;
	for (unsigned i = 0; i < count && w->b->n == 0; i++)
		if (net_prefix_parse(str_c(list[i]), &p) != OK)
			bufw_printf(w, "%s.%s: \"%s\" is neither an address nor a network (192.0.2.0/24, 2001:db8::/32)", section, name, list[i]);
}

/* An origin and nothing behind it: it is put into redirects and policies. */
static void check_url(struct bufw *w, const char *section, const char *name, const char *url)
{
	struct str rest = str_c(url);
	if (w->b->n || !rest.n)
		return;
	bool good = str_take(&rest, STR("https://")) && rest.n;
	for (size_t i = 0; i < rest.n; i++)
		good = good && (ascii_is_alnum(rest.p[i]) || rest.p[i] == '.' || rest.p[i] == '-' || rest.p[i] == ':');
	if (!good)
		bufw_printf(w, "%s.%s: \"%s\" is not https://NAME or https://NAME:PORT", section, name, url);
}

static void check_word(struct bufw *w, const char *name, const char *value, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0)
			return;
	if (w->b->n == 0)
		bufw_printf(w, "%s: \"%.16s\" is not known here", name, value);
}

static void check_authentication(struct bufw *w, const struct conf *c)
{
	static const char *const dmarc[] = { "reject", "quarantine", "mark" }, *const uncertain[] = { "accept", "defer" };
	check_word(w, "authentication.dmarc", c->authentication.dmarc, dmarc, COUNT_OF(dmarc));
	check_word(w, "authentication.uncertain", c->authentication.uncertain, uncertain, COUNT_OF(uncertain));
}

#define U64_(name, standard, least, most, what) check_number(&w, section, #name, s->name, least, most);
#define BOOL_(name, standard, what)
#define STR_(name, most, standard, what) check_text(&w, section, #name, s->name, most);
#define LIST_(name, what) check_list(&w, section, #name, s->name, s->name##_count);
#define SECTION_(part, fields) { const char *section = #part; const __typeof__(c->part) *s = &c->part; fields(U64_, BOOL_, STR_, LIST_) (void)s; (void)section; }
int conf_check(const struct conf *c, struct buf *reterr)
{
	struct bufw w = { .b = reterr };
	CONF_SECTIONS(SECTION_)
	check_url(&w, "http", "url", c->http.url);
	check_networks(&w, "server", "proxy_from", c->server.proxy_from, c->server.proxy_from_count);
	check_authentication(&w, c);
	return reterr->n ? E_SYNTAX : OK;
}
