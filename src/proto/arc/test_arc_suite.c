/* The ARC test suite of ValiMail (suites/arc), read with libyaml: 175 chains to validate, of which four share their name with
 * another one (hence "171"), and 17 messages to seal. */
#include "proto/arc/arc.h"
#include "proto/dkim/test_dkim.h"
#include "proto/header/header_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <yaml.h>

static struct arena arena;
static yaml_document_t doc;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 30, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

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

static void load_zone(struct dns_zone *z, const yaml_node_t *root)
{
	const yaml_node_t *records = member(root, "txt-records");
	dns_zone_init(z, &arena);
	for (yaml_node_pair_t *p = records->data.mapping.pairs.start; p < records->data.mapping.pairs.top; p++)
		assert_int_equal(dns_zone_add(z, scalar(node(p->key)), DNS_TXT, scalar(node(p->value))), OK);
}

/* Verifies and, with a seal, prepares to add a set. */
static void evaluate(struct dns_zone *z, struct str message, struct dkim_message *m, struct arc_verify *v, struct arc_seal *seal, struct str *names,
		     size_t count)
{
	struct dns_env dns;
	size_t end = header_end(message);
	dns_env_init(&dns, &arena, dns_zone_source(z), DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(m, &arena, str_first(message, end));
	arc_verify_begin(v, m);
	if (seal)
		assert_int_equal(arc_seal_begin(seal, m, names, count), OK);
	dkim_message_body(m, str_skip(message, end));
	dkim_message_body_end(m);
	arc_verify_end(v, &dns, 1700000000);
	assert_true(v->result.reason.n > 0 && !str_has_control(v->result.reason) && str_is_ascii(v->result.reason));
}

static bool validate_case(const yaml_node_t *root, struct dns_zone *z, struct str name, const yaml_node_t *test, size_t *without_verdict)
{
	(void)root;
	struct dkim_message m;
	struct arc_verify v;
	struct str want = scalar(member(test, "cv"));
	evaluate(z, test_crlf(&arena, scalar(member(test, "message"))), &m, &v, NULL, NULL, 0);
	dkim_message_done(&m);
	*without_verdict += want.n == 0;
	bool ok = want.n == 0 ? v.result.code != ARC_PASS : str_ieq(want, str_c(arc_code_name(v.result.code)));
	if (!ok)
		fprintf(stderr, STR_FMT ": want " STR_FMT ", got %s (" STR_FMT ")\n", STR_ARG(name), STR_ARG(want), arc_code_name(v.result.code),
			STR_ARG(v.result.reason));
	return ok;
}

/* The README's rule: the results of all Authentication-Results fields of our name, in order. */
static struct str merged_results(struct str header, struct str id)
{
	struct header_text t = { .a = &arena };
	struct header_field f;
	while (header_next(&header, &f)) {
		struct str rest = f.value;
		if (!str_ieq(f.name, STR("Authentication-Results")) || !str_eq(str_trim(str_until(&rest, ';')), id))
			continue;
		header_text_str(&t, t.n ? STR(";\r\n  ") : id);
		header_text_str(&t, t.n == id.n ? STR("; ") : STR(""));
		header_text_str(&t, str_trim(rest));
	}
	return header_text_view(&t);
}

static struct str without_space(struct str s)
{
	struct header_text t = { .a = &arena };
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_space(s.p[i]))
			header_text_char(&t, s.p[i]);
	return header_text_view(&t);
}

static bool field_is(struct str fields, const char *name, struct str want)
{
	struct header_field f;
	want = without_space(want);
	if (!header_find(fields, str_c(name), &f))
		return want.n == 0;
	struct str got = without_space(f.value);
	if (str_eq(got, want))
		return true;
	fprintf(stderr, "%s: want " STR_FMT "\n got " STR_FMT "\n", name, STR_ARG(want), STR_ARG(got));
	return false;
}

static size_t list_names(struct str list, struct str *names)
{
	size_t n = 0;
	for (bool more = true; dkim_list_next(&list, ':', &more, &names[n]);)
		n++;
	return n;
}

static bool sign_case(const yaml_node_t *root, struct dns_zone *z, struct str name, const yaml_node_t *test, size_t *without_verdict)
{
	(void)without_verdict;
	struct dkim_message m;
	struct arc_verify v;
	struct arc_seal seal;
	struct buf out;
	struct str names[16], message = test_crlf(&arena, scalar(member(test, "message")));
	EVP_PKEY *key = test_private_key(scalar(member(root, "privatekey")));
	struct dkim_signer signer = { scalar(member(root, "domain")), scalar(member(root, "sel")), DKIM_RSA_SHA256, test_sign_callback, key };
	uint64_t now;
	assert_int_equal(str_u64(str_trim(scalar(member(test, "t"))), UINT64_MAX, &now), OK);
	evaluate(z, message, &m, &v, &seal, names, list_names(scalar(member(test, "sig-headers")), names));
	buf_init(&out, 1 << 20);
	int r = arc_seal_end(&seal, &v, merged_results(message, scalar(member(test, "srv-id"))), &signer, now, &out);
	struct str wanted_seal = scalar(member(test, "AS"));
	assert_int_equal(r, str_trim(wanted_seal).n ? OK : E_DENIED);
	bool ok = field_is(buf_str(&out), "ARC-Seal", wanted_seal) &&
		  field_is(buf_str(&out), "ARC-Message-Signature", scalar(member(test, "AMS"))) &&
		  field_is(buf_str(&out), "ARC-Authentication-Results", scalar(member(test, "AAR")));
	if (!ok)
		fprintf(stderr, STR_FMT ": chain %s (" STR_FMT ")\n", STR_ARG(name), arc_code_name(v.result.code), STR_ARG(v.result.reason));
	buf_done(&out);
	dkim_message_done(&m);
	EVP_PKEY_free(key);
	return ok;
}

typedef bool run_case(const yaml_node_t *root, struct dns_zone *z, struct str name, const yaml_node_t *test, size_t *without_verdict);

static void run_document(run_case *run, size_t *passed, size_t *total, size_t *without_verdict)
{
	yaml_node_t *root = yaml_document_get_root_node(&doc), *tests = member(root, "tests");
	struct dns_zone z;
	load_zone(&z, root);
	for (yaml_node_pair_t *p = tests->data.mapping.pairs.start; p < tests->data.mapping.pairs.top; p++) {
		*total += 1;
		*passed += run(root, &z, scalar(node(p->key)), node(p->value), without_verdict);
	}
}

static void run_suite(const char *file, run_case *run, size_t want)
{
	yaml_parser_t parser;
	size_t passed = 0, total = 0, without_verdict = 0;
	struct str yaml = test_file(&arena, file);
	if (yaml.n == 0) {
		fprintf(stderr, "suite %s is absent\n", file);
		skip();
	}
	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml.p, yaml.n);
	for (;;) {
		assert_true(yaml_parser_load(&parser, &doc));
		if (!yaml_document_get_root_node(&doc))
			break;
		run_document(run, &passed, &total, &without_verdict);
		yaml_document_delete(&doc);
	}
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	fprintf(stderr, "%s: %zu of %zu, %zu of them without a verdict\n", file, passed, total, without_verdict);
	assert_int_equal(total, want);
	assert_int_equal(passed, total);
}

static void validation(void **state)
{
	(void)state;
	run_suite("arc/arc-draft-validation-tests.yml", validate_case, 175);
}

static void signing(void **state)
{
	(void)state;
	run_suite("arc/arc-draft-sign-tests.yml", sign_case, 17);
}

/* Whole messages: "name record" lines, an empty line, the message. */
static void real_messages(void **state)
{
	(void)state;
	static const struct { const char *file; enum arc_code want; } rows[] = {
		{ "arc/messages/001.txt", ARC_PASS }, { "arc/messages/002.txt", ARC_PASS },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dkim_message m;
		struct arc_verify v;
		struct dns_zone z;
		struct str text = test_crlf(&arena, test_file(&arena, rows[i].file)), line;
		if (text.n == 0)
			skip();
		dns_zone_init(&z, &arena);
		while ((line = str_trim(str_until(&text, '\n'))).n) {
			struct str name = str_word(&line);
			assert_int_equal(dns_zone_add(&z, name, DNS_TXT, str_trim(line)), OK);
		}
		evaluate(&z, text, &m, &v, NULL, NULL, 0);
		dkim_message_done(&m);
		fprintf(stderr, "%s: %s (" STR_FMT "), oldest pass %u\n", rows[i].file, arc_code_name(v.result.code), STR_ARG(v.result.reason),
			v.result.oldest_pass);
		assert_int_equal(v.result.code, rows[i].want);
	}
}

/* Messages whose keys are lost: read without harm, and not passed. */
static void without_keys(void **state)
{
	(void)state;
	static const char *const files[] = { "arc/messages/mailauth-arc-pass.eml", "arc/messages/mailauth-arc-pass2.eml",
					     "arc/messages/mailauth-arc-fail.eml", "arc/messages/mailauth-arc-fail2.eml",
					     "arc/messages/mailauth-arc-fail3.eml" };
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct dkim_message m;
		struct arc_verify v;
		struct dns_zone z;
		struct str text = test_crlf(&arena, test_file(&arena, files[i]));
		if (text.n == 0)
			skip();
		dns_zone_init(&z, &arena);
		evaluate(&z, text, &m, &v, NULL, NULL, 0);
		dkim_message_done(&m);
		assert_int_not_equal(v.result.code, ARC_PASS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(validation, setup, teardown),
		cmocka_unit_test_setup_teardown(signing, setup, teardown),
		cmocka_unit_test_setup_teardown(real_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(without_keys, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
