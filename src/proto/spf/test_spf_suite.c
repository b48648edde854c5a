/* The openspf.org suite for RFC 7208 (suites/spf/rfc7208-tests.yml), read with libyaml: 203 checks over a zone each. */
#include "proto/dns_env/dns_env_zone.h"
#include "proto/spf/spf_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <yaml.h>

static struct arena arena;
static yaml_document_t doc;

static struct str scalar(const yaml_node_t *n)
{
	if (!n || n->type != YAML_SCALAR_NODE)
		return STR("");
	return (struct str){ (const char *)n->data.scalar.value, n->data.scalar.length };
}

static yaml_node_t *node(int id) { return yaml_document_get_node(&doc, id); }

static yaml_node_t *member(const yaml_node_t *map, const char *key)
{
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++)
		if (str_eq(scalar(node(p->key)), str_c(key)))
			return node(p->value);
	return NULL;
}

/* libyaml gives "\xEF" as the code point U+00EF; the suite means the octet. */
static struct str octets(struct str s)
{
	char *p = arena_alloc(&arena, s.n + 1);
	size_t n = 0;
	while (s.n)
		p[n++] = (char)utf8_take(&s);
	return (struct str){ p, n };
}

/* A value is a scalar, or a list: strings of one TXT record, or preference and name of MX. */
static struct str value_text(const yaml_node_t *value, bool mx)
{
	if (value->type == YAML_SCALAR_NODE)
		return octets(scalar(value));
	struct str text = STR("");
	for (yaml_node_item_t *i = value->data.sequence.items.start; i < value->data.sequence.items.top; i++) {
		struct str part = octets(scalar(node(*i)));
		text = arena_printf(&arena, "%.*s%s%.*s", (int)text.n, text.p, mx && text.n ? " " : "", (int)part.n,
				    part.p);
	}
	return text;
}

static void load_record(struct dns_zone *z, struct str name, const yaml_node_t *entry, bool spf_is_txt)
{
	if (entry->type == YAML_SCALAR_NODE) {
		dns_zone_fail(z, name);
		return;
	}
	yaml_node_pair_t *p = entry->data.mapping.pairs.start;
	struct str type_name = scalar(node(p->key));
	if (str_eq(type_name, STR("SPF"))) {
		if (!spf_is_txt)
			return;
		type_name = STR("TXT");
	}
	enum dns_type type;
	assert_int_equal(dns_zone_type(type_name, &type), OK);
	struct str text = value_text(node(p->value), type == DNS_MX);
	if (type == DNS_TXT && str_eq(text, STR("NONE")))
		return;
	assert_int_equal(dns_zone_add(z, name, type, text), OK);
}

/* NOTICE: type SPF means TXT, unless the name has a TXT entry of its own with v=spf1 (or "NONE"). */
static bool has_txt_of_its_own(const yaml_node_t *entries)
{
	for (yaml_node_item_t *i = entries->data.sequence.items.start; i < entries->data.sequence.items.top; i++) {
		yaml_node_t *entry = node(*i);
		if (entry->type != YAML_MAPPING_NODE)
			continue;
		yaml_node_pair_t *p = entry->data.mapping.pairs.start;
		struct str text = scalar(node(p->value));
		if (str_eq(scalar(node(p->key)), STR("TXT")) && (spf_record_is(text) || str_eq(text, STR("NONE"))))
			return true;
	}
	return false;
}

static void load_zone(struct dns_zone *z, const yaml_node_t *zone)
{
	for (yaml_node_pair_t *p = zone->data.mapping.pairs.start; p < zone->data.mapping.pairs.top; p++) {
		yaml_node_t *entries = node(p->value);
		bool spf_is_txt = !has_txt_of_its_own(entries);
		for (yaml_node_item_t *i = entries->data.sequence.items.start; i < entries->data.sequence.items.top;
		     i++)
			load_record(z, scalar(node(p->key)), node(*i), spf_is_txt);
	}
}

static bool result_is_wanted(const yaml_node_t *wanted, const char *got)
{
	if (wanted->type == YAML_SCALAR_NODE)
		return str_eq(scalar(wanted), str_c(got));
	for (yaml_node_item_t *i = wanted->data.sequence.items.start; i < wanted->data.sequence.items.top; i++)
		if (str_eq(scalar(node(*i)), str_c(got)))
			return true;
	return false;
}

static bool run_case(struct dns_zone *z, struct str name, const yaml_node_t *test)
{
	struct spf_question q = { .helo = scalar(member(test, "helo")), .receiver = STR("receiver.example"), .now = 1 };
	struct str from = scalar(member(test, "mailfrom")), explanation = scalar(member(test, "explanation"));
	size_t at = str_rfind(from, '@');
	if (from.n) {
		q.local = at == STR_NPOS ? STR("") : str_first(from, at);
		q.domain = at == STR_NPOS ? from : str_skip(from, at + 1);
	}
	struct dns_env dns;
	struct spf_result r;
	dns_env_init(&dns, &arena, dns_zone_source(z), DNS_ENV_LIMITS_DEFAULT);
	assert_int_equal(ip_parse(scalar(member(test, "host")), &q.client), OK);
	spf_check_mail_from(&dns, &q, &r);
	assert_true(r.reason.n > 0);
	struct str wanted = str_eq(explanation, STR("DEFAULT")) ? STR("") : explanation;
	bool ok = result_is_wanted(member(test, "result"), spf_code_name(r.code)) &&
		  (!member(test, "explanation") || str_eq(wanted, r.explanation));
	if (!ok)
		fprintf(stderr, STR_FMT ": got %s \"" STR_FMT "\" (" STR_FMT ")\n", STR_ARG(name),
			spf_code_name(r.code), STR_ARG(r.explanation), STR_ARG(r.reason));
	return ok;
}

static void run_document(size_t *passed, size_t *total)
{
	yaml_node_t *root = yaml_document_get_root_node(&doc), *tests = member(root, "tests");
	struct dns_zone z;
	dns_zone_init(&z, &arena);
	load_zone(&z, member(root, "zonedata"));
	for (yaml_node_pair_t *p = tests->data.mapping.pairs.start; p < tests->data.mapping.pairs.top; p++) {
		*total += 1;
		*passed += run_case(&z, scalar(node(p->key)), node(p->value));
	}
}

static FILE *open_suite(const char *file)
{
	const char *dir = getenv("CERALACCA_SUITES");
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir ? dir : "../shared/suites", file);
	FILE *f = fopen(path, "rb");
	if (!f)
		fprintf(stderr, "suite %s is absent\n", path);
	return f;
}

static void run_suite(const char *file, size_t want)
{
	yaml_parser_t parser;
	size_t passed = 0, total = 0;
	FILE *f = open_suite(file);
	if (!f)
		skip();
	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_file(&parser, f);
	for (;;) {
		assert_true(yaml_parser_load(&parser, &doc));
		if (!yaml_document_get_root_node(&doc))
			break;
		arena_init(&arena, 64 << 20, NULL, NULL);
		run_document(&passed, &total);
		arena_done(&arena);
		yaml_document_delete(&doc);
	}
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	fclose(f);
	fprintf(stderr, "%s: %zu of %zu\n", file, passed, total);
	assert_int_equal(total, want);
	assert_int_equal(passed, total);
}

static void rfc7208(void **state)
{
	(void)state;
	run_suite("spf/rfc7208-tests.yml", 203);
}

/* Its predecessor: where the RFCs differ, it has room for both. */
static void rfc4408(void **state)
{
	(void)state;
	run_suite("spf/rfc4408-tests.yml", 191);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rfc7208), cmocka_unit_test(rfc4408) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
